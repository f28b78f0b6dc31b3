"""A field's value as the job maps it, before the domain's own rules: source, null tokens, blanks, steps.

The order is fixed: the source gives a text; a blank (null tokens included) becomes what `when_blank` says; then the steps run on
filled texts. A text that a step empties skips the steps after it and is judged by `when_blank` again, so that a careless pattern
under `keep` can never clear a field of the store. (docs/domain.md section 3, docs/decisions/0301-blanks-and-steps.md.)
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl
from msgspec import Struct

from runner.fields import FIELDS
from runner.job.model import Boolean, Column, Constant, DateFormat, FieldMap, FirstOf, Step
from runner.mapping.born import Born, born_by
from runner.mapping.cells import Cells
from runner.mapping.columns import is_trimmed
from runner.mapping.sources import source_text
from runner.mapping.steps import Year, apply_step, can_empty, can_fail

TRUE_WORDS = ("T", "True", "Y", "Yes", "1")
FALSE_WORDS = ("F", "False", "N", "No", "0")
_CIRCULATION_KINDS = {"due_date": "date"}


class Failure(Struct, frozen=True):
    """The column `text` holds the values that `step` could not read, null everywhere else."""

    field: FieldMap
    step: Step | Year | Born
    text: str


class Given(Struct, frozen=True):
    """How one field gets its value: `stages[n]` are expressions to add to the cells after all stages before it.

    After the last stage the column `name` (String) is in one of the three states. Stages, not one deep expression:
    a step may use its input many times, and nested that would grow with a power of the number of steps.
    `can_be_blank` says whether "" can occur at all.
    """

    name: str
    stages: tuple[tuple[pl.Expr, ...], ...]
    failures: tuple[Failure, ...]
    can_be_blank: bool


def given_name(target: str) -> str:
    """The working column of a field's mapped value. The control character keeps it apart from every column of a file."""
    return f"\x1fgiven {target}"


def not_mapped(target: str) -> Given:
    """A field that the job does not name, absent in every row."""
    return Given(given_name(target), ((pl.lit(None, dtype=pl.String).alias(given_name(target)),),), (), False)


def given(field: FieldMap, null_tokens: Sequence[str], today: date | None = None) -> Given:
    """The stages that give `field` its value from cleaned cells (runner.mapping.cells.clean). `today`: the last day of anybody's birth."""
    cells = Cells(tuple(null_tokens), is_trimmed(field))
    name = given_name(field.target)
    default = field.when_blank.value if isinstance(field.when_blank, Constant) else ""
    clears = field.when_blank == "clear"
    steps = _steps(field, today)
    stages: list[tuple[pl.Expr, ...]] = [
        (source_text(field.source, cells).alias(name),),
        (_judged(pl.col(name), default, clears).alias(name),),
    ]
    failures, may_be_empty = [], clears
    for number, step in enumerate(steps):
        before = pl.col(name)
        after = apply_step(step, before, cells)
        if may_be_empty:
            after = pl.when(before == "").then(before).otherwise(after)
        if can_fail(step):
            failures.append(Failure(field, step, f"\x1ffailed {number} {field.target}"))
            lost = pl.col(failures[-1].text)
            stages.append((before.alias(failures[-1].text), after.alias(name)))
            stages.append((pl.when(pl.col(name).is_null()).then(lost).alias(failures[-1].text),))
        else:
            stages.append((after.alias(name),))
        may_be_empty |= can_empty(step)
    if may_be_empty and not clears:
        stages.append((_refilled(pl.col(name), steps, default, cells).alias(name),))
    return Given(name, tuple(stages), tuple(failures), clears)


def _judged(text: pl.Expr, default: str, clears: bool) -> pl.Expr:
    if clears:
        return text
    filled = pl.when(text != "").then(text)
    return filled.otherwise(pl.lit(default)) if default else filled


def _refilled(value: pl.Expr, steps: Sequence[Step | Year | Born], default: str, cells: Cells) -> pl.Expr:
    """A value that the steps emptied: absent under `keep`; the default, taken through the steps, where there is one."""
    kept = pl.when(value != "").then(value)
    if not default:
        return kept
    instead: pl.Expr = pl.lit(default)
    for step in steps:
        instead = apply_step(step, instead, cells)
    return pl.when(value == "").then(pl.when(instead != "").then(instead)).otherwise(value)


def _steps(field: FieldMap, today: date | None) -> tuple[Step | Year | Born, ...]:
    """The field's own steps, less a trim that the cells have had, plus the reading that the field's kind needs."""
    steps: list[Step | Year | Born] = list(field.steps)
    if is_trimmed(field) and isinstance(field.source, Column | FirstOf):
        steps.pop(0)
    kind = FIELDS[field.target].kind if field.target in FIELDS else _CIRCULATION_KINDS.get(field.target, "text")
    last = steps[-1] if steps else None
    if kind == "date" and not isinstance(last, DateFormat):
        steps.append(DateFormat("%Y-%m-%d"))
    elif kind == "boolean" and not isinstance(last, Boolean):
        steps.append(Boolean(TRUE_WORDS, FALSE_WORDS))
    elif kind == "year":
        steps.append(Year())
    if field.target == "birth_date" and today is not None:
        steps.append(born_by(field, today))
    return tuple(steps)
