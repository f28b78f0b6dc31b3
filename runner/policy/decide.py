"""One decision moment: who is inactivated or deleted, each patron once, a deletion before an inactivation."""

from __future__ import annotations

from datetime import date

import polars as pl
from msgspec import Struct

from runner.job.model import District, Removal
from runner.policy.calendar import end_year, local_date
from runner.policy.rules import graduated_seniors, kept_for_debts, long_inactive, stale, with_transactions
from runner.policy.scope import in_scope

_DECISION = {"row": pl.UInt32, "action": pl.String, "rule": pl.String, "reason": pl.String}


class Decisions(Struct, frozen=True):
    """`frame`: the projected patrons' columns, `action`, `rule`, `reason`, one row per patron decided. `blocked`: `patron`, `site`,
    `reason` of those whom nothing but a debt keeps from being deleted."""

    frame: pl.DataFrame
    blocked: pl.DataFrame


def decide(projected: pl.DataFrame, removal: Removal, district: District, today: date, *, deletions: bool) -> Decisions:
    """The decisions on the projected store (runner.policy.projection) on the local date `today`; without `deletions` only step A."""
    patrons = dated(projected, district).filter(in_scope(removal.scope, district)).with_row_index("row")
    seniors = (district.graduating_grades, end_year(today, district.statistical_year_starts_in)) if removal.graduated_seniors else None
    decided: list[pl.DataFrame] = []
    if deletions:
        if seniors is not None:
            decided.append(graduated_seniors(patrons, *seniors))
        if removal.delete_inactive is not None:
            decided.append(long_inactive(patrons, removal.delete_inactive, today))
        if removal.delete_with_transactions is not None:
            decided.append(with_transactions(patrons, removal.delete_with_transactions, today))
    if removal.inactivate is not None:
        decided.append(stale(patrons, removal.inactivate, today))
    first = pl.concat([pl.DataFrame(schema=_DECISION), *decided]).unique("row", keep="first", maintain_order=True)
    debtors = kept_for_debts(patrons, seniors if deletions else None, removal.delete_inactive if deletions else None, today)
    blocked = debtors.join(first.filter(pl.col("action") == "delete"), on="row", how="anti")
    return Decisions(
        frame=patrons.join(first, on="row").drop("row"),
        blocked=blocked.join(patrons.select("row", "patron", "site"), on="row").select("patron", "site", "reason").sort("site", "patron"),
    )


def dated(projected: pl.DataFrame, district: District) -> pl.DataFrame:
    """The projected patrons with the two days that rules ask for: `touched` and `status_day` (Date, local)."""
    touched = pl.max_horizontal(*(local_date(pl.col(name), district.time_zone) for name in ("seen_at", "added_at", "edited_at")))
    return projected.with_columns(touched=touched, status_day=local_date(pl.col("status_at"), district.time_zone))
