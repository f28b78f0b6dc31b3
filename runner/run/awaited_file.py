"""A run whose file is not to be had at its time: put off as long as the job's schedule waits for it.

(docs/decisions/0906-a-file-that-comes-late.md)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from runner.errors import SourceError
from runner.job.model import Job
from runner.run.due import Due
from runner.run.early import Early
from runner.run.outcome import Outcome
from runner.run.prepare import fetch_input
from runner.run.session import Session
from runner.run.slots import claim, refuse_settled
from runner.run.work_folder import work_folder
from runner.source.fetched import Fetched

# Between two looks for the file: the daemon's own pauses (runner.daemon.crew) are shorter by what it takes to begin one.
_LONGEST_PAUSE = timedelta(minutes=5, seconds=30)


class FileAwaited(Exception):
    """The file is not there yet, and is looked for again; nothing was written down. `text` says why, and until when.

    `exit_code` is a word between the daemon and its workers alone (runner.daemon.worker)."""

    exit_code = 69

    def __init__(self, why: str, until: str) -> None:
        super().__init__(why)
        self.text = f"{why}; it is looked for again until {until}"


def run_slot(session: Session, due: Due, note: str | None, early: Early | None, work: Callable[[Early | None], Outcome]) -> Outcome:
    """What `work` makes of the slot, once it is claimed, or the Outcome of one that is given up. Call under the store's lock.

    Raises SlotSettled for a slot that is over, FileAwaited where its file may come later."""
    with _there(session, due, early) as there:
        given_up = claim(session, due, note)
        return given_up if given_up is not None else work(there)


@contextmanager
def _there(session: Session, due: Due, early: Early | None) -> Iterator[Early | None]:
    """The input, or why there is none that waiting would mend; as it was given where the schedule does not wait (any longer)."""
    until = _until(session.job, due)
    if until is None or _is_last_look(session, until):
        yield early
        return
    refuse_settled(session, due)
    with ExitStack() as stack:
        if early is None:
            early = _fetched(session, stack.enter_context(work_folder(session.places)))
        error = early.fetched.exception()
        if isinstance(error, SourceError) and error.retry and not _is_last_look(session, until):
            raise FileAwaited(error.text, f"{until.astimezone(session.job.district.time_zone):%H:%M}")
        yield early


def _is_last_look(session: Session, until: datetime) -> bool:
    """Whether the next one would come too late. Asked again after a look, for a server that does not answer takes its time."""
    return session.ended_at() + _LONGEST_PAUSE > until


def _until(job: Job, due: Due) -> datetime | None:
    waits = job.schedule.wait_for_file if job.schedule is not None else None
    return None if waits is None or due.at is None else due.at + waits


def _fetched(session: Session, folder: Path) -> Early:
    """A file that comes over a network, or why it did not."""
    found: Future[Fetched] = Future()
    try:
        found.set_result(fetch_input(session.job, folder, session.started_at, session.progress))
    except Exception as error:  # told where the run is recorded
        found.set_exception(error)
    return Early(folder, found)
