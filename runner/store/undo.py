"""Taking a run back: each patron gets the values it had; who changed since is left alone and named. (docs/domain.md section 11.)"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from runner.errors import NotFound
from runner.fields import STORED_FIELDS
from runner.plan.model import Plan
from runner.store.commit import Commit, RunEnd
from runner.store.instants import to_text
from runner.store.reversed_plan import reversed_plan
from runner.store.runs import end_run
from runner.store.session import BeforeStatement, Session
from runner.store.undo_judged import judge
from runner.store.work import Work
from runner.store.write_associations import check_places, release_associations, stage_associations, write_associations
from runner.store.write_deletes import archive_and_delete, restore_deleted
from runner.store.write_journal import change_range, keep_former_state, next_change, write_journal
from runner.store.write_updates import release_keys, stage_updates

_KEPT = ("username_key", "password_hash", "password_mac", "edited_at", "status_at", "status_cause", "status_before", "username_before")


@dataclass(frozen=True, slots=True)
class Undone:
    """`restored`: `patron_id` Int64, `patron`, `action` String (add: it was deleted and is back; delete: it was added and is gone;
    update, transfer). `skipped`: `patron_id`, `patron`, `reason`."""

    restored: pl.DataFrame
    skipped: pl.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """What to take back: the run `target`, or of it only the patron `only`. `run_id` is the undo's own run (already started).

    `end` gives the last row of the undo's own run; `target_end` that of the run taken back (None leaves it, as for one patron).
    """

    run_id: str
    target: str
    now: datetime
    end: Callable[[Undone], RunEnd]
    target_end: RunEnd | None
    only: int | None = None
    before_statement: BeforeStatement | None = None


@dataclass(frozen=True, slots=True)
class _Target:
    number: int
    job: str
    first: int
    last: int


def undo(session: Session, asked: Undo) -> Undone:
    """Takes a run back in one transaction. Raises NotFound when there is no such run or its journal is gone; StoreError."""
    session.before_statement = asked.before_statement
    with session.writing():
        target = _target(session, asked.target)
        plan, restores = reversed_plan(session, asked.target, target.number, asked.only)
        judged = judge(session, plan, restores, target.number)
        work = _work(session, asked, judged.plan)
        _take_back(work, judged.restores, target.number)
        if asked.only is None:
            _add_passing(session, target)
        _hold_from_now_on(work, target)
        done = Undone(judged.plan.changes.select("patron_id", "patron", pl.col("action").cast(pl.String)), judged.skipped)
        end_run(session, asked.run_id, asked.end(done))
        if asked.target_end is not None:
            end_run(session, asked.target, asked.target_end)
    return done


def _target(session: Session, run_id: str) -> _Target:
    dtypes: dict[str, type[pl.DataType]] = {"number": pl.Int64, "job": pl.String, "first": pl.Int64, "last": pl.Int64}
    found = session.rows("SELECT number, job, first_change, last_change FROM run WHERE id = $1", dtypes, run_id)
    if found.is_empty():
        raise NotFound(f"there is no run {run_id}", "`runner runs` lists them")
    if found["first"][0] is None:
        raise NotFound(f"run {run_id} changed nothing, or its journal was pruned", "only runs within history_days can be undone")
    return _Target(*found.row(0))


def _work(session: Session, asked: Undo, plan: Plan) -> Work:
    commit = Commit(run_id=asked.run_id, plan=plan, now=asked.now, on_moved="leave_out", end=lambda _p, _m: RunEnd("complete", asked.now))
    number = session.number("SELECT number FROM run WHERE id = $1", asked.run_id)
    if number is None:
        raise NotFound(f"there is no run {asked.run_id}", None)
    nobody = pl.DataFrame(schema={"ref": pl.UInt32, "patron_id": pl.Int64})
    return Work(session, commit, plan, to_text(asked.now), number, nobody, False, next_change(session))


def _take_back(work: Work, restores: pl.DataFrame, number: int) -> None:
    keep_former_state(work)
    columns = stage_updates(work)
    stage_associations(work)
    release_associations(work)
    archive_and_delete(work)
    release_keys(work, columns)
    _restore_values(work, [name for name in columns if name in STORED_FIELDS], number)
    work.session.stage("stage_restored", restores)
    restore_deleted(work, number)
    write_associations(work)
    check_places(work)
    write_journal(work)
    changed = change_range(work)
    if changed is not None:
        work.session.run("UPDATE run SET first_change = $1, last_change = $2 WHERE number = $3", *changed, work.run_number)


def _restore_values(work: Work, fields: list[str], number: int) -> None:
    """Fields from the journal, all else from `patron_before`: what a patron was, but for its version, which never goes back."""
    sets = [f"{name} = nullif(coalesce(s.{name}, patron.{name}), '')" for name in fields]
    sets += [f"{name} = b.{name}" for name in _KEPT]
    work.session.run(
        f"UPDATE patron SET {', '.join(sets)}, version = s.version + 1 FROM stage_update s"
        f" JOIN patron_before b ON b.patron_id = s.patron_id AND b.run_number = {number} WHERE s.patron_id = patron.id"
    )


def _add_passing(session: Session, target: _Target) -> None:
    """Patrons that the run both added and deleted: nothing of them comes back, but the run's words about them are taken back too."""
    whole = f"id BETWEEN {target.first} AND {target.last}"
    session.run(
        f"INSERT INTO stage_undone (patron_id) SELECT patron_id FROM change WHERE {whole} AND action = 'delete'"
        f" AND patron_id IN (SELECT patron_id FROM change WHERE {whole} AND action = 'add')"
    )


def _hold_from_now_on(work: Work, target: _Target) -> None:
    """The job's next run holds each change that equals one taken back here; without a baseline it looks at every row again."""
    session = work.session
    mine = f"JOIN stage_undone u ON u.patron_id = c.patron_id WHERE c.id BETWEEN {target.first} AND {target.last} AND c.patron IS NOT NULL"
    session.run(
        "INSERT INTO undone (job, patron, action, field, value_after, run_number)"
        f" SELECT $1, c.patron, c.action, v.field, v.value_after, {work.run_number}"
        f" FROM change c LEFT JOIN change_value v ON v.change_id = c.id {mine}",
        target.job,
    )
    session.run(f"DELETE FROM removed_mark WHERE run_number = {target.number} AND key IN (SELECT c.patron FROM change c {mine})")
    session.run("UPDATE job_state SET baseline = NULL WHERE job = $1", target.job)
