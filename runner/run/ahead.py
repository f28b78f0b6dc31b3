"""changes.csv, written while the database writes: what it says is settled by then, unless a patron turns out to have moved meanwhile.

It waits in the run's work folder, which goes with the run, and is moved to the report only when the run has committed. A first load of a
million patrons takes a second for it that nobody need wait for.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from runner.report.model import RunReport
from runner.report.spreadsheet import changes_csv
from runner.report.write import write_files
from runner.run.publish import FILES


class _Unwanted(Exception):
    """The run came to nothing before the file was whole."""


@contextmanager
def changes_ahead(report: RunReport, folder: Path) -> Iterator[Future[Path]]:
    """The path of the report's changes.csv in `folder` (0600, synced), to come; an OSError where the disk does not take it. Of `report`
    only what the file shows need be right."""
    ended = Event()
    with ThreadPoolExecutor(1) as aside:
        try:
            yield aside.submit(_written, report, folder, ended)
        finally:
            ended.set()


def taken(changes: Future[Path]) -> Path | None:
    """The file, waited for; None where it could not be written, which whoever writes it then will hear of."""
    return changes.result() if changes.exception() is None else None


def _written(report: RunReport, folder: Path, ended: Event) -> Path:
    return write_files(folder, {FILES["changes"]: _parts(report, ended)})[FILES["changes"]]


def _parts(report: RunReport, ended: Event) -> Iterator[bytes]:
    for part in changes_csv(report):
        if ended.is_set():
            raise _Unwanted
        yield part
