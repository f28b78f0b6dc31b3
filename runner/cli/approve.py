"""`runner approve RUN`: what a run holds is done after all."""

from __future__ import annotations

import click

from runner import clock
from runner.cli.find_run import job_to_approve
from runner.cli.progress import progress_for
from runner.cli.run import tell_finished
from runner.cli.screen import Screen
from runner.cli.settings import Settings, everywhere
from runner.cli.workspace import places


@click.command()
@click.argument("run")
@click.option("--by", metavar="NAME", help="Who approves; the name is kept with the run [default: the account].")
@click.option("--limit", metavar="N", type=click.IntRange(min=0), help="With --json: list at most N changes; 0 for all [default: 1000].")
@everywhere
@click.pass_obj
def command(settings: Settings, run: str, by: str | None, limit: int | None) -> int:
    """Do exactly what RUN holds, once, until the approval expires. Patrons that were changed since are left out and named."""
    job = job_to_approve(settings, run)
    from runner.run.approve import approve_run

    outcome = approve_run(job, places(settings), run, by=by, now=clock.now(), progress=progress_for(settings))
    tell_finished(Screen(settings), outcome, limit)
    return outcome.exit_code
