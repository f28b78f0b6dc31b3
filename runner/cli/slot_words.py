"""The words by which the daemon tells a run which scheduled time it is for. People need none of them, so `--help` does not show them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import click
from msgspec import Struct

from runner import clock
from runner.cli.settings import Settings
from runner.cli.workspace import find_job_to_run, places
from runner.errors import RunnerError, UsageError

if TYPE_CHECKING:
    from runner.job.model import Job
    from runner.run.due import Due
    from runner.run.outcome import Outcome
    from runner.run.places import Places
    from runner.run.progress import Progress

Verb = TypeVar("Verb", bound=Callable[..., Any])


class SlotWords(Struct, frozen=True):
    """What was typed. `slot` names the scheduled time, `due` its instant; `missed` says why it will not run, `only_begun` why it will not
    unless a run of it was begun and broke off; `overdue` and `stuck` only alert; `last_good` uses the last version of the job's files that
    could be used; `before` says what became of the attempt before."""

    slot: str | None
    due: str | None
    missed: str | None
    only_begun: str | None
    overdue: bool
    stuck: bool
    last_good: bool
    before: str | None

    @property
    def asks_for_a_run(self) -> bool:
        """Whether a run may follow; the other words only note or tell something."""
        return self.only_begun is None and not self.only_tells

    @property
    def only_tells(self) -> bool:
        """Whether nothing can be run whatever is found: the slot is noted as missed, or its lateness told."""
        return self.missed is not None or self.overdue or self.stuck

    def as_due(self) -> Due | None:
        """The slot as a value, None for a run by hand. Raises UsageError."""
        from runner.run.due import Due

        if self.slot is None:
            if not self.asks_for_a_run:
                raise UsageError(
                    "--missed, --only-begun, --overdue and --stuck need --slot", "these words are the daemon's; leave them out"
                )
            return None
        return Due(self.slot, clock.parse_instant(self.due) if self.due else None, self.before)

    def without_a_run(self, job: Job, places: Places, *, kind: str | None, progress: Progress) -> Outcome | None:
        """What is noted or told where nothing is to be run; None where there is."""
        due = self.as_due()
        if due is None:
            return None
        from runner.run.slots import alert_overdue, alert_stuck, note_missed, note_unless_begun

        if self.overdue or self.stuck:
            alert = alert_overdue if self.overdue else alert_stuck
            return alert(job, places, due, now=clock.now(), progress=progress)
        if self.missed is not None:
            return note_missed(job, places, due, self.missed, kind=kind, now=clock.now(), progress=progress)
        if self.only_begun is not None:
            return note_unless_begun(job, places, due, self.only_begun, kind=kind, now=clock.now(), progress=progress)
        return None


def slot_options(verb: Verb) -> Verb:
    """The hidden options, given to the function as `slot`, `due`, `missed`, `only_begun`, `overdue`, `stuck`, `last_good` and `before`."""
    for option in (
        click.option("--slot", hidden=True),
        click.option("--due", hidden=True),
        click.option("--missed", hidden=True),
        click.option("--only-begun", hidden=True),
        click.option("--overdue", is_flag=True, hidden=True),
        click.option("--stuck", is_flag=True, hidden=True),
        click.option("--last-good", is_flag=True, hidden=True),
        click.option("--before", hidden=True),
    ):
        verb = option(verb)
    return verb


def find_for_slot(settings: Settings, word: str, words: SlotWords) -> tuple[Job, Places]:
    """The job that `word` names, and its workspace's folders. What only notes or tells something finds the last good version where the
    files, or the whole jobs folder, cannot be used now. Raises UsageError, NotFound, InvalidFiles."""
    if words.last_good:
        return _last_good(settings, word, must_resolve=not words.only_tells)
    try:
        return find_job_to_run(settings, word)
    except RunnerError:
        if words.only_tells:
            with suppress(RunnerError):
                return _last_good(settings, word, must_resolve=False)
        raise


def _last_good(settings: Settings, word: str, *, must_resolve: bool) -> tuple[Job, Places]:
    from runner.run.last_good import load_last_good

    district, _, name = word.partition("/")
    if not name or district in (".", "..") or "/" in name:
        raise UsageError("--last-good needs a job as DISTRICT/JOB")
    where = places(settings)
    return load_last_good(where.for_district(district), name, must_resolve=must_resolve), where
