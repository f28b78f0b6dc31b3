"""Whom a rule could touch at all: everybody else of a large store need not be looked at.

Each rule is asked only for what is cheap to ask of a million patrons, and generously: who comes through here is judged by the rule itself.
On an ordinary night that is hardly anybody, for whoever the file holds was seen today. (docs/domain.md section 6.)
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import polars as pl

from runner.frames import as_text
from runner.job.model import DeleteWithTransactions, District, Removal
from runner.plan.model import Plan
from runner.plan.reader import Reader
from runner.policy.calendar import end_year
from runner.policy.projection import Only


def candidates(plan: Plan, reader: Reader, removal: Removal, district: District, today: date, *, deletions: bool) -> Only:
    """At least everybody whom runner.policy.decide would decide on, or name as kept for debts, on the local date `today`."""
    found = list(_stored(plan, reader, removal, district, today, deletions=deletions))
    ids = pl.concat(found).unique().sort() if found else pl.Series("id", [], dtype=pl.Int64)
    return Only(ids, _added(plan, removal, district, today, deletions=deletions))


def _stored(plan: Plan, reader: Reader, removal: Removal, district: District, today: date, *, deletions: bool) -> Iterator[pl.Series]:
    if removal.inactivate is not None:
        yield _unseen(plan, reader, removal.inactivate.not_updated_in_days, district, today)
    if not deletions:
        return
    if removal.graduated_seniors:
        yield _with(plan, reader, _graduated(district, today), ("grade_level", "graduation_year"))
    debtors = removal.delete_with_transactions
    waits = [removal.delete_inactive.days if removal.delete_inactive else None, debtors.inactive_days if debtors else None]
    if shortest := [days for days in waits if days is not None]:
        yield _long_inactive(reader, min(shortest), district, today)
    if debtors is not None and debtors.inactive_days is None:
        yield _with(plan, reader, *_old_debtors(debtors, today))


def _unseen(plan: Plan, reader: Reader, days: int, district: District, today: date) -> pl.Series:
    """Those whom neither this file nor any job has seen for so long. A record of this file means age 0, which is over no number of days."""
    unseen = _not_among(reader.patrons(["id"])["id"], plan.seen).to_frame()
    if unseen.is_empty():
        return unseen["id"]
    lately = reader.last_seen().filter(pl.col("seen_at") >= _two_days_after(today - timedelta(days=days + 1), district))
    return unseen.join(lately.select(id="patron_id"), on="id", how="anti")["id"]


def _not_among(ids: pl.Series, seen: pl.Series) -> pl.Series:
    """The `ids` (ascending) that were not `seen`. Where no number is left out between them, their places need no looking up."""
    if ids.is_empty() or ids[-1] - ids[0] != ids.len() - 1:
        return ids.filter(~ids.is_in(seen.implode()))
    known = seen.filter(seen.is_between(ids[0], ids[-1]))
    return ids.filter(pl.repeat(True, ids.len(), dtype=pl.Boolean, eager=True).scatter(known - ids[0], False))


def _long_inactive(reader: Reader, days: int, district: District, today: date) -> pl.Series:
    """Who became Inactive in this run is nobody's yet, so that status and date before it are enough. A date to come is age 0."""
    inactive = reader.patrons(["id", "status"]).filter(pl.col("status") == "Inactive")["id"]
    if days == 0:
        return inactive
    dated = reader.patrons(["id", "status_at"], inactive)
    return dated.filter(pl.col("status_at") < _two_days_after(today - timedelta(days=days), district))["id"]


def _two_days_after(day: date, district: District) -> datetime:
    """An instant that surely is after the local `day`; the end of it would be a guess, for not every zone has a midnight every day."""
    return datetime.combine(day + timedelta(days=2), time(), district.time_zone).astimezone(UTC)


def _with(plan: Plan, reader: Reader, chosen: pl.Expr, columns: tuple[str, ...]) -> pl.Series:
    """Those for whom `chosen` holds before the run, and those of whom the file changes one of its columns."""
    before = reader.patrons(["id", *columns]).filter(chosen)["id"]
    if not set(columns) & set(plan.updates.columns):
        return before
    known = [name for name in columns if name in plan.updates.columns]
    changed = plan.values.filter(pl.col("field").is_in(known)).select("ref").unique()
    return pl.concat([before, plan.updates.join(changed, on="ref", how="semi")["patron_id"].rename("id")])


def _graduated(district: District, today: date) -> pl.Expr:
    """Years are compared as text: what is no year is sorted out by the rule."""
    last = str(end_year(today, district.statistical_year_starts_in))
    return pl.col("grade_level").is_in(list(district.graduating_grades)) & (pl.col("graduation_year") < last)


def _old_debtors(setting: DeleteWithTransactions, today: date) -> tuple[pl.Expr, tuple[str, ...]]:
    if setting.graduated_years is not None:
        return pl.col("graduation_year") <= str(today.year - setting.graduated_years), ("graduation_year",)
    return pl.col("birth_date") < str(today.year - (setting.age or 0) + 1), ("birth_date",)


def _added(plan: Plan, removal: Removal, district: District, today: date, *, deletions: bool) -> pl.Series:
    """New patrons have age 0 and no transactions: only step B can touch them."""
    if not deletions or not removal.graduated_seniors or not {"grade_level", "graduation_year"} <= set(plan.adds.columns):
        return pl.Series("ref", [], dtype=pl.UInt32)
    return as_text(plan.adds.select("ref", "grade_level", "graduation_year")).filter(_graduated(district, today))["ref"]
