"""The scheduled time that a run is for, and how late it is."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
from msgspec import Struct

from runner.frames import messages_from

# The daemon starts a run within seconds; waiting for another run of the district is no news either.
_WORTH_TELLING = timedelta(minutes=10)


class Due(Struct, frozen=True):
    """A slot of the job's schedule: its name (local date and time, `2026-03-08T02:30`) and its instant in UTC where it is known.

    `before` says what became of the attempt before this one, where the daemon knows what the store cannot."""

    slot: str
    at: datetime | None = None
    before: str | None = None

    def with_before(self, text: str) -> str:
        """The text, and what became of the attempt before."""
        return f"{text}; {self.before}" if self.before else text

    def lateness(self, now: datetime) -> str | None:
        """How late `now` is, such as "2 h 05 min"; None when it is on time or the instant is unknown."""
        if self.at is None or now - self.at < _WORTH_TELLING:
            return None
        hours, minutes = divmod(int((now - self.at).total_seconds()) // 60, 60)
        return f"{hours} h {minutes:02} min" if hours else f"{minutes} min"


def late_note(due: Due | None, now: datetime) -> pl.DataFrame:
    """The message that a run is late (frames.MESSAGES): one row, or none."""
    late = due.lateness(now) if due is not None else None
    rows = pl.DataFrame({"late": [late] if late else []}, schema={"late": pl.String})
    text = pl.format(f"this run was due at {due.slot if due else ''} and began {{}} later", pl.col("late"))
    return messages_from(rows, "run-late", "note", text, line=pl.lit(None))
