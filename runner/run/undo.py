"""Undoing a run: what it changed is put back, as a run of its own; nobody who was changed since is touched. (docs/domain.md section 11.)"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import polars as pl
from msgspec.structs import replace

from runner.errors import RunnerError
from runner.frames import empty_messages, note
from runner.job.model import Job
from runner.plan.model import Plan
from runner.report.model import RunReport
from runner.run.compose import joined_messages, report_of_plan
from runner.run.engine import recorded
from runner.run.outcome import Outcome, final_status
from runner.run.places import Places
from runner.run.prepare import BLOCKED
from runner.run.progress import Progress
from runner.run.reported import reported
from runner.run.session import Session, exclusively, open_session
from runner.store.commit import RunEnd
from runner.store.runs import RunRow
from runner.store.store import Store, open_store
from runner.store.undo import Undoing

_DONE = ("added", "updated", "transferred", "associated", "deleted", "inactivated", "removed")
_CHANGED_NOTHING = ("failed", "interrupted", "missed", "lost", "running")


def plan_undo(job: Job, places: Places, run: str, *, patron: str | None, now: datetime) -> Outcome:
    """What an undo of `run` would put back, changing nothing and taking no lock. Raises RunnerError, NotFound."""
    folders = places.for_district(job.district.key)
    with open_store(folders.store_address(job.district), create=False, now=now) as store:
        _undoable(store, store.run(run), patron)
        plan = store.plan_undo(run, patron, today=job.district.today(now))
        plan = replace(plan, messages=joined_messages(_approval_stays(store, run, patron), plan.messages))
        about = _about(run, patron)
        return Outcome(_report(job, plan, about, run="", status="planned", started_at=now, finished_at=None, timings={}))


def undo_run(job: Job, places: Places, run: str, *, patron: str | None, now: datetime, progress: Progress) -> Outcome:
    """Puts back what `run` changed, or of it one patron (a district id or SITE/BARCODE), and names whom it left alone.

    The run is then `undone`, unless one patron alone was put back. Its job's next run holds what would do the same again. Raises
    RunnerError where nothing can be undone, NotFound, LockHeld, StoreError."""
    session = open_session(job, places, kind="undo", now=now, progress=progress)
    with exclusively(session):
        _undoable(session.store, session.store.run(run), patron)
        session.store.check_undo(run, patron)
        whom = "" if patron is None else f", patron {patron} alone"
        session.store.start_run(session.start(note=f"undo of {run}{whom}"))
        return recorded(session, lambda: _undo(session, run, patron, now))


def _undo(session: Session, run: str, patron: str | None, now: datetime) -> Outcome:
    def end(plan: Plan) -> RunEnd:
        return RunEnd(_status(plan), session.ended_at(), plan.counts)

    with session.progress.stage("undo"):
        asked = Undoing(run_id=session.run, undoes=run, now=now, end=end, patron=patron, today=session.job.district.today(now))
        plan = session.store.undo(asked)
    times = {"started_at": session.started_at, "finished_at": session.ended_at()}
    status, seconds = _status(plan), session.progress.seconds
    plan = replace(plan, messages=joined_messages(_approval_stays(session.store, run, patron), plan.messages))
    report = _report(session.job, plan, _about(run, patron), run=session.run, status=status, timings=seconds, **times)
    return reported(session, report)


def _status(plan: Plan) -> str:
    return final_status(plan.counts, held=False, gate_closed=False)


def _undoable(store: Store, row: RunRow, patron: str | None) -> None:
    """Raises RunnerError where there is nothing to put back, in words that say why."""
    if store.loaded_circulation(row.id):
        text = f"{row.id} loaded a circulation table, which cannot be undone"
        raise RunnerError(text, "load the right file: each load replaces the table as a whole", code="undo-refused")
    if row.status in _CHANGED_NOTHING:
        raise RunnerError(f"{row.id} is {row.status}: it changed nobody", "`runner runs` shows what each run did", code="undo-refused")
    if row.status == "held" and not any((row.counts or {}).get(name) for name in _DONE):
        hint = f"so that nobody approves it: runner reject {row.id}"
        raise RunnerError(f"{row.id} changed nobody: all that it would do is held", hint, code="undo-refused")
    applied_by = _approval_of(store, row.id)
    if applied_by is not None and not any((row.counts or {}).get(name) for name in _DONE):
        text = f"{row.id} changed nobody itself: what it held was approved, and done by {applied_by}"
        raise RunnerError(text, f"runner undo {applied_by}", code="undo-refused")
    if row.status == "undone" and patron is None:
        hint = "to have it done after all, undo the run that undid it: see `runner runs`"
        raise RunnerError(f"{row.id} was undone already", hint, code="undo-refused")


def _approval_of(store: Store, run: str) -> str | None:
    """The run that did what `run` held and somebody approved."""
    decided = store.decision(run)
    return None if decided is None else decided["applied_by_run"]


def _approval_stays(store: Store, run: str, patron: str | None) -> pl.DataFrame:
    """A word (frames.MESSAGES) on what an undo of all of `run` leaves: what was approved of it is another run's work."""
    approval = _approval_of(store, run)
    if patron is not None or approval is None or store.run(approval).status == "undone":
        return empty_messages()
    text = f"What {run} held was approved and done by {approval}, and stays; to take that back too: runner undo {approval}"
    return note("undo-approval-stays", text)


def _about(run: str, patron: str | None) -> str:
    """What the undo's report says of itself. It may be mailed, and so names no patron."""
    return f"undo of {run}" if patron is None else f"undo of {run}, one patron alone"


def _report(
    job: Job,
    plan: Plan,
    about: str,
    *,
    run: str,
    status: str,
    started_at: datetime,
    finished_at: datetime | None,
    timings: Mapping[str, float],
) -> RunReport:
    return report_of_plan(
        job,
        plan,
        run=run,
        status=status,
        started_at=started_at,
        finished_at=finished_at,
        fetched=None,
        removal=None,
        blocked=pl.DataFrame(schema=BLOCKED),
        messages=plan.messages,
        history=(),
        timings=timings,
        note=about,
    )
