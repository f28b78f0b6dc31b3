"""`runner apply`: does exactly what a saved plan says, or refuses and names what moved."""

from __future__ import annotations

from pathlib import Path

import click

from runner import clock
from runner.cli.progress import progress_for
from runner.cli.run import tell_finished
from runner.cli.screen import Screen
from runner.cli.settings import Settings, everywhere
from runner.cli.workspace import places


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--limit", metavar="N", type=click.IntRange(min=0), help="With --json: list at most N changes; 0 for all [default: 1000].")
@everywhere
@click.pass_obj
def command(settings: Settings, file: Path, limit: int | None) -> int:
    """Do exactly what the plan in FILE says (made by `runner plan JOB -o FILE`), or refuse as a whole and name what moved since."""
    from runner.run.saved import apply_saved

    outcome = apply_saved(file, places(settings), now=clock.now(), progress=progress_for(settings))
    tell_finished(Screen(settings), outcome, limit)
    return outcome.exit_code
