"""What the daemon remembers of a job between ticks and restarts: since when it knows it, and which slots are settled.

The store is the truth: a worker that is started for a slot whose run is in a final state does nothing. This file only spares such starts,
so losing it doubles nothing, and loses no more than that a file was awaited, which matters to a job with `on_missed: skip` alone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from msgspec import Struct, field

from runner.report.write import write_files

KEPT = timedelta(days=9)


class JobMemory(Struct):
    """`known_since`: no slot before it is ever caught up. `times`: the schedule that this goes for, "" while the job has none.
    `settled`: slot names that need no worker. `alerted`: slots told of as overdue. `awaited`: slots whose file was looked for in vain, so
    that the daemon was awake at their time."""

    known_since: datetime
    times: str = ""
    settled: set[str] = field(default_factory=set)
    alerted: set[str] = field(default_factory=set)
    awaited: set[str] = field(default_factory=set)

    def follow(self, times: str, now: datetime, due: Sequence[str] = ()) -> bool:
        """Whether the schedule is another one than before: it then counts from now on, and what it would have asked for before is no
        missed run. Where only its days are others, a slot of a day that it had before stays; of the names in `due`, those are settled
        whose day is new."""
        if times == self.times:
            return False
        before, self.times = _parts(self.times), times
        if before is None or (before[0], before[2]) != (times.split(" ")[0], times.split(" ")[-1]):
            self.known_since = now
        else:
            self.settled |= {name for name in due if before[1][date.fromisoformat(name[:10]).weekday()] == "-"}
        return True

    def forget_before(self, now: datetime) -> None:
        """Drops slots that are too old to come up again."""
        oldest = f"{(now - KEPT).date().isoformat()}"
        self.settled = {each for each in self.settled if each[:10] >= oldest}
        self.alerted = {each for each in self.alerted if each[:10] >= oldest}
        self.awaited = {each for each in self.awaited if each[:10] >= oldest}


def _parts(times: str) -> list[str] | None:
    """Hour, days and zone; None where the job had no schedule, or the memory is damaged there."""
    found = times.split(" ")
    return found if len(found) == 3 and len(found[1]) == 7 else None


def recall(path: Path, now: datetime) -> JobMemory:
    """The memory in `path`, or a fresh one that begins `now` when there is none or it is damaged."""
    try:
        kept = json.loads(path.read_text("utf-8"))
        since = datetime.fromisoformat(kept["known_since"]).astimezone(UTC)
        return JobMemory(since, str(kept["times"]), set(kept["settled"]), set(kept["alerted"]), set(kept.get("awaited", ())))
    except (OSError, ValueError, KeyError, TypeError):
        return JobMemory(now)


def keep(path: Path, memory: JobMemory) -> None:
    """Writes the memory whole: a temporary file (0600), synced, renamed. Raises OSError."""
    about = {
        "known_since": memory.known_since.isoformat(),
        "times": memory.times,
        "settled": sorted(memory.settled),
        "alerted": sorted(memory.alerted),
        "awaited": sorted(memory.awaited),
    }
    write_files(path.parent, {path.name: json.dumps(about, indent=1)})
