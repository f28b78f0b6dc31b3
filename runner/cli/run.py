"""`runner run`: plan, apply, policy, report; what the daemon calls."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from runner import clock
from runner.cli.plan import kind_options
from runner.cli.progress import progress_for
from runner.cli.screen import Screen
from runner.cli.settings import Settings, everywhere
from runner.cli.slot_words import SlotWords, find_for_slot, slot_options
from runner.cli.timings import Stopwatch
from runner.errors import UsageError

if TYPE_CHECKING:
    from runner.run.outcome import Outcome


@click.command()
@click.argument("job")
@kind_options
@click.option("--accept-input", metavar="REASON", help="Take a shrunk or re-shaped file this once; the reason is kept with the run.")
@click.option("--accept-key", metavar="REASON", help="Go on with another key of fingerprints, where the old one is lost for good.")
@click.option("--limit", metavar="N", type=click.IntRange(min=0), help="With --json: list at most N changes; 0 for all [default: 1000].")
@click.option("--timings", is_flag=True, help="Say on stderr how long each stage took, and how much memory.")
@slot_options
@everywhere
@click.pass_obj
def command(
    settings: Settings,
    /,
    job: str,
    kind: str | None,
    accept_input: str | None,
    accept_key: str | None,
    limit: int | None,
    timings: bool,
    **slot: Any,
) -> int:
    """Do one run of JOB: read its file, bring the store in line, apply the removal policy, write the report.

    Without --full or --incremental the kind is the schedule's for today, else full.
    """
    _refuse_blank("--accept-input", accept_input, 'say why this file is right, like --accept-input "summer school only"')
    _refuse_blank("--accept-key", accept_key, 'say why it is another, like --accept-key "the old disk is gone"')
    words = SlotWords(**slot)
    known, places = find_for_slot(settings, job, words)
    from runner.run.early import early_copy  # before the libraries that the rest needs, which take longer to load

    progress, screen, now = Stopwatch(progress_for(settings)), Screen(settings), clock.now()
    with early_copy(known, places.for_district(known.district.key), now) if words.asks_for_a_run else nullcontext() as early:
        from runner.run.awaited_file import FileAwaited
        from runner.run.engine import run_job
        from runner.run.slots import SlotSettled

        try:
            outcome = words.without_a_run(known, places, kind=kind, progress=progress)
            if outcome is None:
                asked = partial(run_job, known, places, kind=kind, now=now, accept_input=accept_input, accept_key=accept_key)
                outcome = asked(progress=progress, due=words.as_due(), early=early)
        except SlotSettled as settled:
            screen.answer(settled.text)
            return 0
        except FileAwaited as put_off:
            screen.story(put_off.text)
            return put_off.exit_code
    tell_finished(screen, outcome, limit)
    if timings:
        progress.tell(screen)
    return outcome.exit_code


def tell_finished(screen: Screen, outcome: Outcome, limit: int | None) -> None:
    """The summary of a run that is over, and where its report lies."""
    from runner.cli.outcome_text import tell_document, tell_run

    if screen.settings.json:
        tell_document(screen, outcome, limit)
        return
    tell_run(screen, outcome, limit=None, planned=False)
    if outcome.report_files:
        # The page's path stands alone on its line, so that it can be clicked and picked out by other programs.
        screen.answer("\nReport:")
        page = outcome.report_files.get("html") or next(iter(outcome.report_files.values()))
        screen.answer(str(page))


def _refuse_blank(option: str, reason: str | None, hint: str) -> None:
    if reason is not None and not reason.strip():
        raise UsageError(f"{option} needs a reason", hint)
