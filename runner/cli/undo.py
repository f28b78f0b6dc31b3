"""`runner undo RUN`: puts back what a run changed."""

from __future__ import annotations

import click

from runner import clock
from runner.cli.find_run import job_of_run
from runner.cli.progress import progress_for
from runner.cli.run import tell_finished
from runner.cli.screen import Screen
from runner.cli.settings import Settings, everywhere
from runner.cli.workspace import places


@click.command()
@click.argument("run")
@click.option("--patron", metavar="KEY", help="Put back one patron alone: a district id, or SITE/BARCODE.")
@click.option("--plan", "only_plan", is_flag=True, help="Show what would be put back, and change nothing.")
@click.option("--limit", metavar="N", type=click.IntRange(min=0), help="List at most N changes; 0 for all [default: 50, with --json 1000].")
@everywhere
@click.pass_obj
def command(settings: Settings, run: str, patron: str | None, only_plan: bool, limit: int | None) -> int:
    """Put back what RUN changed, patrons that it deleted included. Whoever was changed since is left alone and named."""
    job = job_of_run(settings, run)
    from runner.cli.outcome_text import SHOWN, tell_document, tell_run
    from runner.run.undo import plan_undo, undo_run

    screen = Screen(settings)
    if not only_plan:
        outcome = undo_run(job, places(settings), run, patron=patron, now=clock.now(), progress=progress_for(settings))
        tell_finished(screen, outcome, limit)
        return outcome.exit_code
    outcome = plan_undo(job, places(settings), run, patron=patron, now=clock.now())
    if settings.json:
        tell_document(screen, outcome, limit)
    else:
        tell_run(screen, outcome, limit=SHOWN if limit is None else limit, planned=True)
    return 0
