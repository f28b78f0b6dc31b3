"""What follows every run, whatever became of it. Nothing here can change what the run did or how it ended."""

from __future__ import annotations

import logging
import threading

from runner.job.load import Workspace, load_workspace
from runner.job.model import Job, Notify
from runner.run.jobmanager import refreshed
from runner.run.outcome import Outcome
from runner.run.retention import prune_after
from runner.run.session import Session

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
    _tell(session, outcome, _jobs(session, _workspace(session)))
    return outcome


def conclude(session: Session, outcome: Outcome, announced: threading.Thread | None = None) -> Outcome:
    """The outcome, after the district's Job Manager page was written again and everybody who wants to was told."""
    district = session.job.district
    if announced is not None:
        announced.join(_START_PATIENCE)  # so that the end is not told before the start
    workspace = _workspace(session)
    jobs = _jobs(session, workspace)
    with session.progress.stage("conclude"):
        # Whom staff deleted by hand is noticed by the night's full run; an incremental need not look at all who changed since the copy.
        full = session.kind != "incremental"
        pruned = prune_after(district, session.places, session.store, jobs, session.ended_at(), every_touched=full)
        page = refreshed(district, session.places, session.store, session.ended_at(), workspace)
        _log([trouble for trouble in (pruned, page) if trouble])
        _tell(session, outcome, jobs)
    return outcome


def _workspace(session: Session) -> Workspace:
    return load_workspace(session.workspace.jobs, must_resolve=False, only=session.job.district.path.parent)


def _jobs(session: Session, workspace: Workspace) -> list[Job]:
    return [job for job in workspace.jobs if job.district.key == session.job.district.key]


def _tell(session: Session, outcome: Outcome, jobs: list[Job]) -> None:
    district = session.job.district
    if district.notify == Notify():
        return
    from runner.run.notify.tell import tell_end  # mail and web: what a district without them need not load

    _log(tell_end(district, outcome.report, session.store, [job.key for job in jobs], sent_at=session.ended_at().timestamp()))


def _log(troubles: list[str]) -> None:
    for each in troubles:
        LOG.warning("%s; the run itself is not affected", each)
