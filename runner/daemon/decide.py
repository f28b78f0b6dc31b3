"""Which slots of a job want a worker now, and which are only noted as missed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from runner.daemon.memory import JobMemory
from runner.job.model import RunKind, Schedule
from runner.job.slots import Slot, expected, slots

LOOK_BACK = timedelta(days=8)
_SKIPPED = "the runner was not awake at its time, and the job says on_missed: skip"


class Start(Struct, frozen=True):
    """A slot to run now; `kind` is full when any of the slots that it stands for was.

    `only_begun`: it runs only where a run of it was begun and broke off; else it is noted as missed, and this sentence says why."""

    slot: Slot
    kind: RunKind
    only_begun: str | None = None


class Missed(Struct, frozen=True):
    """A slot that will not run; `why` is a sentence for the run table."""

    slot: Slot
    why: str


def wanted(
    schedule: Schedule, zone: ZoneInfo, memory: JobMemory, *, awake_since: datetime, now: datetime
) -> tuple[Start | None, Sequence[Missed]]:
    """Of the slots that came due: the newest runs, then the older ones are noted as missed.

    Later than the grace the newest is missed too. Under `on_missed: skip`, where the daemon was not awake at its time, nothing is made up
    for: each slot within the grace, the oldest first, runs only if a run of it was begun, for then it was not missed but interrupted. Nor
    was one missed whose file was looked for in vain. A slot older than one that is settled never runs: what it would have done has been
    done."""
    window = slots(schedule, zone, max(memory.known_since, now - LOOK_BACK), now)
    due = [each for each in window if each.name not in memory.settled]
    if not due:
        return None, ()
    done = [each for each in window if each.name in memory.settled]
    if done and done[-1].at > due[-1].at:
        return None, [Missed(each, f"a newer slot ({done[-1].name}) was due") for each in due]
    *older, newest = due
    missed = [Missed(each, f"a newer slot ({newest.name}) was due") for each in older]
    if now - newest.at > schedule.grace:
        return None, (*missed, _too_late(newest, schedule, now))
    if schedule.on_missed == "skip" and newest.at < awake_since and newest.name not in memory.awaited:
        first = next(each for each in due if now - each.at <= schedule.grace)
        return Start(first, first.kind, _SKIPPED), [_too_late(each, schedule, now) for each in due if each.at < first.at]
    kind: RunKind = "full" if any(each.kind == "full" for each in due) else newest.kind
    return Start(newest, kind), missed


def overdue(schedule: Schedule, zone: ZoneInfo, settled: AbstractSet[str], now: datetime) -> str | None:
    """The slot whose run should be over by now (`expect_by`) and is not; None when all is well. An `expect_by` is read as
    runner.job.slots.expected does. Only the last days are looked at: older ones have been told of."""
    if schedule.expect_by is None:
        return None
    today = now.astimezone(zone).date()
    for day in (today - timedelta(days=back) for back in range(3)):
        name = f"{day.isoformat()}T{schedule.at:%H:%M}"
        if schedule.days[day.weekday()] is not None and now >= expected(day, schedule.at, schedule.expect_by, zone):
            return None if name in settled else name
    return None


def _too_late(slot: Slot, schedule: Schedule, now: datetime) -> Missed:
    return Missed(slot, f"{_hours(now - slot.at)} late; at most {_hours(schedule.grace)} is allowed")


def _hours(span: timedelta) -> str:
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    return f"{hours} h {minutes:02} min"
