"""Does the wall clock jump? Compared at each tick with the machine's own count of time, which no one sets."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

ALLOWED = timedelta(minutes=5)


def boot_seconds() -> float:
    """Seconds since the machine started, sleep included where the system can say so."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class WallClock:
    """Tells whether the wall clock may be believed. After a jump of more than five minutes it is not, until two ticks agree."""

    def __init__(self, seconds: Callable[[], float] = boot_seconds, allowed: timedelta = ALLOWED) -> None:
        self._seconds = seconds
        self._allowed = allowed
        self._last: tuple[datetime, float] | None = None
        self._doubted = False

    def believed(self, now: datetime) -> bool:
        """Whether `now` fits the time that has passed since the last tick; call once a tick."""
        passed, before = self._seconds(), self._last
        self._last = (now, passed)
        if before is None:
            return True
        apart = abs((now - before[0]) - timedelta(seconds=passed - before[1]))
        # One doubtful tick holds the schedule; the next one that agrees with it frees it again.
        self._doubted = apart > self._allowed
        return not self._doubted
