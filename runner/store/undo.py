"""An undo in one transaction: read, judged and written under the same lock, so that nothing can move in between.

(docs/domain.md section 11.) runner.plan.undo decides; the steps that write are those of an ordinary apply.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import polars as pl
from msgspec import Struct

from runner.plan.model import Plan
from runner.plan.undo import Left, claims, first_values, judge, nothing_to_undo, undo_plan
from runner.store.commit import Commit, RunEnd
from runner.store.instants import to_text
from runner.store.runs import end_run
from runner.store.session import Session
from runner.store.undo_memory import (
    added_and_removed,
    forget_baselines,
    forget_undone,
    give_marks_back,
    put_bases_back,
    remember_undone,
    still_removed,
    take_marks,
)
from runner.store.undo_reading import Undoable, former_columns, holders, left_by, patron_in, undoable
from runner.store.work import Work
from runner.store.write_associations import check_places, release_associations, stage_associations, write_associations
from runner.store.write_deletes import archive_and_delete
from runner.store.write_journal import change_range, keep_former_state, next_change, write_journal
from runner.store.write_restored import return_archived
from runner.store.write_updates import changed_rows, release_keys, stage_updates, write_updates


class Undoing(Struct, frozen=True, kw_only=True):
    """What an undo is to do. `run_id` was given to Store.start_run; `undoes` is the run to put back, of `patron` (a key) alone where given.

    `today` is the district's date, by which staff locks are in force (None: that of `now` in UTC).
    `end` gives the undo's last row from what it puts back. `before_statement` is called with each statement's SQL (for tests)."""

    run_id: str
    undoes: str
    now: datetime
    end: Callable[[Plan], RunEnd]
    patron: str | None = None
    today: date | None = None
    before_statement: Callable[[str], None] | None = None


def check(session: Session, run_id: str, patron: str | None) -> None:
    """Raises RunnerError when the run's journal was purged, NotFound when there is no such run or it did not change the patron."""
    run = undoable(session, run_id)
    if patron is not None:
        patron_in(session, run, run_id, patron)


def look(session: Session, run_id: str, patron: str | None, today: date) -> Plan:
    """What an undo would do on the local date `today`; changes nothing. Inside a reading transaction. Raises NotFound, RunnerError."""
    return _planned(session, undoable(session, run_id), patron, today)[1]


def undo_run(session: Session, undoing: Undoing) -> Plan:
    """Puts a run back: all of it that nobody changed since, or (an error) nothing at all. Raises NotFound, RunnerError, StoreError."""
    session.before_statement = undoing.before_statement
    with session.writing():
        run = undoable(session, undoing.undoes)
        left, plan = _planned(session, run, undoing.patron, undoing.today or undoing.now.date())
        number = end_run(session, undoing.run_id, undoing.end(plan))
        if run is not None and left is not None and (plan.changes.height or run.undoes is not None or added_and_removed(left).height):
            work = _begin(session, undoing, plan, number, run)
            if plan.changes.height:
                _write_patrons(work)
                write_journal(work)
            whole = undoing.patron is None
            _write_memory(work, run, left, whole=whole)
            _write_runs(work, run, whole=whole)
    return plan


def _planned(session: Session, run: Undoable | None, patron: str | None, today: date) -> tuple[Left | None, Plan]:
    if run is None:
        return None, nothing_to_undo()
    left = left_by(session, run, patron, today)
    judged = judge(left)
    return left, undo_plan(left, judged, holders(session, claims(left, judged)))


def _begin(session: Session, undoing: Undoing, plan: Plan, number: int, run: Undoable) -> Work:
    commit = Commit(run_id=undoing.run_id, plan=plan, now=undoing.now, on_moved="refuse", end=lambda made, _: undoing.end(made))
    nobody = pl.DataFrame(schema={"ref": pl.UInt32, "patron_id": pl.Int64})
    former = former_columns(session, run.number)
    return Work(session, commit, plan, to_text(undoing.now), number, nobody, False, next_change(session), former)


def _write_patrons(work: Work) -> None:
    """As in an ordinary apply: keys are released before they are claimed, whoever holds them now."""
    keep_former_state(work)
    columns = stage_updates(work, changed_rows(work))
    stage_associations(work)
    release_associations(work)
    archive_and_delete(work)
    release_keys(work, columns)
    write_updates(work, columns)
    return_archived(work)
    write_associations(work)
    check_places(work)


def _write_memory(work: Work, run: Undoable, left: Left, *, whole: bool) -> None:
    """What jobs remember: marks, bases, what was undone, and no baseline, so that the next run looks at every row."""
    both = still_removed(work.session, run, left)
    take_marks(work, both)
    give_marks_back(work, run, both)
    put_bases_back(work, run, left, first_values(left))
    if run.undoes is None:
        remember_undone(work, run, left, both)
    else:
        forget_undone(work, run, whole=whole)
    forget_baselines(work, run)


def _write_runs(work: Work, run: Undoable, *, whole: bool) -> None:
    """The undo's place in the journal; the status of the run that was undone, and of the one that this one had undone before."""
    session, changed = work.session, change_range(work)
    session.run("UPDATE run SET undoes = $1 WHERE number = $2", run.number, work.run_number)
    if changed is not None:
        session.run("UPDATE run SET first_change = $1, last_change = $2 WHERE number = $3", *changed, work.run_number)
    if not whole:
        return
    session.run("UPDATE run SET former_status = $1 WHERE number = $2", run.status, work.run_number)
    session.run("UPDATE run SET status = 'undone' WHERE number = $1", run.number)
    if run.undoes is not None and run.former_status is not None:
        # What it held can no longer be approved: too much has happened since.
        again = "superseded" if run.former_status == "held" else run.former_status
        session.run("UPDATE run SET status = $1 WHERE number = $2 AND status = 'undone'", again, run.undoes)
