"""Target fields as values: source, steps, what a blank means, who owns the field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runner.job.model import (
    Boolean,
    Branch,
    Case,
    Column,
    Constant,
    DateFormat,
    FieldMap,
    FirstOf,
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
    ValueSource,
    When,
)
from runner.job.template import columns_of, parse_template
from runner.job.values.conditions import build_condition


def build_field(target: str, data: Any) -> FieldMap:
    """The field that checked data says. (That a date field without a format reads YYYY-MM-DD is the mapping's to add.)"""
    if not isinstance(data, dict):
        data = {"column": data}
    blank = data.get("when_blank", "keep")
    return FieldMap(
        target=target,
        source=_source(data),
        steps=_steps(data),
        when_blank=Constant(blank["default"]) if isinstance(blank, dict) else blank,
        write=data.get("write", "always"),
    )


def template_or_constant(text: str) -> Template | Constant:
    """A template where columns stand in the text, else the text itself (with double braces made single)."""
    template = parse_template(text)
    if columns_of(template):
        return template
    return Constant("".join(part for part in template.parts if isinstance(part, str)))


def _source(data: dict[str, Any]) -> ValueSource:
    if "column" in data:
        return Column(str(data["column"]))
    if "template" in data:
        return parse_template(data["template"])
    if "value" in data:
        return Constant(data["value"])
    if "first_of" in data:
        return FirstOf(tuple(str(column) for column in data["first_of"]))
    return When(tuple(_branch(branch) for branch in data["when"]))


def _branch(data: dict[str, Any]) -> Branch:
    if "else" in data:
        return Branch(None, template_or_constant(data["else"]))
    return Branch(build_condition(data["if"]), template_or_constant(data["then"]))


def _steps(data: dict[str, Any]) -> tuple[Step, ...]:
    """The steps with Trim in front, unless the list begins with trim itself."""
    written: list[Any] = data.get("steps", [])
    for name in ("map", "date"):
        if name in data:
            written = [{name: data[name]}]
    steps = [_step(step) for step in written]
    if steps and isinstance(steps[0], Trim):
        return tuple(steps) if steps[0].enabled else tuple(steps[1:])
    return (Trim(), *steps)


def _step(data: Any) -> Step:
    if isinstance(data, str):
        return Trim()
    name, value = next(iter(data.items()))
    return _STEPS[name](value)


def _map(value: dict[str, str]) -> MapValues:
    entries = {key: template_or_constant(result) for key, result in value.items() if key != "default"}
    return MapValues(entries, template_or_constant(value["default"]) if "default" in value else None)


# To add a step: its struct in job/model.py, a line here, its schema entry, its expression in mapping/, a test.
_STEPS: dict[str, Callable[[Any], Step]] = {
    "trim": lambda value: Trim(value),
    "regex": lambda value: Regex(value["find"], value.get("replace", "")),
    "replace": lambda value: Replace(value["find"], value.get("replace", "")),
    "case": lambda value: Case(value),
    "slice": lambda value: Slice(value.get("start", 0), value.get("length")),
    "pad_left": lambda value: PadLeft(value["width"], value.get("fill", "0")),
    "strip_leading": lambda value: StripLeading(value),
    "map": _map,
    "date": lambda value: DateFormat(value),
    "boolean": lambda value: Boolean(tuple(value["true"]), tuple(value["false"])),
    "truncate": lambda value: Truncate(value),
}
