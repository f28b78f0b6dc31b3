"""The store's one public face. `open_store` gives it; everything else in this folder stands behind it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Literal

import polars as pl

from runner.job.secret import Secret
from runner.plan.model import Plan
from runner.store import circulation, field_locks, history, runs
from runner.store.apply import apply
from runner.store.circulation import CirculationLoad
from runner.store.commit import Applied, Commit, RunEnd
from runner.store.connect import Place, SqliteFile, place_of
from runner.store.exclusive import exclusive, holder_of
from runner.store.first_load import written_once
from runner.store.instants import to_text
from runner.store.log import leave_log, settle_log
from runner.store.migrations import layout_of, migrate
from runner.store.mirror import forget_deleted, refresh
from runner.store.prune import prune
from runner.store.reader import StoreReader
from runner.store.runs import RunRow, RunStart
from runner.store.session import Session
from runner.store.undo import Undoing, check, look, undo_run


def open_store(location: str | Path | Secret, *, create: bool, now: datetime) -> Store:
    """The store at `location` (a path, `sqlite:///FILE` or `postgresql://...`), brought to the newest layout.

    With `create` a missing SQLite file or an empty database becomes a store; a copy is made before a layout is changed.
    Raises StoreError: missing, damaged, not ours, made by a newer version, locked, full.
    """
    place = place_of(location)
    if isinstance(place, SqliteFile):
        place.prepare(create=create)
    store = Store(place, now)
    with store.session() as session:
        place.refuse_unfit(session)
        migrate(session, layout_of(session), lambda old: place.back_up(session, old, now))
    return store


def _nobody_asks(_: Session) -> None:
    """Where no lock is held, none can be lost."""


# Seconds after which a kept connection is not trusted any more: a firewall or a restarted server may have ended it.
_TRUSTED = 30.0


class Store:
    """One patron store. Connections are opened for each call and closed with it, unless they are kept (`keeping`); after `apply` a little
    later (`settle`)."""

    def __init__(self, place: Place, now: datetime) -> None:
        self.place = place
        self._now = now
        self._settling: Thread | None = None
        self._kept: list[tuple[float, Session]] | None = None
        self._all_there = False
        self._ask_for_lock: Callable[[Session], None] = _nobody_asks

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        """Nothing stays open between calls but what is settling."""
        self.settle()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A connection for the length of the block."""
        session = self._taken()
        try:
            yield session
        except BaseException:
            session.close()
            raise
        self._give_back(session)

    @contextmanager
    def _holders_session(self) -> Iterator[Session]:
        """The same for the holder of the store's lock, who is about to write. Raises StoreError where the lock was lost meanwhile."""
        with self.session() as session:
            self._ask_for_lock(session)
            yield session

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Within the block a call leaves its connection to the next one: a new one costs a server a tenth of a second, and closing the last
        one has SQLite bring its log into the file. What is still settling is waited for. Not for use by two threads at once."""
        self._kept = []
        try:
            yield
        finally:
            self.settle()
            self._close_kept()
            self._kept = None

    def _taken(self) -> Session:
        while self._kept:
            since, session = self._kept.pop()
            if time.monotonic() - since < _TRUSTED:
                return session
            session.close()
        return self.place.session()

    def _give_back(self, session: Session) -> None:
        if self._kept is None:
            session.close()
        else:
            self._kept.append((time.monotonic(), session))

    def _close_kept(self) -> None:
        while self._kept:
            self._kept.pop()[1].close()

    @contextmanager
    def reader(self) -> Iterator[StoreReader]:
        """One consistent view of the store for the planners (runner.plan.reader.Reader); it takes no lock."""
        with self.session() as session, session.reading():
            yield StoreReader(session, self._now)
            if session.all_there is not None:
                self._all_there = session.all_there

    @contextmanager
    def lock(self, holder: str) -> Iterator[None]:
        """The store's lock for the length of the block. `holder` says who has it: process, run, since. Raises LockHeld."""
        with exclusive(self.place, holder) as self._ask_for_lock:
            try:
                yield
            finally:
                self._ask_for_lock = _nobody_asks

    def held_by(self) -> str | None:
        """Who holds the store's lock now, in the holder's own words; None where nobody does."""
        return holder_of(self.place)

    # --- writing ----------------------------------------------------------------------------------------------------
    def apply(self, commit: Commit) -> Applied:
        """Writes a plan in one transaction. Raises PlanStale when patrons moved and the commit refuses that; StoreError, also where the
        lock was lost since it was taken."""
        session = self._taken()
        self._close_kept()  # a first load wants the file for itself
        try:
            self._ask_for_lock(session)
            leave_log(session)
            with written_once(session, commit.plan.adds.height):
                done = apply(session, commit)
            session.before_statement = None
            refresh(session)
        except BaseException:
            session.close()
            raise
        self._settling = settle_log(session)
        return done

    def settle(self) -> None:
        """Waits until what `apply` committed stands where it stays. It is safe before that, and everybody sees it."""
        if self._settling is not None:
            self._settling.join()
            self._settling = None

    def undo(self, undoing: Undoing) -> Plan:
        """Puts a run back in one transaction; gives what was put back and who was left alone. Raises NotFound, RunnerError, StoreError."""
        with self._holders_session() as session:
            return undo_run(session, undoing)

    def check_undo(self, run_id: str, patron: str | None = None) -> None:
        """Raises RunnerError when the run's journal was purged, NotFound when it is unknown or did not change the patron."""
        with self.session() as session:
            check(session, run_id, patron)

    def plan_undo(self, run_id: str, patron: str | None = None, *, today: date) -> Plan:
        """What an undo of the run would put back on the local date `today`, changing nothing. Raises NotFound, RunnerError."""
        with self.session() as session, session.reading():
            return look(session, run_id, patron, today)

    def prune_history(self, before: datetime, *, every_touched: bool = True) -> dict[str, int]:
        """Removes journal and archives of runs that finished before `before`, which ends undo for them; gives the rows removed by table.

        The copy of the columns forgets whoever is gone for good; without `every_touched` it is only asked when archives were removed, and
        with it not where whoever read the copy last found everybody there."""
        with self._holders_session() as session:
            with session.writing():
                removed = prune(session, before)
            if (every_touched and not self._all_there) or any(removed.values()):
                forget_deleted(session)
            return removed

    def load_circulation(self, load: CirculationLoad) -> None:
        """Replaces one circulation table in one transaction."""
        with self._holders_session() as session:
            circulation.load(session, load)

    def loaded_circulation(self, run_id: str) -> bool:
        """Whether the run replaced a circulation table."""
        with self.session() as session:
            return circulation.loaded_by(session, run_id)

    def lock_field(self, patron_id: int, field: str, *, reason: str, owner: str, until: date | None, now: datetime) -> None:
        """Locks one field of one patron against jobs, or changes its lock."""
        with self.session() as session, session.writing():
            field_locks.lock_field(session, patron_id, field, reason=reason, owner=owner, until=until, now=now)

    def unlock_field(self, patron_id: int, field: str, *, owner: str, now: datetime) -> None:
        """Ends a field's lock. Raises NotFound where there is none."""
        with self.session() as session, session.writing():
            field_locks.unlock_field(session, patron_id, field, owner=owner, now=now)

    def locks_of(self, patron_id: int) -> tuple[pl.DataFrame, pl.DataFrame]:
        """A patron's locks, and the journal of its locks (columns: runner.store.field_locks.locks_of)."""
        with self.session() as session:
            return field_locks.locks_of(session, patron_id)

    # --- runs -------------------------------------------------------------------------------------------------------
    def start_run(self, start: RunStart) -> int:
        """Writes a run's first row (status running, from the first moment); gives its number."""
        with self.session() as session, session.writing():
            return runs.insert_run(session, start)

    def finish_run(self, run_id: str, end: RunEnd) -> None:
        """Writes the last row of a run that committed nothing: failed, interrupted, held, rejected. Raises NotFound."""
        with self.session() as session, session.writing():
            runs.end_run(session, run_id, end)

    def claim_slot(self, start: RunStart) -> bool:
        """Whether the run may have its slot: writes its first row, or takes over one whose owner died. Call under the lock."""
        with self.session() as session, session.writing():
            return runs.claim_slot(session, start)

    def mark_interrupted(self, now: datetime, *, but: str | None = None) -> list[str]:
        """Gives every run that says `running` the status `interrupted` (its owner is dead, for we hold the lock); gives their ids."""
        with self._holders_session() as session, session.writing():
            return runs.mark_interrupted(session, now, but)

    def runs(self, job: str | None = None, limit: int | None = None) -> pl.DataFrame:
        """Runs, newest first (columns: runner.store.runs.runs)."""
        with self.session() as session:
            return runs.runs(session, job, limit)

    def run(self, run_id: str) -> RunRow:
        """One run. Raises NotFound."""
        with self.session() as session:
            return runs.run(session, run_id)

    def decide(
        self, run_id: str, decision: Literal["approved", "rejected"], *, by: str | None, now: datetime, note: str | None = None
    ) -> None:
        """Records that somebody approved or rejected a run's held actions."""
        with self.session() as session, session.writing():
            runs.decide(session, run_id, decision, by, to_text(now), note)

    def decision(self, run_id: str) -> dict[str, str | None] | None:
        """Who decided what on a run's held actions (`decision`, `decided_by`, `decided_at`, `note`, `applied_by_run`); None before that."""
        with self.session() as session:
            return runs.decision(session, run_id)

    # --- the journal ------------------------------------------------------------------------------------------------
    def changes(self, run_id: str) -> tuple[pl.DataFrame, pl.DataFrame]:
        """What a run applied: frames.CHANGES and frames.VALUES. Raises NotFound."""
        with self.session() as session:
            return history.changes(session, run_id)

    def patron_history(self, patron_id: int) -> tuple[pl.DataFrame, pl.DataFrame]:
        """What runs did to one patron: changes, and their values."""
        with self.session() as session:
            return history.patron_history(session, patron_id)

    def find_patron(self, key: str) -> dict[str, object]:
        """One patron by district id or SITE/BARCODE. Raises NotFound."""
        with self.session() as session:
            return history.find_patron(session, key)

    def deleted_by(self, key: str) -> tuple[str, bool] | None:
        """The run that deleted the patron of this key (a district id or SITE/BARCODE), whether it had added it; None without archive."""
        with self.session() as session:
            return history.deleted_by(session, key)

    def patron_places(self, patron_id: int) -> pl.DataFrame:
        """The secondary associations of one patron."""
        with self.session() as session:
            return history.patron_places(session, patron_id)
