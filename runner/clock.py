"""The only place that asks what time it is. `RUNNER_NOW` fixes the answer for rehearsals and tests; the daemon's moves on from there."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from runner.errors import UsageError

# The years in which a run may be: a little beside them, and as far back or ahead as a policy looks, every calendar still has days.
YEARS = range(1970, 2200)
YEARS_TOLD = f"from {YEARS[0]} to {YEARS[-1]}"
Clock = Callable[[], datetime]


def now() -> datetime:
    """The time in UTC: the machine's, or the one that `RUNNER_NOW` fixes. Raises UsageError for an unreadable `RUNNER_NOW`."""
    fixed = os.environ.get("RUNNER_NOW")
    return parse_instant(fixed) if fixed else datetime.now(UTC)


def moving() -> Clock:
    """A clock for the daemon: the machine's; or from `RUNNER_NOW` on, `RUNNER_CLOCK_RATE` times as fast (1 where it is not set).

    Raises UsageError for a rate that is no number."""
    if not is_fixed():
        return now
    start, begun = now(), time.monotonic()
    given = os.environ.get("RUNNER_CLOCK_RATE") or "1"
    try:
        rate = float(given)
        timedelta(days=rate)
    except (ValueError, OverflowError):
        raise UsageError(f"RUNNER_CLOCK_RATE is {given!r}: not a number", "write how many times as fast time is to pass, like 60") from None
    return lambda: start + timedelta(seconds=(time.monotonic() - begun) * rate)


def is_fixed() -> bool:
    """Whether `RUNNER_NOW` fixes the clock; reports then say so."""
    return bool(os.environ.get("RUNNER_NOW"))


def parse_instant(text: str) -> datetime:
    """A UTC time from ISO 8601 text such as `2026-10-15T02:00:00Z`. Raises UsageError when unreadable, without a zone, outside of YEARS."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(f"RUNNER_NOW is {text!r}: not a time", "write it like 2026-10-15T02:00:00Z") from None
    if moment.tzinfo is None:
        raise UsageError(f"RUNNER_NOW is {text!r}: it has no zone", "end it with Z for UTC, like 2026-10-15T02:00:00Z")
    if moment.year not in YEARS:
        raise UsageError(f"RUNNER_NOW is {text!r}: its year is none {YEARS_TOLD}", "write it like 2026-10-15T02:00:00Z")
    return moment.astimezone(UTC)
