"""Rules of conditions: one test on one column, or any/all of several."""

from __future__ import annotations

from datetime import date

from runner.job.document import Document, Keys, dotted
from runner.job.near import listed
from runner.job.rules.date_rules import check_date_format

OPS = ("in", "not_in", "equals", "matches", "blank", "not_blank", "before", "after")


def check_condition(document: Document, at: Keys) -> None:
    """Notes what is wrong with the condition at a path, and with those inside it."""
    condition = document.get(*at)
    if not isinstance(condition, dict) or not condition:
        return
    groups = [key for key in ("any", "all") if key in condition]
    if groups:
        if len(condition) > 1:
            text = f"`{dotted(at)}` mixes `{groups[0]}` with other keys"
            document.problem("condition-unclear", text, f"`{groups[0]}` stands alone; put the rest into its list", at=at)
        for group in groups:
            for index, _ in enumerate(document.items(*at, group)):
                check_condition(document, (*at, group, index))
        return
    _check_test(document, at, condition)


def _check_test(document: Document, at: Keys, condition: dict[str, object]) -> None:
    ops = [key for key in OPS if key in condition]
    if "column" not in condition:
        document.problem("condition-unclear", f"`{dotted(at)}` names no column", "write {column: Status, in: [W, G]}", at=at)
    if len(ops) != 1:
        text = f"`{dotted(at)}` must have exactly one of {listed(OPS)}"
        hint = "put several tests into a list: {all: [{...}, {...}]}" if ops else "write {column: Status, in: [W, G]}"
        document.problem("condition-unclear", text, hint, at=at)
    if "date" in condition and not {"before", "after"} & set(ops):
        document.problem(
            "condition-unclear", f"`{dotted((*at, 'date'))}` is for `before` and `after`", "delete it", at=(*at, "date"), on="key"
        )
    if isinstance(condition.get("date"), str):
        check_date_format(document, (*at, "date"))
    for op in ("before", "after"):
        _check_day(document, (*at, op), condition.get(op))


def _check_day(document: Document, at: Keys, value: object) -> None:
    if not isinstance(value, str):
        return
    try:
        date.fromisoformat(value)
    except ValueError:
        document.problem("date-invalid", f"`{dotted(at)}` is no date of the calendar", "write it as YYYY-MM-DD", at=at)
