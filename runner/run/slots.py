"""Slots of the schedule in the store: claimed under the lock, never run twice, and noted when they will not run.

The store is the truth. Whoever starts a worker for a slot that is settled has done no harm: the worker says so and ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import polars as pl
from msgspec.structs import replace

from runner.errors import RunnerError
from runner.job.model import Job
from runner.job.slots import expected
from runner.report.model import RunReport
from runner.run.compose import failure_message, history_of, report_of_failure
from runner.run.conclude import catch_up, conclude, tell_once, tell_only, tell_without_store
from runner.run.due import Due
from runner.run.identity import elsewhere
from runner.run.outcome import Outcome
from runner.run.places import Places
from runner.run.prepare import asked_kind
from runner.run.progress import Progress
from runner.run.publish import publish
from runner.run.session import Session, exclusively, open_session
from runner.store.commit import RunEnd

MOST_ATTEMPTS = 5
_UNFINISHED = ("running", "interrupted")


class SlotSettled(Exception):
    """The slot's run is over: it is not run again. `text` says what became of it, `host` where it ran."""

    def __init__(self, slot: str, run: Mapping[str, Any]) -> None:
        super().__init__(slot)
        self.text = f"{slot} is settled: run {run['id']} is {run['status']}; it is not run again"
        self.host: str = run["host"]


def claim(session: Session, due: Due, note: str | None) -> Outcome | None:
    """None once the slot is ours: its run has its first row. Call under the store's lock.

    A slot that five attempts did not bring to an end is given up: its Outcome, status `lost`. Raises SlotSettled for one that is over."""
    known = _to_do(session, due)
    if known is not None and known["attempts"] >= MOST_ATTEMPTS:
        return _settled(session, known, due, "lost", f"{known['attempts']} attempts ended before they were done; it is given up")
    late = due.lateness(session.started_at)
    notes = [each for each in (note, f"{late} late" if late else None, due.before, _broke_off_elsewhere(known)) if each]
    session.store.claim_slot(session.start(slot=due.slot, note="; ".join(notes) or None))
    return None


def refuse_settled(session: Session, due: Due) -> None:
    """Raises SlotSettled for a slot that is over. Call under the store's lock."""
    _to_do(session, due)


def _broke_off_elsewhere(known: Mapping[str, Any] | None) -> str | None:
    """What became of another machine's attempt, whose row this one takes: that machine may be down, and tell nobody."""
    if known is None or not elsewhere(known["host"]):
        return None
    return f"taken over: {known['id']} on {known['host']} broke off"


def note_missed(job: Job, places: Places, due: Due, why: str, *, kind: str | None, now: datetime, progress: Progress) -> Outcome:
    """Writes down that the slot will not run: status `missed`, or `lost` when an attempt at it had begun. Nobody is touched.

    Raises SlotSettled for a slot that is over, LockHeld, StoreError."""
    session = open_session(job, places, kind=asked_kind(job, kind, now), now=now, progress=progress)
    with exclusively(session):
        known = _to_do(session, due)
        return _settled(session, known, due, "missed" if known is None else "lost", why)


def note_unless_begun(
    job: Job, places: Places, due: Due, why: str, *, kind: str | None, now: datetime, progress: Progress
) -> Outcome | None:
    """The same for a slot that nobody has begun; None where a run of it was begun and broke off: that one is to be run again.

    Only the store knows which it is: the daemon that began it may be long gone. Raises SlotSettled, LockHeld, StoreError."""
    session = open_session(job, places, kind=asked_kind(job, kind, now), now=now, progress=progress)
    with exclusively(session):
        return None if _to_do(session, due) is not None else _settled(session, None, due, "missed", why)


def alert_overdue(job: Job, places: Places, due: Due, *, now: datetime, progress: Progress) -> Outcome:
    """Tells whoever listens that no run has finished by `expect_by`, of machines that share a store one (runner.store.told). Writes no
    run's row and leaves the store's lock alone: the run may still be going on. To programs its status is `missed`, for the contract has no
    other word; without a run's id it is overdue.

    It is told all the same where the store cannot be asked, such as on a full disk: then above all. Raises SlotSettled where one has
    finished in time after all, as on another machine that shares the store."""
    by = f"{job.schedule.expect_by:%H:%M}" if job.schedule and job.schedule.expect_by else "the expected time"
    return _alerted(job, places, due, f"The run due at {due.slot} has not finished by {by}", now, progress)


