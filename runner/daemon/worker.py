"""A process per run: a crash, a leak or a hang stays there, and the daemon itself never loads the data libraries."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

DONE = frozenset({0, 3})  # after these the store knows what became of the slot
LOCK_HELD = 75
TERM_PATIENCE = 30.0


@dataclass(slots=True)
class Worker:
    """A running child for one slot of one job. `limit` is how many seconds it may take."""

    job: str
    slot: str
    process: subprocess.Popen[bytes]
    limit: float
    started: float = field(default_factory=time.monotonic)
    asked_to_stop: float | None = None

    def finished(self) -> int | None:
        """Its exit code, or None while it runs; one that overstays is asked to stop, then killed."""
        code = self.process.poll()
        if code is not None:
            return code
        now = time.monotonic()
        if self.asked_to_stop is None and now - self.started > self.limit:
            self.stop()
        elif self.asked_to_stop is not None and now - self.asked_to_stop > TERM_PATIENCE:
            self.process.kill()
        return None

    def kill(self) -> None:
        """Ends it at once."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Asks it to roll back and end."""
        self.asked_to_stop = time.monotonic()
        self.process.send_signal(signal.SIGTERM)


def start(job: str, slot: str, words: Sequence[str], *, jobs: Path, var: Path, limit: float, now: str | None = None) -> Worker:
    """Starts `runner` with `words`, which name the job and the slot; what it says goes where the daemon's words go.

    `now` fixes the worker's clock in a rehearsal, in which the daemon's own clock is not the machine's."""
    command = [sys.executable, "-m", "runner.cli", "--jobs", str(jobs), "--var", str(var), *words]
    environment = {**os.environ, "NO_COLOR": "1", **({"RUNNER_NOW": now} if now else {})}
    # stdout carries the run's summary, which may name patrons: a journal is no place for it. stderr has the story without values.
    # A session of its own: Ctrl-C in a terminal reaches the daemon alone, which passes it on.
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment, start_new_session=True)
    return Worker(job, slot, process, limit)
