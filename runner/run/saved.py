"""Saving a plan to a file, and doing exactly what a saved plan says, or refusing and naming what moved."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
from msgspec.structs import replace

from runner.errors import PlanStale, RunnerError
from runner.intake.rows import InputHistory, KeyShape
from runner.job.load import load_job
from runner.job.model import Job
from runner.mapping.records import Records
from runner.plan.replanned import baseline_of, no_longer
from runner.run.commit import commit_plan
from runner.run.engine import finished, prepared_in, recorded
from runner.run.held import with_superseded
from runner.run.line_memory import CHANGED, meaning_of
from runner.run.outcome import Outcome
from runner.run.places import Places
from runner.run.planfile import SavedPlan, read_plan, write_plan
from runner.run.prepare import Asked, Prepared, fetch_input
from runner.run.progress import Progress
from runner.run.session import Session, exclusively, open_session
from runner.run.work_folder import work_folder
from runner.source.fetched import Fetched
from runner.store.apply import stale

# What a saved plan says of itself besides what every plan does.
_NEEDED = ("input_sha256", "planned_at", "rows", "key_shapes", "rows_read", "skipped", "malformed", "removal")
_AGAIN = "plan again, read the new plan, then apply that"


def save_plan(outcome: Outcome, path: Path) -> None:
    """Writes a planned run to `path` (0600). Raises RunnerError for one that failed."""
    prepared = outcome.prepared
    if prepared is None:
        raise RunnerError("there is no plan to save, for planning failed", "put right what failed, then plan again")
    if prepared.load is not None:
        raise RunnerError("a circulation job replaces its table whole, so its plan cannot be saved", "run it: runner run JOB")
    if prepared.as_of is not None:
        raise RunnerError("a rehearsal of another day cannot be saved as a plan", "leave out --as-of, or leave out -o")
    write_plan(path, to_saved(prepared, outcome.report.job, outcome.report.provenance.job_sha256, outcome))


def to_saved(prepared: Prepared, job: str, job_sha256: str, outcome: Outcome) -> SavedPlan:
    """The prepared plan with all that is needed to apply it later."""
    fetched, shapes = prepared.fetched, prepared.input.key_shapes
    about = {
        "job": job,
        "job_sha256": job_sha256,
        "district_sha256": outcome.report.provenance.district_sha256,
        "input_sha256": fetched.sha256,
        "planned_at": outcome.report.started_at.isoformat(),
        "zone": outcome.report.zone,
        "rows": prepared.input.rows,
        "key_shapes": [[shape.column, dict(shape.patterns)] for shape in shapes],
        "removal": prepared.removal,
        "fingerprint": prepared.records.fingerprint,
        "rows_read": prepared.records.rows_read,
        "skipped": prepared.records.skipped,
        "malformed": prepared.records.malformed,
        "meaning": dict(prepared.meaning),
    }
    hashes = prepared.records.frame.select("line", "row_hash")
    return SavedPlan(prepared.plan, prepared.blocked, prepared.notes, hashes, about)


def apply_saved(path: Path, places: Places, *, now: datetime, progress: Progress) -> Outcome:
    """Applies a saved plan whole. Raises PlanStale naming the input, the job, the district or the patrons that moved since; nothing was
    changed then."""
    saved = read_plan(path)
    _refuse_what_was_not_saved(saved, path)
    job = load_job(places.jobs, saved.about["job"])
    _refuse_a_moved_job(saved, job, now)
    _refuse_another_meaning(saved, meaning_of(job, job.district.today(now)))
    session = open_session(job, places, kind=saved.plan.kind, now=now, progress=progress)
    with exclusively(session):
        session.store.start_run(session.start(note=f"a saved plan of {saved.about['planned_at']}"))
        return recorded(session, lambda: _apply(session, saved, now))


def _apply(session: Session, saved: SavedPlan, now: datetime) -> Outcome:
    with work_folder(session.places) as folder:
        fetched = fetch_input(session.job, folder, now, session.progress)
        if fetched.sha256 != saved.about["input_sha256"]:
            raise PlanStale(f"the input {fetched.shown_as} is not the one that was planned; nothing was changed", _AGAIN)
        prepared = with_superseded(session, _restored(saved, _planned_anew(session, saved, fetched, folder, now)))
        applied, status = commit_plan(session, prepared, now=now, on_moved="refuse")
        return finished(session, prepared, applied, status)


def _refuse_what_was_not_saved(saved: SavedPlan, path: Path) -> None:
    run = saved.about.get("run")
    if run is not None:
        raise RunnerError(f"{path} is what a run holds, and no saved plan", f"runner approve {run}", code="plan-damaged")
    if lacking := [name for name in _NEEDED if name not in saved.about]:
        raise RunnerError(f"{path} is not a plan, or is damaged: it does not say {lacking[0]}", _AGAIN, code="plan-damaged")


def _refuse_a_moved_job(saved: SavedPlan, job: Job, now: datetime) -> None:
    about = saved.about
    for what, then, path in (("job", about["job_sha256"], job.path), ("district", about["district_sha256"], job.district.path)):
        if then != (job.sha256 if what == "job" else job.district.sha256):
            raise PlanStale(f"the {what} file {path} changed since the plan was made; nothing was changed", _AGAIN)
    zone = job.district.time_zone
    day = datetime.fromisoformat(about["planned_at"]).astimezone(zone).date()
    removes = (saved.plan.changes["cause"] == "removal").any()
    if removes and day != now.astimezone(zone).date():
        raise PlanStale(f"the plan inactivates or deletes patrons by the calendar of {day}; nothing was changed", _AGAIN)


def _refuse_another_meaning(saved: SavedPlan, now: Mapping[str, str]) -> None:
    """A variable that a job refers to may be another one now, though the file is the same."""
    for what, was in saved.about.get("meaning", {}).items():
        if was != now[what]:
            raise PlanStale(f"{CHANGED[what]} since the plan was made; nothing was changed", _AGAIN)


def _planned_anew(session: Session, saved: SavedPlan, fetched: Fetched, folder: Path, now: datetime) -> Prepared:
    """A plan of this moment, under the store's lock. Raises PlanStale where it would not do all that the saved one does."""
    early: Future[Fetched] = Future()
    early.set_result(fetched)
    fresh = prepared_in(session, Asked("full" if saved.plan.kind == "full" else "incremental", now), folder, early)
    moved = no_longer(saved.plan, fresh.plan)
    if moved.len():
        raise stale(moved)
    return fresh


def _restored(saved: SavedPlan, fresh: Prepared) -> Prepared:
    """The saved plan with what it needs beside it. Clear passwords are never saved: whoever planned anew has read them from the input."""
    assert isinstance(fresh.records, Records)
    about, fetched = saved.about, fresh.fetched
    shapes = tuple(KeyShape(column, patterns) for column, patterns in about["key_shapes"])
    plan = replace(saved.plan, applied_hashes=baseline_of(saved.plan, fresh.plan))
    records = _records(about, saved, fresh.records.passwords)
    history = InputHistory(fetched.sha256, about["rows"], shapes, plan.sites)
    return Prepared(
        fetched,
        records,
        plan,
        history,
        saved.notes,
        removal=about["removal"],
        blocked=saved.blocked,
        rows=fresh.rows,
        transactions=fresh.transactions,
    )


def _records(about: Any, saved: SavedPlan, passwords: pl.DataFrame) -> Records:
    return Records(
        frame=saved.row_hashes,
        passwords=passwords,
        messages=saved.notes.clear(),
        rows_read=about["rows_read"],
        skipped=about["skipped"],
        malformed=about["malformed"],
        fingerprint=about["fingerprint"],
    )
