"""The end of a run that is stored: its report on disk. Where that fails, what was done stays done, and the outcome says both."""

from __future__ import annotations

from msgspec.structs import replace

from runner.errors import RunnerError
from runner.report.model import COUNTS, RunReport
from runner.run.ahead import Made
from runner.run.compose import failure_message, joined_messages
from runner.run.outcome import Outcome
from runner.run.prepare import Prepared
from runner.run.publish import publish
from runner.run.session import Session
from runner.store.runs import RunRow


def of_the_machine(error: OSError) -> RunnerError:
    """A full disk, a missing right: the machine's own words and the file's name, which is never the input's content."""
    name = error.filename if isinstance(error.filename, str) else "a file"
    text = f"{name}: {(error.strerror or 'cannot be used').lower()}"
    return RunnerError(text, "make room on that disk, or give this account the right to it, then run again", code="machine")


def reported(session: Session, report: RunReport, prepared: Prepared | None = None, ready: Made | None = None) -> Outcome:
    """The stored run with its report on disk. `ready`: what of it was made already."""
    with session.progress.stage("report"):
        try:
            return Outcome(report, prepared, publish(report, session.folder, ahead=ready))
        except OSError as error:
            known = of_the_machine(error)
        except RunnerError as error:
            known = error
    return _but(session, report, f"the run's report could not be written: {known.text}", known, prepared)


def stored_as(session: Session, row: RunRow, report: RunReport, error: RunnerError) -> Outcome:
    """The outcome of a run that failed after it was stored, with the counts of its row; `report` is an empty one."""
    counts = {**dict.fromkeys(COUNTS, 0), **(row.counts or {})}
    done = replace(report, status=row.status, compared_as=row.compared_as or row.kind, counts=counts, removal=row.removal, held=row.held)
    outcome = _but(session, done, f"not all that follows a run could be done: {error.text}", error, None)
    try:
        return replace(outcome, report_files=publish(outcome.report, session.folder))
    except (OSError, RunnerError):
        return outcome


def _but(session: Session, report: RunReport, failure: str, error: RunnerError, prepared: Prepared | None) -> Outcome:
    hint = f"put that right before the next run; to see what this one did: runner runs show {session.run}"
    told = RunnerError(f"the run is stored as {report.status}, but {failure}", hint, code=error.code)
    messages = joined_messages(failure_message(error.code, told.text), report.messages)
    return Outcome(replace(report, failure=failure, messages=messages), prepared, {}, told)