def alert_stuck(job: Job, places: Places, due: Due, *, now: datetime, progress: Progress) -> Outcome:
    """Tells the same people, in the same way, of a slot at which several attempts came to nothing, such as where a database server is down.

    Raises SlotSettled where one has come to its end after all."""
    sentence = f"The run due at {due.slot} was tried several times in vain and is tried again"
    return _alerted(job, places, due, sentence, now, progress, late=False)


def _alerted(job: Job, places: Places, due: Due, sentence: str, now: datetime, progress: Progress, *, late: bool = True) -> Outcome:
    """What the store says of the slot is told with the `sentence`. One that is over is told of only where it was over too `late`."""
    kind = asked_kind(job, None, now)
    try:
        session = open_session(job, places, kind=kind, now=now, progress=progress)
        known = _not_in_time(session, due) if late else _unfinished(session, due)
        begun = "it has not begun" if known is None else f"run {known['id']} is {known['status']}"
        begun += ", and may still come to its end" if known is None or known["status"] in _UNFINISHED else ""
        told = _told(replace(session, run=""), "missed", due.with_before(f"{sentence}: {begun}"))
    except (OSError, RunnerError) as error:
        why = error.text if isinstance(error, RunnerError) else error.strerror
        return _told_without_store(job, kind, f"{sentence}, and the store does not say whether it began: {why}", now)
    return tell_once(session, due.slot, told) if late else tell_only(session, told)


def _known(session: Session, slot: str) -> Mapping[str, Any] | None:
    found = session.store.runs(session.job.key).filter(pl.col("slot") == slot)
    return None if found.is_empty() else found.row(0, named=True)


def _not_in_time(session: Session, due: Due) -> Mapping[str, Any] | None:
    """The slot's run, or None where none was begun. Raises SlotSettled for one that was over by `expect_by`."""
    known, schedule = _known(session, due.slot), session.job.schedule
    if known is None or known["finished_at"] is None or known["status"] in _UNFINISHED or schedule is None or schedule.expect_by is None:
        return known
    day, zone = date.fromisoformat(due.slot[:10]), session.job.district.time_zone
    if known["finished_at"] <= expected(day, schedule.at, schedule.expect_by, zone):
        raise SlotSettled(due.slot, known)
    return known


def _unfinished(session: Session, due: Due) -> Mapping[str, Any] | None:
    """The slot's run that broke off, or None where none was begun. Raises SlotSettled for one that is over."""
    known = _known(session, due.slot)
    if known is not None and known["status"] not in _UNFINISHED:
        raise SlotSettled(due.slot, known)
    return known


def _to_do(session: Session, due: Due) -> Mapping[str, Any] | None:
    """The same under the store's lock. Where another machine brought the slot to its end, this one catches up with that first."""
    try:
        return _unfinished(session, due)
    except SlotSettled as settled:
        if elsewhere(settled.host):
            catch_up(session)
        raise


def _settled(session: Session, known: Mapping[str, Any] | None, due: Due, status: str, why: str) -> Outcome:
    """The slot's last row, and a report of it so that people are told."""
    why = due.with_before(why)
    if known is None:
        # Of this status from its first moment: killed in between, it must not look like a run that was interrupted.
        session.store.start_run(replace(session.start(slot=due.slot, note=why), status=status))
    else:
        session = replace(session, run=known["id"], kind=known["kind"])
    session.store.finish_run(session.run, RunEnd(status, session.ended_at(), note=why))
    did = "did not run" if status == "missed" else "did not come to its end"
    outcome = _told(session, status, f"The run due at {due.slot} {did}: {why}")
    return conclude(session, replace(outcome, report_files=publish(outcome.report, session.folder)))


def _told(session: Session, status: str, sentence: str) -> Outcome:
    times = {"started_at": session.started_at, "finished_at": session.ended_at()}
    history = history_of(session.store, session.job.key)
    report = _news(session.job, session.kind, status, sentence, run=session.run, history=history, **times)
    return Outcome(report, error=RunnerError(sentence, code=f"run-{status}") if status == "lost" else None)


def _told_without_store(job: Job, kind: str, sentence: str, now: datetime) -> Outcome:
    report = _news(job, kind, "missed", sentence, run="", history=(), started_at=now, finished_at=now)
    tell_without_store(job.district, report)
    return Outcome(report)


def _news(job: Job, kind: str, status: str, sentence: str, **more: Any) -> RunReport:
    """The report of a slot without a run of its own. `more`: run, history and times."""
    messages = failure_message(f"run-{status}", sentence)
    return report_of_failure(job, kind=kind, status=status, failure=sentence, messages=messages, timings={}, **more)
