"""Job Manager pages written anew when a file breaks or is mended, by a child process: the daemon itself loads no data library.

`python -m runner.daemon.pages JOBS VAR DISTRICT...` is that child. (docs/decisions/0902-who-writes-the-page.md)
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from runner.daemon.child import child

LOG = logging.getLogger("runner.daemon")
PATIENCE = 60.0  # seconds


class Pages:
    """Has pages written, one child at a time. `now` gives the time that the child goes by in a rehearsal, else None."""

    def __init__(self, jobs: Path, var: Path, now: Callable[[], str | None]) -> None:
        self._jobs, self._var, self._now = jobs, var, now
        self._wanted: set[str] = set()
        self._child: subprocess.Popen[bytes] | None = None
        self._ends = 0.0

    def rewrite(self, districts: set[str]) -> None:
        """The pages of these districts are out of date."""
        self._wanted |= districts
        self.collect()

    def collect(self) -> None:
        """Takes note of a child that has ended, and starts one for what is out of date since."""
        if self._child is not None:
            code = self._child.poll()
            if code is None and time.monotonic() < self._ends:
                return
            if code != 0:
                LOG.warning("a Job Manager page was not written anew (%s); the next run will do it", "too slow" if code is None else code)
            self.close()
        if self._wanted:
            with suppress(OSError):  # no more processes for us, for now: the next tick tries again
                self._begin(sorted(self._wanted))
                self._wanted = set()

    def close(self) -> None:
        """Ends a child that is at work; a page is whole or the one of before."""
        if self._child is not None:
            if self._child.poll() is None:
                self._child.kill()
            self._child.wait()
            self._child = None

    def _begin(self, districts: Sequence[str]) -> None:
        now = self._now()
        command = child("runner.daemon.pages", str(self._jobs), str(self._var), *districts)
        environment = {**os.environ, **({"RUNNER_NOW": now} if now else {})}
        quiet = subprocess.DEVNULL
        self._child = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet, env=environment, start_new_session=True)
        self._ends = time.monotonic() + PATIENCE


def main(words: Sequence[str]) -> int:
    """Writes the pages of the districts that `words` name after the two folders; 1 where one could not be written."""
    from runner import clock
    from runner.errors import RunnerError
    from runner.run.jobmanager import rewritten
    from runner.run.places import Places

    places, failed = Places(Path(words[0]), Path(words[1])), 0
    for district in words[2:]:
        try:
            failed |= rewritten(district, places, clock.now()) is not None
        except RunnerError:  # its store cannot be reached; the others' can
            failed = 1
    return failed


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
