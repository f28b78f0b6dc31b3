"""A run's report, made while the database writes: what it says is settled by then, unless a patron turns out to have moved meanwhile.

The data files wait in the run's work folder, which goes with the run, and are moved to the report only when the run has committed; the
pages wait for their last section. A first load of a million patrons takes a second for it that nobody need wait for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from msgspec import Struct, field

from runner.report.document import document_bytes
from runner.report.model import RunReport
from runner.report.summary import Pages, pages_of, tables
from runner.report.write import Content, write_files


class Made(Struct, frozen=True):
    """`files` are the report's data files by name, elsewhere on its disk (0600, synced)."""

    pages: Pages
    files: Mapping[str, Path]


class Ahead(Struct, frozen=True):
    """A report on its way. The tables are made by polars, beside whatever else goes on; the rest is Python's work, and waits for
    `written`: only the disk is waited for then, and two threads of Python would be no quicker than one."""

    made: Future[Made] = field(default_factory=Future)
    written: Event = field(default_factory=Event)
    ended: Event = field(default_factory=Event)

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
    ahead = Ahead()
    with ThreadPoolExecutor(1) as aside:
        aside.submit(_make, ahead, report, folder, files)
        try:
            yield ahead
        finally:
            ahead.ended.set()
            ahead.written.set()


def _make(ahead: Ahead, report: RunReport, folder: Path, files: Mapping[str, str]) -> None:
    try:
        written = write_files(folder, ((name, _while_wanted(content, ahead.ended)) for name, content in tables(report)))
        ahead.written.wait()
        document = _while_wanted(document_bytes(report, files=files, indent=1), ahead.ended)
        written |= write_files(folder, {"summary.json": document})
        ahead.made.set_result(Made(pages_of(report), written))
    except BaseException as error:
        ahead.made.set_exception(error)


def _while_wanted(content: Content, ended: Event) -> Iterator[bytes]:
    whole = content.encode("utf-8") if isinstance(content, str) else content
    parts: Iterable[bytes] = [whole] if isinstance(whole, bytes) else whole
    for part in parts:
        if ended.is_set():
            raise _Unwanted
        yield part
