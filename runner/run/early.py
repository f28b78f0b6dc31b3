"""A local input, copied while the program is still being loaded. Nobody else is asked, and nothing but the copy is made."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from shutil import rmtree

from msgspec import Struct

from runner.errors import RunnerError
from runner.job.model import Directory, Job
from runner.run.places import DistrictPlaces
from runner.run.work_folder import work_folder
from runner.source.directory import fetch_from_directory
from runner.source.fetched import Fetched


class Early(Struct, frozen=True):
    """`folder` is the run's work folder, `fetched` the input in it, or why there is none, to come."""

    folder: Path
    fetched: Future[Fetched]

    def clear(self) -> None:
        """Removes what is in the folder, which nobody needs any more."""
        rmtree(self.folder, ignore_errors=True)


class _Unwanted(Exception):
    """The run came to nothing before its input was needed."""


@contextmanager
def early_copy(job: Job, places: DistrictPlaces, now: datetime) -> Iterator[Early | None]:
    """The copy, begun; None where the input comes over a network, or no folder can be made (the run says so in its own time)."""
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(work_folder(places)) if isinstance(job.source.place, Directory) else None
        except (OSError, RunnerError):
            folder = None
        if folder is None:
            yield None
            return
        fetched: Future[Fetched] = Future()
        unwanted = threading.Event()
        thread = threading.Thread(target=_fetch, args=(job, folder, now, fetched, unwanted), daemon=True, name="early copy")
        thread.start()
        try:
            yield Early(folder, fetched)
        finally:
            unwanted.set()
            thread.join()


def _fetch(job: Job, folder: Path, now: datetime, fetched: Future[Fetched], unwanted: threading.Event) -> None:
    def go_on(done: int, total: int) -> None:
        if unwanted.is_set() and done < total:
            raise _Unwanted

    try:
        fetched.set_result(fetch_from_directory(job.source, folder, now, go_on))
    except BaseException as error:
        fetched.set_exception(error)
