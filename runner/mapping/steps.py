"""The steps of a field, each a function from a text expression to a text expression.

A step sees filled texts and null (the caller keeps blanks away from it), keeps null as null, and gives null for a text that it
cannot read. To add a step: its struct in job/model.py, a function here, a line in STEPS, the schema, a test.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import polars as pl
from msgspec import Struct

from runner.composed import comparable, compose
from runner.job.model import (
    Boolean,
    Case,
    Constant,
    DateFormat,
    MapValues,
    PadLeft,
    Regex,
    Replace,
    Slice,
    Step,
    StripLeading,
    Template,
    Trim,
    Truncate,
)
from runner.mapping.born import Born, read_born
from runner.mapping.cells import Cells
from runner.mapping.dates import read_date
from runner.mapping.sources import source_text


class Year(Struct, frozen=True):
    """The reading of `graduation_year`: four digits, `first` to `last`. No job writes it; the mapping adds it to that field."""

    first: int = 1900
    last: int = 2199


def apply_step(step: Step | Year | Born, value: pl.Expr, cells: Cells) -> pl.Expr:
    """`value` (String) after one step."""
    return STEPS[type(step)](step, value, cells)


def can_fail(step: Step | Year | Born) -> bool:
    """Whether the step gives null for a text that it cannot read."""
    return isinstance(step, DateFormat | Boolean | Year | Born) or (isinstance(step, MapValues) and step.default is None)


def can_empty(step: Step | Year | Born) -> bool:
    """Whether the step can make a filled text empty."""
    return isinstance(step, Trim | Regex | Replace | Slice | StripLeading | MapValues | Truncate)


def _trim(step: Trim, value: pl.Expr, _: Cells) -> pl.Expr:
    return value.str.strip_chars() if step.enabled else value


def _regex(step: Regex, value: pl.Expr, _: Cells) -> pl.Expr:
    # `$1x` would mean a group called "1x" to the regex engine; people mean group 1 and an x
    instead = re.sub(r"(\$\$)|\$(\d+)", lambda m: m[1] or f"${{{m[2]}}}", step.replace)
    # What stands at the beginning is found once at most, and looking for it once takes half the time.
    return value.str.replace(step.find, instead) if _at_beginning(step.find) else value.str.replace_all(step.find, instead)


def _at_beginning(find: str) -> bool:
    """Whether a pattern can only match at the beginning of a text: with alternatives or flags in it one cannot be sure."""
    return find.startswith("^") and "|" not in find and "(?" not in find


def _replace(step: Replace, value: pl.Expr, _: Cells) -> pl.Expr:
    return value.str.replace_all(step.find, step.replace, literal=True) if step.find else value


def _case(step: Case, value: pl.Expr, _: Cells) -> pl.Expr:
    match step.to:
        case "upper":
            return value.str.to_uppercase()
        case "lower":
            return value.str.to_lowercase()
        case "title":
            # composed first, for a combining accent would count as the end of a word; then the s of a possessive goes back
            titled = value.str.normalize("NFC").str.to_titlecase()
            return titled.str.replace_all(r"(\pL['’])S\b", "${1}s")


def _slice(step: Slice, value: pl.Expr, _: Cells) -> pl.Expr:
    return value.str.slice(step.start, step.length)


def _pad_left(step: PadLeft, value: pl.Expr, _: Cells) -> pl.Expr:
    return value.str.pad_start(step.width, step.fill)


def _strip_leading(step: StripLeading, value: pl.Expr, _: Cells) -> pl.Expr:
    return value.str.strip_chars_start(step.characters) if step.characters else value


def _map(step: MapValues, value: pl.Expr, cells: Cells) -> pl.Expr:
    """Whole values, compared to the letter. A result that is a template reads the row's cells."""
    entries = {compose(key): result for key, result in step.entries.items()}
    fixed = {key: result.value for key, result in entries.items() if isinstance(result, Constant)}
    value = comparable(value, entries)
    found: pl.Expr = pl.lit(None, dtype=pl.String)
    if step.default is not None:
        found = pl.when(value.is_not_null()).then(source_text(step.default, cells))
    if fixed:
        found = value.replace_strict(fixed, default=found, return_dtype=pl.String)
    for key, result in entries.items():
        if isinstance(result, Template):
            found = pl.when(value == key).then(source_text(result, cells)).otherwise(found)
    return found


def _date(step: DateFormat, value: pl.Expr, _: Cells) -> pl.Expr:
    """YYYY-MM-DD. Years before 1900 are unreadable: `%Y` takes "12" for the year 12, and such a date would only do harm.

    A file of many people has few different dates, so each is read once.
    """
    texts = value.unique(maintain_order=True)
    read = read_date(texts, step.format)
    return value.replace_strict(texts, pl.when(read >= pl.date(1900, 1, 1)).then(read.cast(pl.String)), return_dtype=pl.String)


def _boolean(step: Boolean, value: pl.Expr, _: Cells) -> pl.Expr:
    words = {compose(word).lower(): truth for truth, told in (("false", step.false), ("true", step.true)) for word in told}
    return comparable(value, words).str.to_lowercase().replace_strict(words, default=None, return_dtype=pl.String)


def _truncate(step: Truncate, value: pl.Expr, _: Cells) -> pl.Expr:
    return value.str.slice(0, step.length)


def _year(step: Year, value: pl.Expr, _: Cells) -> pl.Expr:
    whole = value.cast(pl.Int32, strict=False)
    return pl.when((value.str.len_bytes() == 4) & whole.is_between(step.first, step.last)).then(value)


STEPS: dict[type, Callable[[Any, pl.Expr, Cells], pl.Expr]] = {
    Trim: _trim,
    Regex: _regex,
    Replace: _replace,
    Case: _case,
    Slice: _slice,
    PadLeft: _pad_left,
    StripLeading: _strip_leading,
    MapValues: _map,
    DateFormat: _date,
    Boolean: _boolean,
    Truncate: _truncate,
    Year: _year,
    Born: lambda step, value, _: read_born(step, value),
}
