"""Where a field's value comes from: a column, a template, a constant, the first filled of several columns, or a choice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from runner.job.model import Column, Constant, FirstOf, Template, ValueSource, When
from runner.mapping.cells import Cells
from runner.mapping.columns import template_columns
from runner.mapping.conditions import condition_holds


def source_text(source: ValueSource, cells: Cells) -> pl.Expr:
    """The text that a source gives for a row: String, never null, "" where it gives nothing (no filled column, no branch that holds)."""
    return SOURCES[type(source)](source, cells)


def _column(source: Column, cells: Cells) -> pl.Expr:
    return cells.value(source.name)


def _constant(source: Constant, _: Cells) -> pl.Expr:
    return pl.lit(source.value)


def _template(source: Template, cells: Cells) -> pl.Expr:
    """The parts joined; "" where every column in it is blank, or `P {StudentID}` would make the barcode "P" for all without one."""
    parts = [cells.value(part.name) if isinstance(part, Column) else pl.lit(part) for part in source.parts]
    joined = pl.concat_str(parts) if parts else pl.lit("")
    names = template_columns(source)
    if not names:
        return joined
    return pl.when(pl.all_horizontal([cells.is_blank(name) for name in names])).then(pl.lit("")).otherwise(joined)


def _first_of(source: FirstOf, cells: Cells) -> pl.Expr:
    filled = [pl.when(~cells.is_blank(name)).then(cells.text(name)) for name in source.columns]
    return pl.coalesce(*filled, pl.lit(""))


def _when(source: When, cells: Cells) -> pl.Expr:
    chosen: pl.Expr = pl.lit("")
    for branch in reversed(source.branches):
        then = source_text(branch.then, cells)
        chosen = then if branch.condition is None else pl.when(condition_holds(branch.condition, cells)).then(then).otherwise(chosen)
    return chosen


SOURCES: dict[type, Callable[[Any, Cells], pl.Expr]] = {
    Column: _column,
    Template: _template,
    Constant: _constant,
    FirstOf: _first_of,
    When: _when,
}
