"""How far a run is, told on stderr: bars on a terminal, one line every 10 s otherwise, nothing under --quiet."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from runner.report.printable import printable
from runner.run.progress import NoProgress, Stage

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

    from runner.cli.settings import Settings
    from runner.run.progress import Progress

EVERY = 10.0  # seconds between lines


def progress_for(settings: Settings) -> Progress:
    """The right way to tell progress here: silent, bars, or lines."""
    if settings.quiet:
        return NoProgress()
    return Bars() if sys.stderr.isatty() else Lines()


class Lines:
    """Progress as plain lines, at most one every 10 s, so that a log of a short run stays empty and one of a long run stays short."""

    def __init__(
        self, write: Callable[[str], object] | None = None, clock: Callable[[], float] = time.monotonic, look_every: float = 1.0
    ) -> None:
        self._write = write if write is not None else _to_stderr
        self._clock = clock
        self._look_every = look_every
        self._said = clock()

    def stage(self, name: str, total: int | None = None) -> AbstractContextManager[Stage]:
        """A stage that says how far it is, or at least that it goes on, when the last line is 10 s old."""
        return self._stage(name, total)

    @contextmanager
    def _stage(self, name: str, total: int | None) -> Iterator[Stage]:
        over = threading.Event()
        threading.Thread(target=self._beat, args=(name, self._clock(), over), daemon=True, name="progress").start()
        try:
            yield _LineStage(self, name, total)
        finally:
            over.set()

    def tell(self, name: str, done: int, total: int | None) -> None:
        """Says how far a stage is, unless the last line is younger than 10 s."""
        if self._clock() - self._said >= EVERY:
            of = f" of {total:,} ({done / total:.0%})" if total else ""
            self._say(f"{printable(name)}: {done:,}{of}")

    def _beat(self, name: str, begun: float, over: threading.Event) -> None:
        """Says that a stage goes on which cannot tell how far it is, such as one long query."""
        while not over.wait(self._look_every):
            if self._clock() - self._said >= EVERY:
                self._say(f"{printable(name)}: going on for {self._clock() - begun:.0f} s")

    def _say(self, text: str) -> None:
        self._said = self._clock()
        self._write(text + "\n")


class _LineStage:
    def __init__(self, lines: Lines, name: str, total: int | None) -> None:
        self._lines, self._name, self._total = lines, name, total

    def advance(self, done: int, total: int | None = None) -> None:
        self._total = total if total is not None else self._total
        self._lines.tell(self._name, done, self._total)


class Bars:
    """Progress as bars that vanish when their stage ends, with the time that is left where the size of the work is known."""

    def stage(self, name: str, total: int | None = None) -> AbstractContextManager[Stage]:
        """A bar for one stage; without a total it only shows that work goes on."""
        return self._stage(name, total)

    @contextmanager
    def _stage(self, name: str, total: int | None) -> Iterator[Stage]:
        with _bars() as shown:
            yield _BarStage(shown, shown.add_task(printable(name), total=total))


class _BarStage:
    def __init__(self, shown: RichProgress, task: TaskID) -> None:
        self._shown, self._task = shown, task

    def advance(self, done: int, total: int | None = None) -> None:
        self._shown.update(self._task, completed=done, total=total)


def _bars() -> RichProgress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    from runner.cli.screen import coloured

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    console = Console(file=sys.stderr, no_color=not coloured(sys.stderr), highlight=False)
    return Progress(*columns, console=console, transient=True)


def _to_stderr(text: str) -> None:
    from runner.cli.screen import write

    write(sys.stderr, text)
