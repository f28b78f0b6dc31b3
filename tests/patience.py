"""Limits of time that mean the same on a slower or busier machine as on an idle one of the kind that the promises were measured on."""

from __future__ import annotations

import time
from collections.abc import Callable

_USUAL = 0.15  # seconds that `_work` takes there
_MOST = 10.0


def stretched(seconds: float, clock: Callable[[], float] = time.monotonic) -> float:
    """`seconds` of work there, as seconds of `clock` here and now; never fewer. Seconds of mere waiting are not for stretching: they pass
    equally fast everywhere."""
    return seconds * slowness(clock)


def slowness(clock: Callable[[], float] = time.monotonic) -> float:
    """How many times longer work takes here and now (1 or more, at most 10). `time.process_time` leaves out what others make busy."""
    begun = clock()
    _work()
    return min(_MOST, max(1.0, (clock() - begun) / _USUAL))


def _work() -> int:
    return sum(number * number % 7 for number in range(2_000_000))
