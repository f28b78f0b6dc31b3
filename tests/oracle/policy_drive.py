"""Driving the real removal policy with the oracle's values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from runner.job.model import DeleteInactive, DeleteWithTransactions, District, Inactivate, PatronType, Removal, Scope
from runner.policy.decide import Decisions, decide
from tests.oracle.policy import Borrower, Leavers
from tests.oracle.policy_stories import Tale
from tests.plan.workbench import district

_INSTANT = pl.Datetime("us", "UTC")
_TEXTS: tuple[str, ...] = (
    "district_id",
    "site",
    "barcode",
    "patron_type",
    "access_level",
    "status",
    "grade_level",
    "graduation_year",
    "birth_date",
)
_TEXTS += ("homeroom", "username", "username_key", "password_mac", "patron", "checkout_sites", "status_cause")
PROJECTED: dict[str, Any] = {
    "patron_id": pl.Int64,
    "version": pl.Int64,
    "add_ref": pl.UInt32,
    **dict.fromkeys(_TEXTS, pl.String),
    **dict.fromkeys(("added_at", "edited_at", "status_at", "seen_at"), _INSTANT),
    "changed_now": pl.Boolean,
    **dict.fromkeys(("checkouts", "fines", "refunds", "holds"), pl.UInt32),
    "balance_cents": pl.Int64,
}


def decided(tale: Tale) -> Decisions:
    """The real decisions on a tale."""
    settings = tale.settings
    frame = pl.DataFrame([projected_row(one) for one in tale.borrowers], schema=PROJECTED)
    return decide(frame, removal_of(settings), district_of(settings), tale.today, deletions=tale.deletions)


def projected_row(one: Borrower) -> dict[str, Any]:
    """A borrower as runner.policy.projection would give it."""
    return {
        **{name: one.values.get(name) for name in _TEXTS if name in one.values},
        "patron_id": one.id,
        "version": 1,
        "patron": one.values.get("district_id") or f"{one.values['site']}/{one.values['barcode']}",
        "added_at": one.added_at,
        "edited_at": one.edited_at,
        "status_at": one.status_at,
        "seen_at": one.seen_at,
        "changed_now": one.status_moved,
        **totals(one),
    }


def totals(one: Borrower) -> dict[str, Any]:
    """A borrower's entries as the reader sums them up."""
    return {
        "checkouts": len(one.checkouts),
        "fines": sum(amount > 0 for amount in one.fines),
        "refunds": sum(amount <= 0 for amount in one.fines),
        "holds": one.holds,
        "balance_cents": sum(one.fines),
        "checkout_sites": ",".join(sorted(set(one.checkouts))) or None,
    }


def removal_of(settings: Leavers, *, over: int = 0) -> Removal:
    """The policy as runner.job.load would give it."""
    inactivate = settings.not_updated_in_days
    return Removal(
        when_records_read_over=over,
        scope=Scope(settings.everyone, settings.patron_types, settings.access_levels, settings.scope_personas),  # type: ignore[arg-type]
        inactivate=None if inactivate is None else Inactivate(inactivate, settings.clear_homeroom, settings.disable_login),
        graduated_seniors=settings.graduated_seniors,
        delete_inactive=None if settings.inactive_days is None else DeleteInactive(settings.inactive_days, settings.only_if),  # type: ignore[arg-type]
        delete_with_transactions=DeleteWithTransactions(**{settings.debtors[0]: settings.debtors[1]}) if settings.debtors else None,
    )


def district_of(settings: Leavers, **changes: Any) -> District:
    """A district with the settings' zone, year and patron types."""
    return district(
        time_zone=ZoneInfo(settings.zone),
        statistical_year_starts_in=settings.year_starts_in,
        graduating_grades=settings.grades,
        patron_types=tuple(PatronType(name, persona) for name, persona in settings.personas.items()),  # type: ignore[arg-type]
        access_levels=("Patron", "Helper"),
        **changes,
    )


def told(frame: pl.DataFrame) -> dict[int, tuple[str, str]]:
    """`patron_id`: (action, rule)."""
    rows: Iterable[tuple[int, str, str]] = frame.select("patron_id", "action", "rule").iter_rows()
    return {number: (action, rule) for number, action, rule in rows}
