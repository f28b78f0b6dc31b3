"""The one door to the store: a prepared plan, with passwords hashed outside the transaction, committed whole."""

from __future__ import annotations

from datetime import datetime
from threading import Event
from typing import Literal

import polars as pl

from runner.counted import counted
from runner.job.model import CirculationProperties, Job
from runner.mapping.fingerprint import HASH_VERSION
from runner.mapping.records import Records
from runner.plan.circulation import CirculationPlan
from runner.plan.model import Plan
from runner.policy.gates import too_old
from runner.run.compose import held_plain
from runner.run.held import drop_held, keep_held, settle_held
from runner.run.identity import commit_of
from runner.run.keys import HASHES, hash_passwords
from runner.run.line_memory import sweep
from runner.run.outcome import final_status
from runner.run.prepare import Prepared
from runner.run.remember import former_of, note_of_lines
from runner.run.session import Session
from runner.source.fetched import Fetched
from runner.store.circulation import CirculationLoad
from runner.store.commit import MOVED, Applied, Commit, JobState, RanOn, RunEnd


def commit_plan(
    session: Session, prepared: Prepared, *, now: datetime, on_moved: Literal["refuse", "leave_out"], written: Event | None = None
) -> tuple[Applied, str]:
    """Applies the plan in one transaction; gives what was applied and the run's status. Raises PlanStale, StoreError.

    `written` is set when all is written and only the disk is waited for."""
    if prepared.load is not None:
        return _load(session, prepared, prepared.load, now)
    assert isinstance(prepared.records, Records)
    hashes, of_held = (_hashes(session, prepared, waits=waits) for waits in (False, True))
    saved = keep_held(session, prepared, prepared.records, of_held)
    ran_on = _ran_on(session, prepared)

    def end(plan: Plan, moved: pl.DataFrame) -> RunEnd:
        if written is not None:
            written.set()
        return _end(session, prepared, plan, moved, ran_on)

    commit = Commit(
        run_id=session.run,
        plan=prepared.plan,
        now=now,
        on_moved=on_moved,
        end=end,
        job_state=_state(session, prepared, prepared.records, now),
        hashes=hashes,
        other_runs=prepared.supersedes,
        transactions=prepared.transactions,
        today=session.job.district.today(now),
    )
    with session.progress.stage("apply"):
        applied = session.store.apply(commit)
    settle_held(session, saved, applied)
    _tidy_up(session, prepared)
    return applied, status_of(prepared, applied.plan)


def _tidy_up(session: Session, prepared: Prepared) -> None:
    """Removes what former runs left and this one replaces."""
    with session.store.reader() as reader:
        sweep(session.job, reader.lines_note(session.job.key), session.places.lines)
    for run in prepared.supersedes:
        drop_held(session.places.run_folder(run))


def _ran_on(session: Session, prepared: Prepared) -> RanOn:
    job, fetched = session.job, prepared.fetched
    return RanOn(fetched.shown_as, fetched.sha256, fetched.size, fetched.modified, commit_of(job.path.parent, session.run))


def _end(session: Session, prepared: Prepared, plan: Plan, moved: pl.DataFrame, ran_on: RanOn) -> RunEnd:
    """The run's last row, from the plan as applied and the changes that were left out."""
    status = status_of(prepared, plan)
    left_out = counted(moved.height, "change was left out: its patron", "changes were left out: their patrons")
    note = None if moved.is_empty() else f"{left_out} moved"
    held = tuple(held_plain(each) for each in plan.held)
    return RunEnd(status, session.ended_at(), plan.counts, prepared.removal, held, note, plan.compared_as, ran_on)


def _as_of(job: Job, fetched: Fetched, now: datetime) -> datetime:
    """From when a table's age counts: an export that has stopped is as old as its file, where the job says how old that may be."""
    return now if too_old(job.source.max_age, fetched.modified, now) is None else fetched.modified


def _load(session: Session, prepared: Prepared, load: CirculationPlan, now: datetime) -> tuple[Applied, str]:
    """Replaces a circulation table; the run's last row goes into the same transaction."""
    properties = session.job.properties
    assert isinstance(properties, CirculationProperties)
    status = status_of(prepared, prepared.plan)
    made = CirculationLoad(
        run_id=session.run,
        job=session.job.key,
        table=properties.table,
        rows=load.rows,
        refused=load.refused,
        malformed=load.counts["malformed"],
        patron_unknown=load.patron_unknown,
        now=now,
        as_of=_as_of(session.job, prepared.fetched, now),
        end=RunEnd(status, session.ended_at(), load.counts, ran_on=_ran_on(session, prepared)),
        input=prepared.input,
    )
    with session.progress.stage("apply"):
        session.store.load_circulation(made)
    return Applied(prepared.plan, pl.DataFrame(schema=MOVED), pl.DataFrame(schema={"ref": pl.UInt32, "patron_id": pl.Int64}), 0), status


def _state(session: Session, prepared: Prepared, records: Records, now: datetime) -> JobState:
    return JobState(
        job=session.job.key,
        fingerprint=records.fingerprint,
        hash_version=HASH_VERSION,
        row_hashes=lambda: _row_hashes(records),
        seen_at=now,
        input=prepared.input,
        lines=note_of_lines(session.job, prepared, session.places.lines),
        former=former_of(prepared),
    )


def _row_hashes(records: Records) -> pl.DataFrame:
    mapped = records.frame.select("line", "row_hash")
    return mapped if records.familiar is None else pl.concat([mapped, records.familiar.select("line", "row_hash")])


def _hashes(session: Session, prepared: Prepared, *, waits: bool) -> pl.DataFrame:
    """The scrypt hashes of the passwords that changes set which are held (`waits`), or are not; made before the transaction begins."""
    held = prepared.plan.changes.filter("held")["ref"]
    wanted = prepared.plan.passwords.filter(pl.col("ref").is_in(held.implode()) == waits)
    if wanted.is_empty() or not isinstance(prepared.records, Records):
        return pl.DataFrame(schema=HASHES)
    clear = wanted.join(prepared.records.passwords, on="line").select("ref", "password", "password_mac")
    with session.progress.stage("hash passwords", clear.height) as stage:
        return hash_passwords(clear, stage)


def status_of(prepared: Prepared, plan: Plan) -> str:
    """How the run ends that applies `plan`. Only a full run can have its removal gate closed against it."""
    removal = prepared.removal
    closed = removal is not None and prepared.plan.kind == "full" and not removal["open"]
    return final_status(plan.counts, held=bool(plan.held), gate_closed=closed)
