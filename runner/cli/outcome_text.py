"""A plan or a run, told to the person who typed the command: conclusion, counts, changes, messages, what is held and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import polars as pl
from msgspec import Struct

from runner.cli.screen import Screen, complain
from runner.cli.settings import also_typed
from runner.counted import counted
from runner.report.document import LIMIT, document_text
from runner.report.headline import SINCE, headline
from runner.report.lines import field_lines
from runner.report.model import COUNTS, RunReport
from runner.report.veil import veiled_changes, veiled_messages
from runner.report.wording import ACTION_TITLES, count_labels, held_because

if TYPE_CHECKING:
    from runner.run.outcome import Outcome

SHOWN = 50  # changes, unless --limit says otherwise

# What a reader must see first stands first: what takes something away.
_ORDER = ("delete", "inactivate", "transfer", "reactivate", "update", "associate", "add")
_WORDS = {
    "delete": "to delete",
    "inactivate": "to inactivate",
    "transfer": "to move to another site",
    "reactivate": "to reactivate",
    "update": "to update",
    "associate": "to associate with another site",
    "add": "to add",
}
_ALWAYS = ("rows_read", "records_read", "unchanged")
_STYLES = {"delete": "red", "inactivate": "yellow", "transfer": "cyan", "add": "green"}


class _Group(Struct, frozen=True):
    action: str
    cause: str
    held: bool


def tell_document(screen: Screen, outcome: Outcome, limit: int | None) -> None:
    """The JSON document of docs/interface.md section 5, with `error` besides where the run failed; at most `limit` changes (0: all)."""
    files = {name: str(path) for name, path in outcome.report_files.items()}
    screen.ready_document(document_text(outcome.report, limit=LIMIT if limit is None else limit, files=files))
    _complain(outcome)


def tell_run(screen: Screen, outcome: Outcome, *, limit: int | None, planned: bool) -> None:
    """The whole answer for people; `limit` bounds the changes that are listed (0: all, None: none of them)."""
    report, lead = outcome.report, headline(outcome.report)
    kind = report.kind if report.kind == report.compared_as else f"{report.kind}, compared as {report.compared_as}"
    screen.answer(f"{'Plan' if planned else 'Run'} of {report.job} ({kind}): {lead.status.lower()}", "bold")
    screen.answer(lead.sentence, {"good": "green", "attention": "yellow", "bad": "red"}.get(lead.tone))
    for step in (each for each in lead.steps if each.text != SINCE):
        screen.answer(step.text + (f"\n  {step.command}{also_typed(screen.settings)}" if step.command else ""))
    if report.clock_fixed:
        screen.answer(f"The clock was fixed at {report.started_at:%Y-%m-%d %H:%M} UTC (RUNNER_NOW).")
    if outcome.error is not None and not report.counts.get("rows_read"):
        _complain(outcome)
        return
    tell_counts(screen, report)
    if limit is not None:
        tell_changes(screen, report, limit=limit, planned=planned)
    tell_messages(screen, report)
    tell_held(screen, report, planned=planned)
    _complain(outcome)


def tell_counts(screen: Screen, report: RunReport) -> None:
    """The counts that are not zero, in the order of the JSON document."""
    screen.answer("\nCounts", "bold")
    counts, labels = [(name, report.counts.get(name, 0)) for name in COUNTS], count_labels(report.kind)
    always = _ALWAYS if report.kind != "undo" else ()
    screen.table(("", ""), [(labels[name], f"{count:,}") for name, count in counts if count or name in always], right=(1,))


def tell_changes(screen: Screen, report: RunReport, *, limit: int, planned: bool) -> None:
    """At most `limit` changes (0: all), grouped by action, each field before and after; the most drastic actions first."""
    if not report.changes.height:
        return
    ranked = report.changes.sort(pl.col("held"), pl.col("action").cast(pl.String).replace_strict(_RANK), "patron", maintain_order=True)
    shown = ranked.head(limit) if limit else ranked
    title = f"\nChanges ({report.changes.height:,})" + (f", the first {shown.height:,} of them" if shown.height < ranked.height else "")
    screen.answer(title, "bold")
    sizes = {_Group(*key): count for *key, count in report.changes.group_by("action", "cause", "held").len().iter_rows()}
    fields = field_lines(report, shown).partition_by("ref", as_dict=True)
    for key, rows in (
        veiled_changes(shown, report.show_values).partition_by("action", "cause", "held", as_dict=True, maintain_order=True).items()
    ):
        group = _Group(*key)
        _tell_group(screen, group, rows, {each: fields[(each,)] for each in rows["ref"] if (each,) in fields}, sizes[group], planned)
    if shown.height < ranked.height:
        rest = counted(ranked.height - shown.height, "more change is", "more changes are")
        screen.answer(f"\n  {rest} not shown; --limit 0 shows all of them.")


def tell_messages(screen: Screen, report: RunReport) -> None:
    """The messages grouped by code, the refused first, each with its number and one example."""
    if not report.messages.height:
        return
    shown = veiled_messages(report.messages, report.show_values)
    grouped = (
        shown.group_by("severity", "code")
        .agg(pl.len().alias("number"), pl.col("line").first(), pl.col("text").first())
        .sort("severity", pl.col("number"), "code", descending=[False, True, False])
    )
    screen.answer(f"\nMessages ({report.messages.height:,})", "bold")
    rows = [
        (severity, code, f"{number:,}", (f"line {line}: " if line is not None else "") + (text or ""))
        for severity, code, number, line, text in grouped.iter_rows()
    ]
    screen.table(("severity", "code", "number", "first"), rows, right=(2,))
    screen.answer("  What a code means and how to put it right: runner explain CODE")


def tell_held(screen: Screen, report: RunReport, *, planned: bool) -> None:
    """What guards hold back, and whether the removal gate opens."""
    if report.held:
        screen.answer("\nWould be held" if planned else "\nHeld", "bold")
        for each in report.held:
            screen.answer(f"  {each['count']:,} x {each['action']}: {held_because(str(each['guard']))}", "yellow")
    if report.removal is not None:
        gate = "opens" if report.removal.get("open") else "stays closed"
        screen.answer(f"\nRemoval by policy: the gate {gate}: {report.removal.get('reason') or 'every condition is met'}")


def _complain(outcome: Outcome) -> None:
    if outcome.error is not None:
        complain(outcome.error.text, outcome.error.hint)


def _tell_group(screen: Screen, group: _Group, rows: pl.DataFrame, fields: Mapping[int, pl.DataFrame], size: int, planned: bool) -> None:
    words = _WORDS[group.action] if planned or group.held else ACTION_TITLES[group.action].lower()
    held = ", held by a guard" if group.held else ""
    cause = {"file": "", "removal": " by policy", "undo": " by undo"}[group.cause]
    screen.answer(f"\n  {size:,} {words}{cause}{held}", _STYLES.get(group.action, "bold"))
    if group.action == "add":
        screen.table(("patron", "line", "site", "values"), [_added(row, fields) for row in rows.iter_rows(named=True)], indent=4)
    elif group.cause == "removal":
        lines = [line for row in rows.iter_rows(named=True) for line in _removed(row, fields)]
        screen.table(("patron", "rule", "reason", "field", "before", "after"), lines, indent=4)
    else:
        lines = [line for row in rows.iter_rows(named=True) for line in _changed(row, fields)]
        screen.table(("patron", "line", "field", "before", "after"), lines, indent=4)


def _added(row: Mapping[str, object], fields: Mapping[int, pl.DataFrame]) -> tuple[object, ...]:
    values = _fields_of(row, fields)
    told = ", ".join(f"{name} {after}" for name, _, after in values if name not in ("site", "district_id"))
    return (row["patron"], _or_dash(row["line"]), _or_dash(row["site"]), told)


def _changed(row: Mapping[str, object], fields: Mapping[int, pl.DataFrame]) -> list[tuple[object, ...]]:
    first = (row["patron"], _or_dash(row["line"]))
    return _under(first, _fields_of(row, fields))


def _removed(row: Mapping[str, object], fields: Mapping[int, pl.DataFrame]) -> list[tuple[object, ...]]:
    return _under((row["patron"], _or_dash(row["rule"]), _or_dash(row["reason"])), _fields_of(row, fields))


def _under(first: tuple[object, ...], values: list[tuple[str, str | None, str | None]]) -> list[tuple[object, ...]]:
    """One line a field; what names the patron stands on its first line alone."""
    if not values:
        return [(*first, "", "", "")]
    blank = ("",) * len(first)
    return [(*(first if not at else blank), name, _or_dash(old), _or_dash(new)) for at, (name, old, new) in enumerate(values)]


def _fields_of(row: Mapping[str, object], fields: Mapping[int, pl.DataFrame]) -> list[tuple[str, str | None, str | None]]:
    ref = row["ref"]
    assert isinstance(ref, int)
    return list(fields[ref].select("field", "before", "after").iter_rows()) if ref in fields else []


def _or_dash(value: object) -> object:
    return "-" if value is None or value == "" else value


_RANK = {action: rank for rank, action in enumerate(_ORDER)}
