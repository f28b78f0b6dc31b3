"""A process per run: a crash, a leak or a hang stays there, and the daemon itself never loads the data libraries."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from msgspec import Struct, field

from runner.daemon.child import child
from runner.daemon.spares import Spares

DONE = frozenset({0, 3})  # after these the store knows what became of the slot
LOCK_HELD = 75
FILE_AWAITED = 69  # between the daemon and its workers alone: its file is not there yet (runner.run.awaited_file)
TERM_PATIENCE = 30.0
_MOST_NEWS = 1 << 20
_ERROR = b"error: "


class Worker(Struct):
    """A running child for one slot of one job. `limit` is how many seconds it may take; `overstayed`: it was stopped for that."""

    job: str
    slot: str
    process: subprocess.Popen[bytes]
    said: IO[bytes]
    limit: float
    started: float = field(default_factory=time.monotonic)
    asked_to_stop: float | None = None
    overstayed: bool = False
    heard: int = 0

    def finished(self) -> int | None:
        """Its exit code, or None while it runs; one that overstays is asked to stop, then killed."""
        code = self.process.poll()
        if code is not None:
            return code
        now = time.monotonic()
        if self.asked_to_stop is None and now - self.started > self.limit:
            self.overstayed = True
            self.stop()
        elif self.asked_to_stop is not None and now - self.asked_to_stop > TERM_PATIENCE:
            self.process.kill()
        return None

    def news(self) -> list[str]:
        """The lines that it has said on stderr since the last time. Until `finished` tells its exit code an unfinished one waits, and so
        does what it says of an error: the code says how bad that is."""
        # Not by seek and read: the worker's own place in the file is the same one.
        raw = os.pread(self.said.fileno(), _MOST_NEWS, self.heard)
        whole = raw if self.process.returncode is not None else raw[: _last_news(raw)]
        self.heard += len(whole)
        return [line for line in whole.decode(errors="backslashreplace").split("\n") if line]

    def kill(self) -> None:
        """Ends it at once."""
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        """Lets go of what it said."""
        self.said.close()

    def stop(self) -> None:
        """Asks it to roll back and end."""
        self.asked_to_stop = time.monotonic()
        self.process.send_signal(signal.SIGTERM)


def _last_news(raw: bytes) -> int:
    """Where the last whole line before the first one of an error ends."""
    error = 0 if raw.startswith(_ERROR) else raw.find(b"\n" + _ERROR) + 1 or len(raw)
    return raw.rfind(b"\n", 0, error) + 1


def start(
    job: str,
    slot: str,
    words: Sequence[str],
    *,
    jobs: Path,
    var: Path,
    limit: float,
    now: str | None = None,
    spares: Spares | None = None,
) -> Worker:
    """Starts `runner` with `words`, which name the job and the slot; its `news` are what it says on stderr.

    `now` fixes the worker's clock in a rehearsal, in which the daemon's own clock is not the machine's. One of `spares`
    becomes the worker; without them, or where none waits, the worker is a process begun now."""
    typed = ["--jobs", str(jobs), "--var", str(var), *words]
    environment = {"NO_COLOR": "1", **({"RUNNER_NOW": now} if now else {})}
    # A file and no pipe: the worker never waits for the daemon, nor notices when that is killed.
    said = tempfile.TemporaryFile()  # noqa: SIM115 (read while the worker lives, and gone with the Worker)

    def fresh() -> subprocess.Popen[bytes]:
        # stdout carries the run's summary, which may name patrons: a journal is no place for it. stderr has the story without values.
        # A session of its own: Ctrl-C in a terminal reaches the daemon alone, which passes it on.
        quiet, command = subprocess.DEVNULL, child("runner.cli", *typed)
        mixed = {**os.environ, **environment}
        return subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=said, env=mixed, start_new_session=True)

    process = fresh() if spares is None else spares.start(f"run {job}", typed, environment, said.fileno(), fresh)
    return Worker(job, slot, process, said, limit)
