"""`--timings`: where the time of one command went, stage by stage, on stderr."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from msgspec import Struct

from runner.cli.screen import Screen

if TYPE_CHECKING:
    from runner.run.progress import Progress, Stage

_HEADINGS = ("stage", "seconds", "share", "processor s", "peak MB")


class _Used(Struct):
    seconds: float = 0.0
    processor: float = 0.0
    peak: float = 0.0


class Stopwatch:
    """A Progress that passes everything on and measures each stage; `processor` counts all threads, `peak` the process up to then."""

    def __init__(self, told: Progress) -> None:
        self._told = told
        self._stages: dict[str, _Used] = {}
        # The processor time of a process begins with it; its wall time until now can be no less.
        self._begun = time.perf_counter() - time.process_time()

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[Stage]:
        """runner.run.progress.Progress.stage"""
        wall, processor = time.perf_counter(), time.process_time()
        used = self._stages.setdefault(name, _Used())
        try:
            with self._told.stage(name, total) as stage:
                yield stage
        finally:
            used.seconds += time.perf_counter() - wall
            used.processor += time.process_time() - processor
            used.peak = _peak()

    def tell(self, screen: Screen) -> None:
        """The table: each stage in the order in which it began, then what lay before and between them."""
        whole = _Used(time.perf_counter() - self._begun, time.process_time(), _peak())
        between = _Used(
            whole.seconds - sum(each.seconds for each in self._stages.values()),
            whole.processor - sum(each.processor for each in self._stages.values()),
            whole.peak,
        )
        rows = [*self._stages.items(), ("start-up and between", between), ("all", whole)]
        screen.aside(_HEADINGS, [_row(name, used, whole) for name, used in rows], right=(1, 2, 3, 4))


def _row(name: str, used: _Used, whole: _Used) -> tuple[str, ...]:
    share = f"{100 * used.seconds / whole.seconds:.0f}%"
    return name, f"{used.seconds:.2f}", share, f"{used.processor:.2f}", f"{used.peak:,.0f}"


def _peak() -> float:
    kept = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kept / (1e6 if sys.platform == "darwin" else 1e6 / 1024)
