"""What follows every run, whatever became of it. Nothing here can change what the run did or how it ended."""

from __future__ import annotations

import logging
import threading
from contextlib import suppress

from runner.errors import RunnerError, StoreError
from runner.job.load import Workspace, load_workspace
from runner.job.model import District, Notify
from runner.report.model import RunReport
from runner.run.jobmanager import refreshed
from runner.run.outcome import Outcome
from runner.run.retention import prune_after
from runner.run.session import Session
from runner.store.told import note_told, turn_to_tell, was_told

LOG = logging.getLogger("runner")
_START_PATIENCE = 2.0


def announce(session: Session) -> threading.Thread | None:
    """Pings that the run starts, beside it: a slow watcher delays nobody. The thread, or None where no watcher is named."""
    district = session.job.district
    if district.notify.ping is None:
        return None
    from runner.run.notify.tell import tell_start

    thread = threading.Thread(target=lambda: _log(tell_start(district)), daemon=True, name="start ping")
    thread.start()
    return thread


def tell_only(session: Session, outcome: Outcome) -> Outcome:
    """The outcome, after everybody was told who wants to be. For news of a run that goes on: nothing is tidied under its feet."""
    _tell(session, outcome, _workspace(session))
    return outcome


def tell_once(session: Session, slot: str, outcome: Outcome) -> Outcome:
    """The same for news of a slot of which every daemon hears that serves the job: of machines that share a server's store one tells, and
    the next one where not everybody could be reached. Where the store does not say, it is told."""
    store, job = session.store, session.job.key
    with turn_to_tell(store, job), suppress(StoreError):
        with suppress(StoreError):
            if was_told(store, job, slot):
                LOG.info("%s was told of from another machine, or before", slot)
                return outcome
        if not _tell(session, outcome, _workspace(session)):
            note_told(store, job, slot)
    return outcome


def tell_without_store(district: District, report: RunReport) -> None:
    """Tells everybody who wants to be told, where the store cannot be asked for anything; the metrics file is left as it is."""
    from runner.run.notify.tell import tell_end

    _log(tell_end(district, report, None, (), sent_at=report.started_at.timestamp()))


def conclude(session: Session, outcome: Outcome, announced: threading.Thread | None = None) -> Outcome:
    """The outcome, after the district's Job Manager page was written again and everybody who wants to was told."""
    if announced is not None:
        announced.join(_START_PATIENCE)  # so that the end is not told before the start
    workspace = _workspace(session)
    with session.progress.stage("conclude"):
        if workspace is None:
            _log([f"{session.job.district.path.parent} cannot be read any more: old runs stay, and the Job Manager page is as it was"])
        else:
            _tidy(session, workspace)
        _tell(session, outcome, workspace)
    return outcome


def catch_up(session: Session) -> None:
    """What follows a run, of one that another machine did, but for the telling: what this machine keeps of old runs and their inputs grows
    no older than was promised, and its page and metrics are those of now. Call under the store's lock."""
    workspace, file = _workspace(session), session.job.district.notify.metrics_file
    if workspace is None:
        return
    _tidy(session, workspace)
    if file is not None:
        from runner.run.notify.tell import renew_metrics

        _log(renew_metrics(file, session.store, _jobs(session, workspace)))


def _tidy(session: Session, workspace: Workspace) -> None:
    district, now = session.job.district, session.ended_at()
    # Whom staff deleted by hand is noticed by the night's full run; an incremental need not look at all who changed since the copy.
    full = session.kind != "incremental"
    pruned = prune_after(district, session.places, session.store, workspace, now, every_touched=full)
    page = refreshed(district, session.places, session.store, now, workspace)
    _log([trouble for trouble in (pruned, page) if trouble])


def _workspace(session: Session) -> Workspace | None:
    """What the district's folder says now; None where it was taken away, or closed, in the course of the run."""
    try:
        return load_workspace(session.workspace.jobs, must_resolve=False, only=session.job.district.path.parent)
    except (OSError, RunnerError):
        return None


def _tell(session: Session, outcome: Outcome, workspace: Workspace | None) -> list[str]:
    """Tells everybody who wants to be told; what went wrong is logged, and given."""
    district = session.job.district
    if district.notify == Notify():
        return []
    from runner.run.notify.tell import tell_end  # mail and web: what a district without them need not load

    jobs = _jobs(session, workspace)
    troubles = tell_end(district, outcome.report, session.store, jobs, sent_at=session.ended_at().timestamp())
    _log(troubles)
    return troubles


def _jobs(session: Session, workspace: Workspace | None) -> list[str]:
    """The district's jobs; the session's own is one of them, whatever became of its file."""
    return sorted({session.job.key, *(job.key for job in (workspace.jobs if workspace is not None else ()))})


def _log(troubles: list[str]) -> None:
    for each in troubles:
        LOG.warning("%s; the run itself is not affected", each)
