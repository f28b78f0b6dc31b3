"""One run, from a job to a finished report. `plan` and `run` walk the same way; only `run` goes through the store's one door."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from datetime import date, datetime
from functools import partial
from pathlib import Path

import polars as pl
from msgspec.structs import replace

from runner.errors import FileRefused, RunnerError, SourceError
from runner.frames import messages_from
from runner.job.model import Job
from runner.plan.model import Plan
from runner.report.model import PastRun, RunReport
from runner.report.templates import prepare_templates
from runner.run.ahead import Ahead, report_ahead
from runner.run.archive import archive_input
from runner.run.awaited_file import run_slot
from runner.run.commit import commit_plan, status_of
from runner.run.compose import failure_message, history_of, joined_messages, report_of_failure, report_of_plan
from runner.run.conclude import announce, conclude
from runner.run.due import Due, late_note
from runner.run.early import Early
from runner.run.held import held_elsewhere, with_superseded
from runner.run.identity import commit_of, versions
from runner.run.keys import key_note, key_of_a_run, prove_key
from runner.run.other_version import other_version
from runner.run.outcome import Outcome
from runner.run.places import DistrictPlaces, Places
from runner.run.prepare import Asked, Prepared, asked_kind, prepare, with_warnings
from runner.run.progress import Progress
from runner.run.publish import publish, told_paths
from runner.run.reported import of_the_machine, reported, stored_as
from runner.run.session import Session, end_uncommitted, exclusively, open_session, store_to_look_at
from runner.run.timing import Timed
from runner.run.work_folder import work_folder
from runner.source.fetched import Fetched
from runner.stopping import stoppable
from runner.store.commit import Applied
from runner.store.store import Store


def plan_job(
    job: Job,
    places: Places,
    *,
    kind: str | None,
    now: datetime,
    as_of: date | None = None,
    progress: Progress,
    early: Early | None = None,
) -> Outcome:
    """Everything that a run would do now, policy included; changes nothing and takes no lock. `early`: its input, on the way. Raises
    RunnerError."""
    folders = places.for_district(job.district.key)
    timed, asked = Timed(progress), Asked(asked_kind(job, kind, now), now, as_of)
    with _folder(folders, early) as folder, store_to_look_at(job, places, folder, now) as store, store.reader() as reader:
        try:
            fetched = None if early is None else early.fetched
            held = partial(held_elsewhere, store, job, folders, now)
            key = key_of_a_run(store, job, folders.key_file, create=False)
            prepared = prepare(job, reader, asked, key, folder, timed, folders.lines, fetched, held_elsewhere=held)
        except (SourceError, FileRefused) as error:
            return Outcome(
                _failure(job, store, error, run="", kind=asked.kind, started_at=now, finished_at=now, timings=timed.seconds), error=error
            )
        report = _report(job, prepared, prepared.plan, store, run="", status="planned", started_at=now, timings=timed.seconds)
    return Outcome(report, prepared)


def run_job(
    job: Job,
    places: Places,
    *,
    kind: str | None,
    now: datetime,
    accept_input: str | None = None,
    accept_key: str | None = None,
    progress: Progress,
    due: Due | None = None,
    early: Early | None = None,
) -> Outcome:
    """One run: recorded from its first moment, applied in one transaction, reported whatever happens.

    `due` is the scheduled time that it is for; one that is settled already raises SlotSettled, one whose file is waited for FileAwaited.
    `early`: its input, on the way. A known failure is an Outcome with `error`; raises LockHeld and StoreError before the run exists, and
    passes bugs and signals on after the run is marked as failed or interrupted."""
    asked = Asked(asked_kind(job, kind, now), now, None, accept_input, accept_key)
    session = open_session(job, places, kind=asked.kind, now=now, progress=progress)
    with exclusively(session):
        accepted = {"input accepted": accept_input, "key accepted": accept_key}
        note = "; ".join(f"{what}: {why}" for what, why in accepted.items() if why) or None
        if due is not None:
            return run_slot(session, due, note, early, lambda there: recorded(session, lambda: _run(session, asked, due, there)))
        session.store.start_run(session.start(note=note))
        return recorded(session, lambda: _run(session, asked, due, early))


def recorded(session: Session, work: Callable[[], Outcome]) -> Outcome:
    """What `work` gives; a run that ends otherwise gets its last row and, for a known reason, its report. A signal that comes when it is as
    good as done waits for its report, and is passed on."""
    with stoppable():
        return _recorded(session, work)


def _recorded(session: Session, work: Callable[[], Outcome]) -> Outcome:
    announced = announce(session)
    try:
        outcome = work()
    except RunnerError as error:
        outcome = _failed(session, error)
    except (KeyboardInterrupt, SystemExit):
        raise  # the lock's holder marks the run
    except OSError as error:
        outcome = _failed(session, of_the_machine(error))
    except BaseException as error:
        error.run_folder = session.folder  # type: ignore[attr-defined]
        bug = RunnerError(f"a bug ended the run ({type(error).__name__})", "report it with the traceback in the run's folder", code="bug")
        with suppress(Exception):  # the bug may be one of the report, which would fail again
            conclude(session, _failed(session, bug), announced)
        raise
    return conclude(session, outcome, announced)


def _run(session: Session, asked: Asked, due: Due | None, early: Early | None) -> Outcome:
    threading.Thread(target=_prepare_report, args=(session,), daemon=True, name="report").start()
    with _folder(session.places, early) as folder:
        key = key_note(session.store, session.job, session.places.key_file, asked.accept_key)
        prepared = prepared_in(session, asked, folder, None if early is None else early.fetched)
        news = joined_messages(key, other_version(session))
        notes = joined_messages(late_note(due, asked.now), news, prepared.notes)
        prepared = replace(prepared, notes=notes, plan=with_warnings(prepared.plan, news))
        prepared = with_superseded(session, prepared)
        with report_ahead(_planned(session, prepared), folder, files=told_paths(session.folder)) as ahead:
            applied, status = commit_plan(session, prepared, now=asked.now, on_moved="leave_out", written=ahead.written)
            return finished(session, prepared, applied, status, ahead)


def prepared_in(session: Session, asked: Asked, folder: Path, early: Future[Fetched] | None) -> Prepared:
    """The plan of this moment, under the store's lock. `folder` is private; `early`: the input, where fetching it has begun."""
    store, job, places = session.store, session.job, session.places
    key = key_of_a_run(store, job, places.key_file, create=True, accept=asked.accept_key is not None)
    held = partial(held_elsewhere, store, job, places, asked.now)
    with store.reader() as reader:
        prepared = prepare(job, reader, asked, key, folder, session.progress, places.lines, early, held_elsewhere=held)
    prove_key(store, job, key)
    return prepared


