"""What one command holds on to while it works on one district: the job, the folders, the store, the clock."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from runner import __version__
from runner.errors import NotFound
from runner.job.model import Job
from runner.run.identity import new_run_id, user
from runner.run.own_store import refuse_another_districts
from runner.run.places import DistrictPlaces, Places, close_to_others, make_private
from runner.run.timing import Timed
from runner.run.work_folder import clear_left_behind
from runner.store.commit import RunEnd
from runner.store.look import look_at_store
from runner.store.runs import RunStart
from runner.store.store import Store, open_store

if TYPE_CHECKING:
    from runner.run.progress import Progress


class Session(Struct, frozen=True):
    """One command on one job. `run` is the run's id; `started_at` is on the run's clock."""

    job: Job
    workspace: Places
    places: DistrictPlaces
    store: Store
    run: str
    kind: str
    started_at: datetime
    progress: Timed
    begun: float = field(default_factory=time.monotonic)

    def ended_at(self) -> datetime:
        """The time now on the run's clock: its start and what has passed since."""
        return self.started_at + timedelta(seconds=round(time.monotonic() - self.begun, 3))

    @property
    def folder(self) -> Path:
        return self.places.run_folder(self.run)

    def start(self, *, slot: str | None = None, note: str | None = None) -> RunStart:
        """The run's first row."""
        return RunStart(
            id=self.run,
            job=self.job.key,
            kind=self.kind,
            started_at=self.started_at,
            user_name=user(),
            host=socket.gethostname(),
            pid=os.getpid(),
            program_version=__version__,
            job_sha256=self.job.sha256,
            district_sha256=self.job.district.sha256,
            slot=slot,
            note=note,
        )


def open_session(job: Job, places: Places, *, kind: str, now: datetime, progress: Progress) -> Session:
    """A session on the district's store, made where it is missing. Raises StoreError."""
    folders = places.for_district(job.district.key)
    close_to_others(make_private(folders.root))
    store = open_store(folders.store_address(job.district), create=True, now=now)
    run = new_run_id(job, now, lambda name: folders.run_folder(name).exists())
    return Session(job, places, folders, store, run, kind, now, Timed(progress))


@contextmanager
def store_to_look_at(job: Job, places: Places, folder: Path, now: datetime) -> Iterator[Store]:
    """The district's store for reading alone: looking makes and upgrades nothing. `folder` is private, and goes with the block. Raises
    InvalidFiles where the store is another district's."""
    store = look_at_store(places.for_district(job.district.key).store_address(job.district), folder, now=now)
    refuse_another_districts(store, job.district, places, now)
    yield store


@contextmanager
def exclusively(session: Session) -> Iterator[None]:
    """The store's lock for one run, with runs that died before marked as interrupted. Raises LockHeld, and InvalidFiles where the store is
    another district's.

    A signal that ends the block marks this run too, wherever it came: the row's own writing is within."""
    holder = f"{session.run}, process {os.getpid()} on {socket.gethostname()}, since {session.started_at:%Y-%m-%d %H:%M:%S} UTC"
    with session.store.lock(holder), session.store.keeping():
        refuse_another_districts(session.store, session.job.district, session.workspace, session.started_at)
        session.store.mark_interrupted(session.started_at, but=session.run)
        with suppress(OSError):  # whoever needs the folder says what is wrong with it
            clear_left_behind(session.places)
        try:
            yield
        except (KeyboardInterrupt, SystemExit):
            with suppress(NotFound):  # stopped before it had a row
                end_uncommitted(session, "interrupted", "stopped by a signal; nothing was changed")
            raise


def end_uncommitted(session: Session, status: str, note: str) -> str:
    """The last row of a run that committed nothing. One that has committed (and then failed to report) keeps what it did.

    Gives the status that the run's row has now. Raises NotFound where it has none."""
    stored = session.store.run(session.run).status
    if stored != "running":
        return stored
    session.store.finish_run(session.run, RunEnd(status, session.ended_at(), note=note))
    return status


@contextmanager
def command_lock(store: Store, words: str, now: datetime) -> Iterator[None]:
    """The store's lock for a command that is no run; others read who has it. Raises LockHeld."""
    with store.lock(f"{words}, process {os.getpid()} on {socket.gethostname()}, since {now:%Y-%m-%d %H:%M:%S} UTC"):
        yield
