"""What follows every run, whatever became of it. Nothing here can change what the run did or how it ended."""

from __future__ import annotations

from runner.run.jobmanager import refreshed
from runner.run.outcome import Outcome
from runner.run.session import Session


def conclude(session: Session, outcome: Outcome) -> Outcome:
    """The outcome, after the district's Job Manager page was written again."""
    with session.progress.stage("conclude"):
        refreshed(session.job.district, session.workspace, session.store, session.ended_at())
    return outcome
