"""Which slots of a job want a worker now, and which are only noted as missed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from runner.job.model import RunKind, Schedule
from runner.job.slots import Slot, instant, slots

LOOK_BACK = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class Start:
    """A slot to run now; `kind` is full when any of the slots that it stands for was."""

    slot: Slot
    kind: RunKind


@dataclass(frozen=True, slots=True)
class Missed:
    """A slot that will not run; `why` is a sentence for the run table."""

    slot: Slot
    why: str


def wanted(
    schedule: Schedule, zone: ZoneInfo, *, known_since: datetime, settled: AbstractSet[str], awake_since: datetime, now: datetime
) -> tuple[Start | None, Sequence[Missed]]:
    """Of the slots that came due: the newest runs, then the older ones are noted as missed.

    Later than the grace, or under `on_missed: skip` when the daemon was not awake at its time, the newest is missed too. A slot older
    than one that is settled never runs: what it would have done has been done."""
    window = slots(schedule, zone, max(known_since, now - LOOK_BACK), now)
    due = [each for each in window if each.name not in settled]
    if not due:
        return None, ()
    done = [each for each in window if each.name in settled]
    if done and done[-1].at > due[-1].at:
        return None, [Missed(each, f"a newer slot ({done[-1].name}) was due") for each in due]
    *older, newest = due
    missed = [Missed(each, f"a newer slot ({newest.name}) was due") for each in older]
    late = now - newest.at
    if late > schedule.grace:
        return None, (*missed, Missed(newest, f"{_hours(late)} late; at most {_hours(schedule.grace)} is allowed"))
    if schedule.on_missed == "skip" and newest.at < awake_since:
        return None, (*missed, Missed(newest, "the runner was not awake at its time, and the job says on_missed: skip"))
    kind: RunKind = "full" if any(each.kind == "full" for each in due) else newest.kind
    return Start(newest, kind), missed


def overdue(schedule: Schedule, zone: ZoneInfo, settled: AbstractSet[str], now: datetime) -> str | None:
    """The slot whose run should be over by now (`expect_by`) and is not; None when all is well. An `expect_by` that is not after `at` means
    the next morning. Only the last days are looked at: older ones have been told of."""
    if schedule.expect_by is None:
        return None
    today = now.astimezone(zone).date()
    for day in (today - timedelta(days=back) for back in range(3)):
        name = f"{day.isoformat()}T{schedule.at:%H:%M}"
        morning = day if schedule.expect_by > schedule.at else day + timedelta(days=1)
        if schedule.days[day.weekday()] is not None and now >= instant(morning, schedule.expect_by, zone):
            return None if name in settled else name
    return None


def _hours(span: timedelta) -> str:
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    return f"{hours} h {minutes:02} min"
