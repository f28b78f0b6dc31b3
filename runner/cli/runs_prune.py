"""`runner runs prune`: removes what the settings say is kept no longer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner import clock
from runner.cli.screen import Screen
from runner.cli.settings import Settings, everywhere
from runner.cli.workspace import places, valid_workspace

if TYPE_CHECKING:
    from runner.job.load import Workspace
    from runner.job.model import District
    from runner.run.retention import Pruned


@click.command()
@everywhere
@click.pass_obj
def command(settings: Settings) -> int:
    """Remove the folders of runs beyond options.keep_runs of each job, and whatever is older than history_days: journal, archived patrons,
    archived inputs, copies of a store from before an upgrade. That ends undo for those runs. Runs do this at their end; by hand it is for
    all districts, or for --district alone."""
    workspace = valid_workspace(settings)
    done = {district.key: _prune(settings, district, workspace) for district in workspace.districts}
    screen = Screen(settings)
    if settings.json:
        plain = {
            key: {"folders": each.folders, "rows": dict(each.rows), "inputs": each.inputs, "copies": each.copies}
            for key, each in done.items()
        }
        screen.document({"districts": plain})
        return 0
    for key, each in done.items():
        screen.answer(f"{key}: removed {each.words}")
    _tell_what_stays(screen, workspace)
    if not done:
        screen.answer("There is no district with a valid district.yaml, so nothing was removed.")
    return 0


def _tell_what_stays(screen: Screen, workspace: Workspace) -> None:
    from runner.run.retention import has_broken_files

    for district in workspace.districts:
        if has_broken_files(district, workspace):
            text = f"{district.key}: a file cannot be used now (`runner check`), and all runs of the jobs that may be in it stay"
            screen.story(text, "yellow")


def _prune(settings: Settings, district: District, workspace: Workspace) -> Pruned:
    from runner.run.retention import Pruned, prune
    from runner.run.session import command_lock
    from runner.run.work_folder import clear_left_behind
    from runner.store.store import open_store

    folders = places(settings).for_district(district.key)
    address = folders.store_address(district)
    if isinstance(address, Path) and not address.exists():
        return Pruned()
    now = clock.now()
    with open_store(address, create=False, now=now) as store, command_lock(store, "runs prune", now):
        clear_left_behind(folders)
        return prune(district, folders, store, workspace, now)
