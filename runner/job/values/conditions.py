"""Conditions as values."""

from __future__ import annotations

from typing import Any

from runner.job.model import AllOf, AnyOf, Condition, Test

_MANY = ("in", "not_in")
_ONE = ("equals", "matches", "before", "after")
_BARE = ("blank", "not_blank")


def build_condition(data: dict[str, Any]) -> Condition:
    """The condition that a checked mapping says."""
    if "any" in data:
        return AnyOf(tuple(build_condition(inner) for inner in data["any"]))
    if "all" in data:
        return AllOf(tuple(build_condition(inner) for inner in data["all"]))
    return _test(data)


def build_optional_condition(data: dict[str, Any] | None) -> Condition | None:
    """The condition, or None where the file has none."""
    return None if data is None else build_condition(data)


def _test(data: dict[str, Any]) -> Test:
    op = next(op for op in (*_MANY, *_ONE, *_BARE) if op in data)
    operand: tuple[str, ...] | str | None = None
    if op in _MANY:
        operand = tuple(data[op])
    elif op in _ONE:
        operand = data[op]
    return Test(str(data["column"]), op, operand, data.get("date", "%Y-%m-%d"))  # type: ignore[arg-type]