@contextmanager
def _folder(places: DistrictPlaces, early: Early | None) -> Iterator[Path]:
    """The work folder, gone with the block: the one of the early copy, or a new one."""
    if early is None:
        with work_folder(places) as folder:
            yield folder
        return
    try:
        yield early.folder
    finally:
        early.clear()  # here and not with the command: the store is still being settled


def _planned(session: Session, prepared: Prepared) -> RunReport:
    """The run as it will have been, but for its end, should nobody have moved."""
    return _report(
        session.job,
        prepared,
        prepared.plan,
        session.store,
        run=session.run,
        status=status_of(prepared, prepared.plan),
        started_at=session.started_at,
        timings=session.progress.seconds,
    )


def _prepare_report(session: Session) -> None:
    """What the report will need whatever comes of the run: a tenth of a second beside the reading of the input."""
    with suppress(Exception):  # the report asks again, and says what is wrong
        prepare_templates()
        versions()
        commit_of(session.job.path.parent, session.run)


def finished(session: Session, prepared: Prepared, applied: Applied, status: str, ahead: Ahead | None = None) -> Outcome:
    """The applied run with its report on disk, and its input where inputs are kept. `ahead`: what was made of it before, should nobody
    have moved."""
    if prepared.rows is not None:
        archive_input(session.job, prepared.rows, session.places, session.run)
    report = _report(
        session.job,
        prepared,
        applied.plan,
        session.store,
        run=session.run,
        status=status,
        started_at=session.started_at,
        finished_at=session.ended_at(),
        timings=session.progress.seconds,
        moved=applied.moved,
    )
    ready = ahead.taken() if ahead is not None and applied.moved.is_empty() else None
    return reported(session, report, replace(prepared, plan=applied.plan), ready)


def _failed(session: Session, error: RunnerError) -> Outcome:
    """The outcome of a run that came to no report; where the disk is full the outcome has no files either."""
    ended = session.ended_at()
    stored = end_uncommitted(session, "failed", error.text)
    times = {"started_at": session.started_at, "finished_at": ended}
    report = _failure(session.job, session.store, error, run=session.run, kind=session.kind, timings=session.progress.seconds, **times)
    if stored != "failed":
        return stored_as(session, session.store.run(session.run), report, error)
    try:
        files = publish(report, session.folder)
    except (OSError, RunnerError):
        files = {}
    return Outcome(report, None, files, error)


def _failure(
    job: Job,
    store: Store,
    error: RunnerError,
    *,
    run: str,
    kind: str,
    started_at: datetime,
    finished_at: datetime,
    timings: Mapping[str, float],
) -> RunReport:
    line = error.line if isinstance(error, FileRefused) else None
    return report_of_failure(
        job,
        run=run,
        kind=kind,
        status="failed",
        started_at=started_at,
        finished_at=finished_at,
        failure=error.text if error.hint is None else f"{error.text}. What to do: {error.hint}",
        messages=failure_message(error.code, error.text, line),
        history=_earlier(store, job, run),
        timings=timings,
    )


def _report(
    job: Job,
    prepared: Prepared,
    plan: Plan,
    store: Store,
    *,
    run: str,
    status: str,
    started_at: datetime,
    finished_at: datetime | None = None,
    timings: Mapping[str, float],
    moved: pl.DataFrame | None = None,
) -> RunReport:
    return report_of_plan(
        job,
        plan,
        run=run,
        status=status,
        started_at=started_at,
        finished_at=finished_at,
        fetched=prepared.fetched,
        removal=prepared.removal,
        blocked=prepared.blocked,
        messages=joined_messages(prepared.notes, plan.messages, _moved_messages(moved)),
        history=_earlier(store, job, run),
        timings=timings,
    )


def _earlier(store: Store, job: Job, run: str) -> list[PastRun]:
    return [past for past in history_of(store, job.key) if past.run != run]


def _moved_messages(moved: pl.DataFrame | None) -> pl.DataFrame:
    rows = moved if moved is not None else pl.DataFrame(schema={"line": pl.UInt32, "patron": pl.String})
    left = pl.when(pl.col("line").is_null()).then(pl.lit("the removal policy left it as it is"))
    text = pl.format(
        "patron {} was changed, locked, or lent something by somebody else while this run was planned; {}",
        pl.col("patron").fill_null("?"),
        left.otherwise(pl.lit("nothing of the record was applied")),
    )
    return messages_from(rows, "patron-moved", "refused", text, patron=pl.col("patron"))
