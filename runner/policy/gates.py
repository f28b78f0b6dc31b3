"""The gates before the removal policy: all must be open, and a closed one is a sentence with both numbers. (docs/domain.md section 6.)"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from runner.counted import counted
from runner.job.model import Job, Removal
from runner.plan.model import Plan

MANY_REFUSED = 100
SITE_ROWS = 10
# Held changes that do not close the gate: guards on leaving and coming back, possible duplicates, and what an undo took back.
_OTHER_HOLDS = ("delete", "inactivate", "reactivate", "possible", "undone")


class Gate(Struct, frozen=True):
    """Whether removals may happen, and why not."""

    open: bool
    reason: str | None


class TableState(Struct, frozen=True):
    """One circulation table: when it was last loaded, and what spoils it. `declared_none`: the district does not have it."""

    name: str
    declared_none: bool
    loaded_at: datetime | None
    spoiled: int


def removal_gate(
    job: Job, removal: Removal, plan: Plan, *, input_modified: datetime, now: datetime, sites_before: Mapping[str, int]
) -> Gate:
    """The gate of inactivation and deletion: the first closed condition gives the reason."""
    closed = (
        _asked_as_full(plan)
        or _few_refused(plan)
        or _no_guard(plan)
        or too_old(job.source.max_age, input_modified, now)
        or _enough_records(plan.counts["records_read"], removal.when_records_read_over)
        or _every_site(plan.sites, sites_before)
    )
    return Gate(closed is None, closed)


def deletion_gate(tables: Sequence[TableState], max_age: timedelta, now: datetime) -> Gate:
    """Whether the circulation tables are good enough to delete anybody. (docs/domain.md section 10.)"""
    for table in tables:
        if table.declared_none:
            continue
        if table.loaded_at is None:
            return Gate(
                False, f"{table.name} were never loaded, so nobody is deleted; load them, or write `circulation: {{{table.name}: none}}`"
            )
        if now - table.loaded_at > max_age:
            age, limit = _both(now - table.loaded_at, max_age)
            return Gate(False, f"{table.name} were last loaded {age} ago; at most {limit} is allowed, so nobody is deleted")
        if table.spoiled:
            rows = counted(table.spoiled, "row", "rows")
            return Gate(False, f"the last load of {table.name} refused or set aside {rows}, so nobody is deleted")
    return Gate(True, None)


def _asked_as_full(plan: Plan) -> str | None:
    return None if plan.kind == "full" else "this was an incremental run; only a full one inactivates or deletes anyone"


def _few_refused(plan: Plan) -> str | None:
    refused = plan.counts["refused"] + plan.counts["malformed"]
    if refused < MANY_REFUSED:
        return None
    return f"{refused:,} records were refused or malformed; with {MANY_REFUSED} or more nobody is inactivated or deleted"


def _no_guard(plan: Plan) -> str | None:
    tripped = [held for held in plan.held if held.guard.split(" ")[0] not in _OTHER_HOLDS]
    if not tripped:
        return None
    held = f"the guard {tripped[0].guard} holds {counted(tripped[0].count, 'change', 'changes')} of the file"
    return f"{held}, so nobody is inactivated or deleted before {'it is' if tripped[0].count == 1 else 'they are'} judged"


def too_old(max_age: timedelta | None, modified: datetime, now: datetime) -> str | None:
    """What is wrong with the age of an input that was last changed at `modified`; None where it may be as old."""
    if max_age is None or now - modified <= max_age:
        return None
    age, limit = _both(now - modified, max_age)
    return f"the input is {age} old; the job allows {limit}"


def _enough_records(read: int, floor: int) -> str | None:
    records = counted(read, "record", "records")
    return None if read > floor else f"read {records}; the job wants more than {floor:,} before it inactivates anyone"


def _every_site(now: Mapping[str, int], before: Mapping[str, int]) -> str | None:
    for site, rows in sorted(before.items()):
        if rows >= SITE_ROWS and not now.get(site):
            return f"{site} had {rows:,} rows in the last input and has 0 in this one, so nobody is inactivated or deleted"
    return None


def _both(age: timedelta, limit: timedelta) -> tuple[str, str]:
    """An age and the limit that it is over, told so finely that they differ."""
    return (_days(age), _days(limit)) if _days(age) != _days(limit) else (_exactly(age), _exactly(limit))


def _exactly(age: timedelta) -> str:
    hours, minutes = divmod(age.seconds // 60, 60)
    parts = ((age.days, "day"), (hours, "hour"), (minutes, "minute"), (age.seconds % 60, "second"))
    return " ".join(counted(number, name, f"{name}s") for number, name in parts if number) or "less than a second"


def _days(age: timedelta) -> str:
    days, rest = age.days, age.seconds // 3600
    words = [counted(days, "day", "days")] if days else []
    if rest and days < 3:
        words.append(counted(rest, "hour", "hours"))
    return " ".join(words) or counted(age.seconds // 60, "minute", "minutes")
