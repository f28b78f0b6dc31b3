"""Times of day and spans of time as people write them."""

from __future__ import annotations

import re
from datetime import time, timedelta

_SPAN = re.compile(r"([0-9]{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def span(text: str) -> timedelta:
    """`60s`, `30m`, `6h`, `3d` as a timedelta. The schema has checked the text; raises ValueError for another."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError("not a span of time")
    return timedelta(**{_UNITS[found.group(2)]: int(found.group(1))})


def clock_time(text: str) -> time:
    """`HH:MM` as a time of day."""
    return time.fromisoformat(text)
