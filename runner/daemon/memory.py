"""What the daemon remembers of a job between ticks and restarts: since when it knows it, and which slots are settled.

The store is the truth: a worker that is started for a slot whose run is in a final state does nothing. This file only spares such starts,
so losing it loses nothing and doubles nothing.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

KEPT = timedelta(days=9)


@dataclass(slots=True)
class JobMemory:
    """`known_since`: no slot before it is ever caught up. `settled`: slot names that need no worker. `alerted`: days told of as overdue."""

    known_since: datetime
    settled: set[str] = field(default_factory=set)
    alerted: set[str] = field(default_factory=set)

    def forget_before(self, now: datetime) -> None:
        """Drops slots and days that are too old to come up again."""
        oldest = f"{(now - KEPT).date().isoformat()}"
        self.settled = {each for each in self.settled if each[:10] >= oldest}
        self.alerted = {each for each in self.alerted if each[:10] >= oldest}


def recall(path: Path, now: datetime) -> JobMemory:
    """The memory in `path`, or a fresh one that begins `now` when there is none or it is damaged."""
    try:
        kept = json.loads(path.read_text("utf-8"))
        since = datetime.fromisoformat(kept["known_since"]).astimezone(UTC)
        return JobMemory(since, set(kept["settled"]), set(kept["alerted"]))
    except (OSError, ValueError, KeyError, TypeError):
        return JobMemory(now)


def keep(path: Path, memory: JobMemory) -> None:
    """Writes the memory whole: a temporary file (0600), synced, renamed."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = json.dumps(
        {"known_since": memory.known_since.isoformat(), "settled": sorted(memory.settled), "alerted": sorted(memory.alerted)}, indent=1
    )
    beside = path.with_suffix(".part")
    opened = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(opened, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
