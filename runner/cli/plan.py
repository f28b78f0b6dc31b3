"""`runner plan`: everything a run would do, changing nothing."""

from __future__ import annotations

from datetime import date, datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runner import clock
from runner.cli.progress import progress_for
from runner.cli.screen import Screen
from runner.cli.settings import Settings, also_typed, everywhere
from runner.cli.workspace import find_job_to_run
from runner.errors import UsageError

if TYPE_CHECKING:
    from runner.run.outcome import Outcome

CHANGES_EXIT = 2


def kind_options(verb: Any) -> Any:
    """`--full` and `--incremental`, given to the function as `kind`; without either the schedule's for today, else full."""

    @wraps(verb)
    def chosen(*words: Any, full: bool, incremental: bool, **more: Any) -> Any:
        if full and incremental:
            raise UsageError("--full and --incremental exclude each other", "leave one out, or both: then the schedule decides")
        return verb(*words, kind="full" if full else "incremental" if incremental else None, **more)

    incremental = click.option("--incremental", is_flag=True, help="Convert only rows that changed since the last run.")
    return click.option("--full", is_flag=True, help="Convert every row; what removal by policy needs.")(incremental(chosen))


@click.command()
@click.argument("job")
@kind_options
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Save the plan for `runner apply FILE`."
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are changes, held ones included.")
@click.option("--as-of", metavar="DATE", help="Judge removal as if this file's records had last been seen on DATE (YYYY-MM-DD).")
@click.option("--limit", metavar="N", type=click.IntRange(min=0), help="Show at most N changes; 0 for all [default: 50; with --json 1000].")
@everywhere
@click.pass_obj
def command(
    settings: Settings, job: str, kind: str | None, output: Path | None, detailed_exitcode: bool, as_of: str | None, limit: int | None
) -> int:
    """Show everything that a run of JOB would do, removal by policy included, and change nothing.

    Examples: runner plan demo/students; runner plan demo/students -o plan.bin, then runner apply plan.bin
    """
    moment = _date(as_of)
    if moment is not None and output is not None:
        raise UsageError("--as-of and -o exclude each other: a rehearsed day cannot be applied", "leave one of them out")
    if output is not None and not output.parent.is_dir():
        raise UsageError(f"there is no folder {output.parent}", "make it first, or name another file after -o")
    known, places = find_job_to_run(settings, job, note=False)
    if output is not None:
        from runner.run.planfile import refuse_what_is_no_plan

        refuse_what_is_no_plan(output, places)
    from runner.run.early import early_copy  # before the libraries that the rest needs, which take longer to load

    progress, now = progress_for(settings), clock.now()
    with early_copy(known, places.for_district(known.district.key), now) as early:
        from runner.run.engine import plan_job

        outcome = plan_job(known, places, kind=kind, now=now, as_of=moment, progress=progress, early=early)
    if output is not None and outcome.error is None:
        from runner.run.saved import save_plan

        save_plan(outcome, output)
    _tell(Screen(settings), outcome, limit, output, moment)
    return CHANGES_EXIT if detailed_exitcode and _changes(outcome) and outcome.error is None else _plan_exit(outcome)


def _changes(outcome: Outcome) -> bool:
    """Whether a run now would change anything: a patron, or the rows of a circulation table."""
    return bool(outcome.report.changes.height) or (outcome.prepared is not None and outcome.prepared.loads_news)


def _plan_exit(outcome: Outcome) -> int:
    # A plan that was made is done, whatever it holds back; only a plan that could not be made failed.
    return outcome.exit_code if outcome.error is not None else 0


def _tell(screen: Screen, outcome: Outcome, limit: int | None, output: Path | None, as_of: date | None) -> None:
    from runner.cli.outcome_text import SHOWN, tell_document, tell_run

    if screen.settings.json:
        tell_document(screen, outcome, limit)
        return
    tell_run(screen, outcome, limit=SHOWN if limit is None else limit, planned=True)
    job, besides = outcome.report.job, also_typed(screen.settings)
    if outcome.error is not None:
        return
    if as_of is not None:
        day = f"removal was judged as if this file's records had last been seen on {as_of}; a run goes by their real day"
        screen.answer(f"\nNothing was changed, and this is a rehearsal: {day}.")
    elif output is not None:
        screen.answer(f"\nNothing was changed. The plan is in {output}; to do exactly this: runner apply {output}{besides}")
    elif outcome.prepared is not None and outcome.prepared.load is not None:
        same = "" if _changes(outcome) else " The file is the one that was loaded last."
        screen.answer(f"\nNothing was changed.{same} To load this: runner run {job}{besides}")
    elif outcome.report.changes.height:
        screen.answer(f"\nNothing was changed. To do this: runner run {job} --{outcome.report.kind}{besides}")
        saved = f"runner plan {job} --{outcome.report.kind} -o FILE{besides}, then runner apply FILE{besides}"
        screen.answer(f"To do exactly this and nothing else: {saved}")
    else:
        screen.answer("\nNothing was changed, and a run now would change nobody.")


def _date(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise UsageError(f"--as-of is {text!r}: not a date", "write it like 2026-10-15") from None
    if day.year not in clock.YEARS:
        raise UsageError(f"--as-of is {text!r}: its year is none {clock.YEARS_TOLD}", "write it like 2026-10-15")
    return day
