"""Rules of one target field: one source, one way of steps, templates and dates that can be read."""

from __future__ import annotations

from typing import Any, Literal

from runner.job.document import Document, Keys, dotted
from runner.job.near import listed
from runner.job.rules.condition_rules import check_condition
from runner.job.rules.date_rules import check_date_format
from runner.job.template import TemplateFault, parse_template

SOURCES = ("column", "template", "value", "first_of", "when")
_WAYS = ("map", "date", "steps")


def check_field(document: Document, at: Keys) -> None:
    """Notes what is wrong with the field at a path such as `properties.fields.barcode`."""
    field = document.get(*at)
    if not isinstance(field, dict):
        return
    _check_source(document, at, field)
    ways = [way for way in _WAYS if way in field]
    if len(ways) > 1:
        text = f"`{dotted(at)}` has both `{ways[0]}` and `{ways[1]}`"
        document.problem(
            "exactly-one", text, "put them into one list: steps: [{...}, {...}], in the order meant", at=(*at, ways[1]), on="key"
        )
    if "template" in field:
        check_template(document, (*at, "template"))
    _check_branches(document, (*at, "when"))
    check_map(document, (*at, "map"))
    check_date_format(document, (*at, "date"))
    for index, step in enumerate(document.items(*at, "steps")):
        _check_step(document, (*at, "steps", index), step, index)


def check_template(document: Document, at: Keys) -> None:
    """Notes a template whose braces cannot be read."""
    text = document.text(*at)
    if text is None:
        return
    try:
        parse_template(text)
    except TemplateFault as fault:
        hint = 'write a column in braces: "P {StudentID}"; a literal brace is written twice'
        document.problem("template-invalid", f"`{dotted(at)}` has {fault}", hint, at=at)


def check_map(document: Document, at: Keys) -> None:
    """Notes results of a value map that cannot be read as templates."""
    for value in document.mapping(*at):
        check_template(document, (*at, value))
        if not value.strip():
            _say_never_met(document, (*at, value), "key")


def _check_source(document: Document, at: Keys, field: dict[str, Any]) -> None:
    given = [key for key in SOURCES if key in field]
    if not given:
        text = f"`{dotted(at)}` does not say where the value comes from"
        document.problem("field-without-source", text, f"write one of {listed(SOURCES)}, such as column: NAME", at=at, on="key")
    elif len(given) > 1:
        text = f"`{dotted(at)}` has both `{given[0]}` and `{given[1]}`"
        document.problem("exactly-one", text, "keep one source for the value", at=(*at, given[1]), on="key")


def _check_step(document: Document, at: Keys, step: Any, index: int) -> None:
    if not isinstance(step, dict):
        return
    if step.get("trim") is False and index > 0:
        hint = "values are trimmed first: `trim: false` acts only at the top of the list"
        document.problem("trim-not-first", f"`{dotted((*at, 'trim'))}` comes too late", hint, at=(*at, "trim"), on="key")
    check_map(document, (*at, "map"))
    check_date_format(document, (*at, "date"))
    texts = {meaning: [str(text).casefold() for text in document.items(*at, "boolean", meaning)] for meaning in ("true", "false")}
    for number, text in enumerate(texts["false"]):
        if not text.strip():
            _say_never_met(document, (*at, "boolean", "false", number), "value")
        if text in texts["true"]:
            place = (*at, "boolean", "false", number)
            document.problem(
                "boolean-unclear", f"`{dotted(place)}` stands under `true` as well", "a text can mean one thing only", at=place
            )


def _say_never_met(document: Document, at: Keys, on: Literal["key", "value"]) -> None:
    text = f"`{dotted(at)}` is blank, and a blank cell never comes to the steps"
    document.problem(
        "blank-never-met", text, "say what a blank means: when_blank: clear, or {default: VALUE}", at=at, on=on, severity="warning"
    )


def _check_branches(document: Document, at: Keys) -> None:
    branches = document.items(*at)
    for index, branch in enumerate(branches):
        if not isinstance(branch, dict):
            continue
        here = (*at, index)
        if set(branch) not in ({"if", "then"}, {"else"}):
            hint = "write {if: {column: Grade, in: [...]}, then: Senior} or, as the last one, {else: Student}"
            document.problem("branch-unclear", f"`{dotted(here)}` must have `if` and `then`, or `else` alone", hint, at=here)
        elif "else" in branch and index < len(branches) - 1:
            document.problem("branch-unclear", f"`{dotted(here)}` is an `else`, and others follow", "put it last", at=here)
        check_condition(document, (*here, "if"))
        for key in ("then", "else"):
            check_template(document, (*here, key))
