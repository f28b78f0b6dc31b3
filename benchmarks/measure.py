"""One process measured whole: start-up, work and exit, with the most memory that it ever held."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds from start to exit, seconds that the processors spent, and the peak of resident memory in bytes."""

    seconds: float
    cpu: float
    peak: int

    def plain(self) -> tuple[float, float, int]:
        """As it is kept on disk; `Measured(*plain)` is the same again."""
        return self.seconds, self.cpu, self.peak


class Broken(Exception):
    """A measured process failed: a time of it would mean nothing."""


def shell() -> dict[str, str]:
    """The environment as in a user's shell: what Python compiles is kept for the next time."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def measure(words: Sequence[str], *, log: Path, stdin: Path | None = None, env: Mapping[str, str] | None = None) -> Measured:
    """Runs a command to its end. Its output goes to `log`. Raises Broken unless it ends with 0."""
    os.sync()  # what was prepared is written out first, so that nobody pays for somebody else's writes
    with log.open("wb") as out, (stdin or Path(os.devnull)).open("rb") as given:
        begun = time.perf_counter()
        process = subprocess.Popen(words, stdin=given, stdout=out, stderr=subprocess.STDOUT, env={**shell(), **(env or {})})
        # wait4 tells the peak of this very process. The parent loads no library of weight: until its exec, a child counts as large as it.
        _, status, used = os.wait4(process.pid, 0)
        took = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise Broken(f"{' '.join(words)}\nended with {process.returncode}:\n{log.read_text(errors='replace')[-2000:]}")
    return Measured(took, used.ru_utime + used.ru_stime, used.ru_maxrss * (1 if sys.platform == "darwin" else 1024))
