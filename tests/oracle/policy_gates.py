"""Whether the removal policy may act at all, and delete, as docs/domain.md sections 6, 7 and 10 say it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

TABLES = ("checkouts", "fines", "holds")


@dataclass
class Night:
    """What the gates look at. `modified`: the input's time; `fed_before`, `fed`: records per site last time and now."""

    asked: str = "full"
    refused: int = 0
    malformed: int = 0
    guard_tripped: bool = False
    modified: datetime | None = None
    now: datetime | None = None
    max_age: timedelta | None = None
    records_read: int = 0
    wanted_over: int = 0
    fed_before: dict[str, int] = field(default_factory=dict)
    fed: dict[str, int] = field(default_factory=dict)


@dataclass
class Load:
    """The newest load of a table; `None` in its place: never loaded. `spoiled`: rows refused or set aside, unknown patrons left out."""

    at: datetime
    spoiled: int = 0


def closed_for(night: Night) -> set[str]:
    """Every reason why the gate is closed; empty: open."""
    reasons = set()
    if night.asked != "full":
        reasons.add("kind")
    if night.refused + night.malformed >= 100:
        reasons.add("refused")
    if night.guard_tripped:
        reasons.add("guard")
    if night.max_age is not None and night.now and night.modified and age(night.modified, night.now) > night.max_age:
        reasons.add("age")
    if night.records_read <= night.wanted_over:
        reasons.add("records")
    if any(count >= 10 and not night.fed.get(site) for site, count in night.fed_before.items()):
        reasons.add("site")
    return reasons


def bad_tables(loads: dict[str, Load | None], without: set[str], max_age: timedelta, now: datetime) -> set[str]:
    """The tables that forbid deletions; `without`: those the district does not have."""
    return {
        name
        for name in TABLES
        if name not in without and ((load := loads.get(name)) is None or load.spoiled or age(load.at, now) > max_age)
    }


def age(at: datetime, now: datetime) -> timedelta:
    """A time in the future counts as age 0."""
    return max(now - at, timedelta(0))
