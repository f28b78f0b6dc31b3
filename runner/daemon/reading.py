"""A child process that reads the jobs folder, while the daemon goes on ticking."""

from __future__ import annotations

import logging
import subprocess
import tempfile
import time
from pathlib import Path

from runner.daemon.catalogue import Catalogue, parsed
from runner.daemon.child import child

LOG = logging.getLogger("runner.daemon")
PATIENCE = 60.0  # seconds


class Unreadable(Exception):
    """The child died or took too long; the last catalogue stays in force. The text is one sentence."""


class Reading:
    """One look at the jobs folder by a child process."""

    def __init__(self, jobs: Path, var: Path) -> None:
        self._jobs = jobs
        self._ends = time.monotonic() + PATIENCE
        self._answer = tempfile.TemporaryFile()  # noqa: SIM115 (closed by end; and no pipe, so that the child never waits for us)
        self._said = tempfile.TemporaryFile()  # noqa: SIM115
        command = child("runner.daemon.catalogue", str(jobs), str(var))
        # A session of its own: Ctrl-C in a terminal reaches the daemon alone, which ends it.
        self._child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self._answer, stderr=self._said, start_new_session=True)

    def result(self) -> Catalogue | None:
        """The catalogue, or None while the child is still reading. Raises Unreadable."""
        code = self._child.poll()
        if code is None and time.monotonic() < self._ends:
            return None
        try:
            self._pass_on()
            if code is None:
                raise Unreadable(f"reading {self._jobs} took over {PATIENCE:g} seconds")
            if code != 0:
                raise Unreadable(f"reading {self._jobs} failed (exit code {code})")
            self._answer.seek(0)
            return parsed(self._answer.read())
        except (ValueError, KeyError, TypeError):
            raise Unreadable(f"reading {self._jobs} gave no catalogue") from None
        finally:
            self.end()

    def end(self) -> None:
        """Ends the child, whatever it does."""
        if self._child.poll() is None:
            self._child.kill()
        self._child.wait()
        self._answer.close()
        self._said.close()

    def _pass_on(self) -> None:
        """What the child says, in the daemon's own lines."""
        self._said.seek(0)
        for line in self._said.read().decode(errors="backslashreplace").splitlines():
            LOG.error("%s", line)
