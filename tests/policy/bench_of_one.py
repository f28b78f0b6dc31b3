"""One patron and one policy, for cases that a person can read."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from runner.policy.decide import Decisions, decide
from tests.oracle.policy import Borrower, Leavers
from tests.oracle.policy_drive import PROJECTED, district_of, projected_row, removal_of

ZONE = ZoneInfo("America/Chicago")
OCTOBER = date(2026, 10, 15)


def at(text: str) -> datetime:
    """Noon of a local day, or a local moment: `2026-10-01` or `2026-10-01 23:30`."""
    moment = datetime.fromisoformat(text if " " in text else f"{text} 12:00").replace(tzinfo=ZONE)
    return moment.astimezone(UTC)


def patron(**given: Any) -> Borrower:
    """An Active tenth grader, seen on 14 October 2026. Fields by name; `seen`, `added`, `edited`, `inactive_since` as local days;
    `checkouts`, `fines` (cents) and `holds`; `just_now`: its status changed in this run."""
    since = given.pop("inactive_since", None)
    moments: dict[str, Any] = {name: at(text) if (text := given.pop(name[:-3], default)) else None for name, default in _MOMENTS.items()}
    entries = {name: given.pop(name) for name in ("checkouts", "fines", "holds") if name in given}
    moved = given.pop("just_now", False)
    values = {**_USUAL, "status": "Inactive" if since else "Active", "graduation_year": "2029", **given}
    return Borrower(1, values, status_at=at(since or "2020-01-01"), status_moved=moved, **moments, **entries)


def policy(**settings: Any) -> Leavers:
    """Settings of tests.oracle.policy.Leavers; nothing is on that is not named. `fines_below` as text."""
    below = settings.pop("fines_below", None)
    if below:
        settings["only_if"] = Decimal(below)
    return Leavers(**settings)


def fate(one: Borrower, settings: Leavers, today: date = OCTOBER, *, deletions: bool = True) -> str:
    """What becomes of the patron: the rule that decides, "kept for debts", or "nothing"."""
    decisions = _decided(one, settings, today, deletions=deletions)
    if decisions.frame.height:
        return str(decisions.frame["rule"].item())
    return "kept for debts" if decisions.blocked.height else "nothing"


def reason(one: Borrower, settings: Leavers, today: date = OCTOBER) -> str:
    """Why, in the words of the report."""
    decisions = _decided(one, settings, today, deletions=True)
    return str((decisions.frame if decisions.frame.height else decisions.blocked)["reason"].item())


def _decided(one: Borrower, settings: Leavers, today: date, *, deletions: bool) -> Decisions:
    frame = pl.DataFrame([projected_row(one)], schema=PROJECTED)
    return decide(frame, removal_of(settings), district_of(settings), today, deletions=deletions)


_MOMENTS = {"seen_at": "2026-10-14", "added_at": "2020-01-01", "edited_at": None}
_USUAL = {
    "district_id": "1001",
    "site": "NORTH",
    "barcode": "P1",
    "patron_type": "Student",
    "access_level": "Patron",
    "grade_level": "10",
    "graduation_year": "2029",
}
