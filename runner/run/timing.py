"""How long each stage of a run took, measured while the progress is told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from runner.run.progress import Progress, Stage


class Timed:
    """A Progress that passes everything on and notes the seconds of each stage in `seconds`."""

    def __init__(self, told: Progress) -> None:
        self._told = told
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[Stage]:
        begun = time.monotonic()
        try:
            with self._told.stage(name, total) as stage:
                yield stage
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.monotonic() - begun
