"""The only place that asks what time it is. `RUNNER_NOW` fixes the answer for rehearsals and tests."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime

from runner.errors import UsageError

Clock = Callable[[], datetime]


def now() -> datetime:
    """The time in UTC: the machine's, or the one that `RUNNER_NOW` fixes. Raises UsageError for an unreadable `RUNNER_NOW`."""
    fixed = os.environ.get("RUNNER_NOW")
    return parse_instant(fixed) if fixed else datetime.now(UTC)


def is_fixed() -> bool:
    """Whether `RUNNER_NOW` fixes the clock; reports then say so."""
    return bool(os.environ.get("RUNNER_NOW"))


def parse_instant(text: str) -> datetime:
    """A UTC time from ISO 8601 text such as `2026-10-15T02:00:00Z`. Raises UsageError without a zone or when unreadable."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(f"RUNNER_NOW is {text!r}: not a time", "write it like 2026-10-15T02:00:00Z") from None
    if moment.tzinfo is None:
        raise UsageError(f"RUNNER_NOW is {text!r}: it has no zone", "end it with Z for UTC, like 2026-10-15T02:00:00Z")
    return moment.astimezone(UTC)
