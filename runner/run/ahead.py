"""A run's report, made while the database writes: what it says is settled by then, unless a patron turns out to have moved meanwhile.

The data files wait in the run's work folder, which goes with the run, and are moved to the report only when the run has committed; the
pages wait for their last section. A first load of a million patrons takes a second for it that nobody need wait for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from msgspec import Struct

from runner.report.model import RunReport
from runner.report.summary import Pages, data_file, pages_of, tables
from runner.report.write import Content, write_files


class Made(Struct, frozen=True):
    """`files` are the report's data files by name, elsewhere on its disk (0600, synced)."""

    pages: Pages
    files: Mapping[str, Path]


class Ahead(Struct, frozen=True):
    """A report on its way. The tables are made by polars, beside whatever else goes on; the rest is Python's work, and waits for
    `written`: only the disk is waited for then, and two threads of Python would be no quicker than one."""

    made: Future[Made]
    written: Event

    def taken(self) -> Made | None:
        """What was made, waited for; None where it could not be, which whoever makes it then will hear of."""
        self.written.set()
        return self.made.result() if self.made.exception() is None else None


class _Unwanted(Exception):
    """The run came to nothing before all was made."""


@contextmanager
def report_ahead(report: RunReport, folder: Path, *, files: Mapping[str, str]) -> Iterator[Ahead]:
    """What can be made of a report before its run has ended, in `folder`.

    `report`: the run as it will have been, but for its end. `files` goes into summary.json as it is."""
    written, ended = Event(), Event()
    with ThreadPoolExecutor(1) as aside:
        made = aside.submit(_made, report, folder, files, written, ended)
        try:
            yield Ahead(made, written)
        finally:
            ended.set()
            written.set()


def _made(report: RunReport, folder: Path, files: Mapping[str, str], written: Event, ended: Event) -> Made:
    paths = write_files(folder, _data_files(report, files, written, ended))
    return Made(pages_of(report), paths)


def _data_files(report: RunReport, files: Mapping[str, str], written: Event, ended: Event) -> Iterator[tuple[str, Content]]:
    for name, parts in tables(report):
        yield name, _while_wanted(parts, ended)
    written.wait()
    if ended.is_set():
        raise _Unwanted
    yield data_file(report, files=files)


def _while_wanted(parts: Iterator[bytes], ended: Event) -> Iterator[bytes]:
    for part in parts:
        if ended.is_set():
            raise _Unwanted
        yield part
