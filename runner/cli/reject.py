"""`runner reject RUN`: what a run holds is not done."""

from __future__ import annotations

import click

from runner import clock
from runner.cli.find_run import job_of_run
from runner.cli.progress import progress_for
from runner.cli.screen import Screen
from runner.cli.settings import Settings, everywhere
from runner.cli.workspace import places


@click.command()
@click.argument("run")
@click.option("--by", metavar="NAME", help="Who rejects; the name is kept with the run [default: the account].")
@everywhere
@click.pass_obj
def command(settings: Settings, run: str, by: str | None) -> int:
    """Leave undone what RUN holds. What it did do stays; the next run decides on the rest anew."""
    job = job_of_run(settings, run)
    from runner.run.approve import reject_run
    from runner.run.held import held_count

    row = reject_run(job, places(settings), run, by=by, now=clock.now(), progress=progress_for(settings))
    screen = Screen(settings)
    if settings.json:
        screen.document({"run": row.id, "job": row.job, "kind": row.kind, "status": row.status, "held": list(row.held), "note": row.note})
    else:
        screen.answer(f"{held_count(row.held):,} held changes of {row.id} were rejected; nothing of them was done.")
    return 0
