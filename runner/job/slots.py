"""Which slots a schedule has. Pure: a schedule, a zone and a window of instants in, slots out. No memory of a "next run".

A slot is named by its nominal local date and time, such as `2026-03-08T02:30`. That name exists once whatever the clock does, so a run
that carries it can be found again after a restart, a jump of the clock or a change to and from daylight saving time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from runner.job.model import RunKind, Schedule


class Slot(Struct, frozen=True, order=True):
    """One time at which a job is to run. `at` is UTC; `name` the nominal local date and time; `kind` full or incremental."""

    at: datetime
    name: str
    kind: RunKind


def slots(schedule: Schedule, zone: ZoneInfo, after: datetime, until: datetime) -> Sequence[Slot]:
    """The slots with `after` < their instant <= `until` (both with a zone), oldest first."""
    # A day on either side: a local date begins up to 14 hours before or 12 after the UTC one, and a gap moves a slot onward.
    day, last = after.astimezone(zone).date() - timedelta(days=1), until.astimezone(zone).date() + timedelta(days=1)
    found = []
    while day <= last:
        kind = schedule.days[day.weekday()]
        at = instant(day, schedule.at, zone)
        if kind is not None and after < at <= until:
            found.append(Slot(at, f"{day.isoformat()}T{schedule.at:%H:%M}", kind))
        day += timedelta(days=1)
    return sorted(found)


def instant(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """The UTC instant of a local wall time. A time that a change of the clock skips moves on by the skipped span (02:30 becomes 03:30);
    of a time that comes twice it is the first."""
    return datetime.combine(day, wall.replace(fold=0), tzinfo=zone).astimezone(UTC)


def expected(day: date, at: time, by: time, zone: ZoneInfo) -> datetime:
    """The UTC instant by which a run that is due on `day` at the wall time `at` should be over. A `by` that is not after `at` means the
    next morning; one that a change of the clock leaves before the run begins is as long after it as on other days."""
    morning = day if by > at else day + timedelta(days=1)
    begins, ends = instant(day, at, zone), instant(morning, by, zone)
    return ends if ends > begins else begins + (datetime.combine(morning, by) - datetime.combine(day, at))


def moved(slot: Slot, zone: ZoneInfo) -> bool:
    """Whether the slot runs at another wall time than it is named for, because its own does not exist that day."""
    return f"{slot.at.astimezone(zone):%Y-%m-%dT%H:%M}" != slot.name
