"""A plan into the store: one transaction, compared with the store before its first write."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

import polars as pl

from runner.errors import PlanStale
from runner.plan.model import Plan
from runner.store.commit import Applied, Commit
from runner.store.instants import to_text
from runner.store.moved import find_moved, lines_of, without
from runner.store.runs import end_run
from runner.store.session import Session
from runner.store.work import Work
from runner.store.write_adds import give_ids, write_adds
from runner.store.write_associations import check_places, release_associations, stage_associations, write_associations
from runner.store.write_deletes import archive_and_delete, delete_added, write_marks
from runner.store.write_journal import change_range, keep_former_state, next_change, write_journal
from runner.store.write_state import begin_job_state, forget_undone, write_job_state, write_patron_types, write_sent
from runner.store.write_updates import changed_rows, release_keys, stage_updates, write_updates


def apply(session: Session, commit: Commit) -> Applied:
    """Applies `commit` in one transaction: all of it or nothing.

    Raises PlanStale (a patron moved and the commit refuses that), StoreError.
    """
    session.before_statement = commit.before_statement
    wanted = without(commit.plan, commit.plan.changes.filter(pl.col("held"))["ref"])
    with session.writing(), ThreadPoolExecutor(1) as aside:
        today = commit.today or commit.now.date()
        moved = find_moved(session, wanted, commit, today)
        if moved.height and commit.on_moved == "refuse":
            raise stale(moved["patron"])
        lines = lines_of(wanted, moved["ref"])
        work = _begin(session, commit, without(wanted, moved["ref"]))
        rows = aside.submit(changed_rows, work)  # before what takes longer: they are wanted first
        begun = begin_job_state(work, lines, aside)
        _write_patrons(work, rows)
        write_journal(work)
        write_marks(work)
        write_sent(work)
        write_patron_types(work)
        write_job_state(work, begun)
        reported = without(commit.plan, moved["ref"], outcome="refused")
        _write_ends(work, reported, moved)
    return Applied(plan=reported, moved=moved, added=work.added, run_number=work.run_number)


def _begin(session: Session, commit: Commit, plan: Plan) -> Work:
    """What the steps share. Reads only."""
    empty = not session.number("SELECT count(*) FROM (SELECT 1 FROM patron LIMIT 1) AS t")
    number = session.number("SELECT number FROM run WHERE id = $1", commit.run_id) or 0
    added = give_ids(session, plan)
    return Work(session, commit, plan, to_text(commit.now), number, added, empty, next_change(session))


def _write_patrons(work: Work, rows: Future[pl.DataFrame]) -> None:
    """The live tables. Keys are released before they are claimed, whoever holds them now. `rows`: changed_rows, on their way."""
    changes_any = work.plan.changes.height
    if not changes_any:
        return
    keep_former_state(work)
    columns = stage_updates(work, rows.result())
    stage_associations(work)
    release_associations(work)
    archive_and_delete(work)
    release_keys(work, columns)
    write_updates(work, columns)
    write_adds(work)
    write_associations(work)
    check_places(work)
    delete_added(work)
    for statement in work.session.dialect.ids_used:
        work.session.run(statement)


def _write_ends(work: Work, reported: Plan, moved: pl.DataFrame) -> None:
    """The run's last row, and those of the runs that it supersedes or approves."""
    session, commit = work.session, work.commit
    end_run(session, commit.run_id, commit.end(reported, moved))
    changed = change_range(work)
    if changed is not None:
        session.run("UPDATE run SET first_change = $1, last_change = $2 WHERE number = $3", *changed, work.run_number)
    for run_id, end in commit.other_runs.items():
        end_run(session, run_id, end)
    if commit.approves is not None:
        session.run("UPDATE approval SET applied_by_run = $1 WHERE run_id = $2", commit.run_id, commit.approves)
    if commit.job_state is not None:
        allowed = commit.allowed_again.join(moved.select("patron"), on="patron", how="anti")
        forget_undone(session, commit.job_state.job, allowed)


def stale(patrons: pl.Series) -> PlanStale:
    """The refusal of a plan because of these patrons, as reports name them."""
    keys = patrons.drop_nulls().unique(maintain_order=True).to_list()
    named = ", ".join(keys[:10]) + (f" and {len(keys) - 10} more" if len(keys) > 10 else "")
    return PlanStale(
        f"these patrons, or what is known of them, changed, or were locked by staff, since the plan was made: {named}; nothing was changed",
        "make a new plan and apply that",
    )
