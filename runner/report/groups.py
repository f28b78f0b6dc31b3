"""What the pages list, in groups of bounded length: changes by action, removal decisions by rule, outcomes."""

from __future__ import annotations

import polars as pl
from msgspec import Struct

from runner.report.lines import field_lines
from runner.report.model import RunReport
from runner.report.veil import KEPT_FOR, veiled_changes
from runner.report.wording import ACTION_TITLES, RULE_TITLES, count_labels, held_because

SHOWN = 2_000
_KEYS = ("held", "cause", "action", "rule", "guard")


class FieldLine(Struct, frozen=True):
    """One field of a change; None is no value."""

    field: str
    before: str | None
    after: str | None


class ChangeLine(Struct, frozen=True):
    """One patron's change."""

    patron: str
    site: str | None
    line: int | None
    action: str
    reason: str | None
    fields: tuple[FieldLine, ...]


class ChangeGroup(Struct, frozen=True):
    """Changes of one kind: `total` of them, the first 2,000 as `lines`. `guard` says what holds them, None where they are not held."""

    title: str
    action: str
    removal: bool
    guard: str | None
    total: int
    lines: tuple[ChangeLine, ...]

    @property
    def rest(self) -> int:
        return self.total - len(self.lines)


class OutcomeGroup(Struct, frozen=True):
    """Records with one outcome: `total` of them, the first 2,000 as (line, patron)."""

    outcome: str
    title: str
    total: int
    lines: tuple[tuple[int | None, str | None], ...]

    @property
    def rest(self) -> int:
        return self.total - len(self.lines)


class Blocked(Struct, frozen=True):
    """Patrons that the removal policy kept: `total` of them, the first 2,000 as (patron, site, reason)."""

    total: int
    lines: tuple[tuple[str | None, str | None, str | None], ...]

    @property
    def rest(self) -> int:
        return self.total - len(self.lines)


def change_groups(report: RunReport, shown: int = SHOWN) -> tuple[ChangeGroup, ...]:
    """The changes in groups: held first, then the file's by action, then the removal policy's by rule; each in the order of the plan."""
    keys = _kinds(report.changes)
    picked = [(row, _pick(report.changes, row, shown)) for row in keys.iter_rows(named=True)]
    if not picked:
        return ()
    # One look at the field lines for all groups: a join per group would walk the values once for each.
    lines = field_lines(report, pl.concat([frame for _, frame in picked]))
    fields: dict[int, list[FieldLine]] = {}
    for ref, name, before, after in lines.iter_rows():
        fields.setdefault(ref, []).append(FieldLine(name, before, after))
    return tuple(_group(report, row, frame, fields) for row, frame in picked)


def outcome_groups(report: RunReport, shown: int = SHOWN) -> tuple[OutcomeGroup, ...]:
    """A line for every record by outcome, for `summary: all`; nothing otherwise."""
    if report.summary != "all":
        return ()
    counted = report.outcomes.group_by("outcome").len().sort("outcome").rows()
    labels = count_labels(report.kind)
    return tuple(OutcomeGroup(name, labels[name], total, _outcome_lines(report.outcomes, name, shown)) for name, total in counted)


def blocked(report: RunReport, shown: int = SHOWN) -> Blocked:
    """Whom the removal policy would have taken, had something not kept them."""
    rows = report.blocked.head(shown)
    if not rows.height:
        return Blocked(0, ())
    reason = pl.col("reason") if report.show_values else pl.lit(KEPT_FOR)
    return Blocked(report.blocked.height, tuple(rows.select("patron", "site", reason.alias("reason")).iter_rows()))


def field_totals(report: RunReport) -> list[tuple[str, int]]:
    """How many patrons each field changed for, most first; additions left out, for they fill every field."""
    held = report.changes.filter("held").select("ref")
    applied = report.values.join(held, on="ref", how="anti") if held.height else report.values
    return list(applied.group_by("field").len().sort(["len", "field"], descending=[True, False]).iter_rows())


def _kinds(changes: pl.DataFrame) -> pl.DataFrame:
    """`_KEYS` of each group and `len`, in the order of the groups. Mostly all are alike in most keys, which need no grouping by them."""
    alike = [name for name in _KEYS if changes.height and _constant(changes[name])]
    others = [name for name in _KEYS if name not in alike]
    counted = changes.group_by(others).len() if others else pl.DataFrame({"len": [changes.height]})
    whole = counted.with_columns(pl.lit(changes[name][0], dtype=changes.schema[name]).alias(name) for name in alike)
    return whole.select(*_KEYS, "len").sort(pl.col("held").not_(), *_KEYS[1:], nulls_last=False)


def _constant(values: pl.Series) -> bool:
    if values.null_count():
        return values.null_count() == values.len()
    return bool((values == values[0]).all())


def _pick(changes: pl.DataFrame, row: dict[str, object], shown: int) -> pl.DataFrame:
    """The first `shown` changes of a group; the others are not copied."""
    if row["len"] == changes.height:
        return changes.head(shown)
    alike = changes.select(pl.all_horizontal(pl.col(key).eq_missing(pl.lit(row[key], dtype=changes.schema[key])) for key in _KEYS))
    return changes[alike.to_series().arg_true().head(shown)]


def _group(report: RunReport, row: dict[str, object], frame: pl.DataFrame, fields: dict[int, list[FieldLine]]) -> ChangeGroup:
    shown = veiled_changes(frame, report.show_values).select("ref", "patron", "site", "line", "action", "reason")
    lines = tuple(
        ChangeLine(patron, site, line, action, reason, tuple(fields.get(ref, ())))
        for ref, patron, site, line, action, reason in shown.iter_rows()
    )
    removal, action = row["cause"] == "removal", str(row["action"])
    guard = held_because(str(row["guard"])) if row["held"] else None
    return ChangeGroup(_title(row), action, removal, guard, int(str(row["len"])), lines)


def _title(row: dict[str, object]) -> str:
    title = ACTION_TITLES[str(row["action"])]
    if row["cause"] == "undo":
        title = f"{title} to put things back"
    rule = RULE_TITLES.get(str(row["rule"]))
    return f"{title}, {rule}" if rule else title


def _outcome_lines(outcomes: pl.DataFrame, name: str, shown: int) -> tuple[tuple[int | None, str | None], ...]:
    return tuple(outcomes.filter(pl.col("outcome") == name).head(shown).select("line", "patron").iter_rows())
