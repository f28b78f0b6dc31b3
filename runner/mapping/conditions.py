"""A job's conditions on source columns as boolean expressions. (docs/domain.md section 4, rules on a row.)"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from runner.composed import comparable, compose
from runner.job.model import AllOf, Condition, Test
from runner.mapping.cells import Cells
from runner.mapping.dates import read_date

TestRule = Callable[[Test, Cells], pl.Expr]


def condition_holds(condition: Condition, cells: Cells) -> pl.Expr:
    """Whether the condition holds for a row: Boolean, never null.

    Cells are compared trimmed and otherwise to the letter, capitals included. A null token is blank for `blank` and `not_blank`;
    the other tests see the text in the file, so that a rule can ask for the token itself. A cell that is no date in
    `date_format` is neither before nor after anything.
    """
    if isinstance(condition, Test):
        return TESTS[condition.op](condition, cells)
    parts = [condition_holds(inner, cells) for inner in condition.conditions]
    return pl.all_horizontal(parts) if isinstance(condition, AllOf) else pl.any_horizontal(parts)


def _is_in(test: Test, _: Cells) -> pl.Expr:
    texts = [compose(text.strip()) for text in _operands(test)]
    return comparable(pl.col(test.column), texts).is_in(texts)


def _equals(test: Test, _: Cells) -> pl.Expr:
    text = compose(_operands(test)[0].strip())
    return comparable(pl.col(test.column), [text]) == text


def _matches(test: Test, _: Cells) -> pl.Expr:
    return pl.col(test.column).str.contains(_operands(test)[0])


def _date(test: Test) -> pl.Expr:
    return read_date(pl.col(test.column), test.date_format)


def _bound(test: Test) -> pl.Expr:
    return pl.lit(_operands(test)[0].strip()).str.strptime(pl.Date, "%Y-%m-%d")


def _operands(test: Test) -> tuple[str, ...]:
    if test.operand is None:
        return ("",)
    return (test.operand,) if isinstance(test.operand, str) else test.operand


TESTS: dict[str, TestRule] = {
    "in": _is_in,
    "not_in": lambda test, cells: ~_is_in(test, cells),
    "equals": _equals,
    "matches": _matches,
    "blank": lambda test, cells: cells.is_blank(test.column),
    "not_blank": lambda test, cells: ~cells.is_blank(test.column),
    "before": lambda test, _: (_date(test) < _bound(test)).fill_null(False),
    "after": lambda test, _: (_date(test) > _bound(test)).fill_null(False),
}
