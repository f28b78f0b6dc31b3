"""How long things are kept: run folders by number (`options.keep_runs`); journal, archived patrons and inputs, and copies of the store from
before an upgrade by age (`history_days`)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from shutil import rmtree

import polars as pl
from msgspec import Struct, field

from runner.counted import counted
from runner.errors import RunnerError
from runner.job.load import Workspace
from runner.job.model import District, Options
from runner.report.model import NIGHTS
from runner.run.archive import prune_inputs
from runner.run.held import FILE as HELD
from runner.run.places import DistrictPlaces
from runner.store.store import Store

LOG = logging.getLogger("runner")
_LAST_GOOD = ["complete", "incomplete"]


class Pruned(Struct, frozen=True):
    """What was removed, as counts alone: run folders, rows of the journal and the archives by table, archived inputs, and copies of the
    store from before its layout changed."""

    folders: int = 0
    rows: Mapping[str, int] = field(default_factory=dict)
    inputs: int = 0
    copies: int = 0

    @property
    def journal(self) -> int:
        return sum(self.rows.values())

    @property
    def words(self) -> str:
        """All of it in a phrase."""
        history = f"{counted(self.journal, 'row', 'rows')} of the journal and the archives"
        inputs = counted(self.inputs, "archived input", "archived inputs")
        copies = f", {counted(self.copies, 'copy', 'copies')} of an earlier layout of the store" if self.copies else ""
        return f"{counted(self.folders, 'folder', 'folders')} of old runs, {history}, {inputs}{copies}"


def prune(
    district: District, places: DistrictPlaces, store: Store, workspace: Workspace, now: datetime, *, every_touched: bool = True
) -> Pruned:
    """Removes what is older or more than the settings say, of all jobs that ever ran. Call under the store's lock. `every_touched`: see
    runner.store.store.Store.prune_history.

    Raises OSError, StoreError. A job whose file is gone keeps as many runs as one without the setting, and none that is older than
    `history_days`, for no newer run will ever take its place; one whose file may be among those that cannot be used now keeps them all.
    Without its journal a run can no longer be undone."""
    before = now - timedelta(days=district.history_days)
    keep = {job.key: job.options.keep_runs for job in workspace.jobs}
    unknown = None if has_broken_files(district, workspace) else Options().keep_runs
    spare = [
        folder
        for (job,), rows in store.runs().group_by("job")
        if (most := keep.get(str(job), unknown)) is not None
        for folder in _spare(rows, places, most, None if job in keep else before)
    ]
    for folder in spare:
        rmtree(folder)
    _drop_decided(store, places)
    rows = store.prune_history(before, every_touched=every_touched)
    return Pruned(len(spare), rows, prune_inputs(places, before), store.place.drop_copies(before))


def _drop_decided(store: Store, places: DistrictPlaces) -> None:
    """Takes away what runs held that is decided by now, where whoever decided was killed before that."""
    held = set(store.runs().filter(pl.col("status").is_in(["held", "running"]))["id"])
    for file in places.runs.glob(f"*/{HELD}"):
        if file.parent.name not in held:
            file.unlink(missing_ok=True)


def has_broken_files(district: District, workspace: Workspace) -> bool:
    """Whether a file of the district cannot be used now, so that nobody knows what its job says of keeping."""
    return any(problem.severity == "error" and problem.path.parent == district.path.parent for problem in workspace.problems)


def prune_after(
    district: District, places: DistrictPlaces, store: Store, workspace: Workspace, now: datetime, *, every_touched: bool = True
) -> str | None:
    """The same at the end of a run, which it can never fail: what kept it from pruning, in words; None when all is well."""
    try:
        done = prune(district, places, store, workspace, now, every_touched=every_touched)
    except (OSError, RunnerError, pl.exceptions.PolarsError) as error:
        return f"old runs could not be removed ({type(error).__name__})"
    if done.folders or done.journal or done.inputs or done.copies:
        LOG.info("removed %s", done.words)
    return None


def _spare(runs: pl.DataFrame, places: DistrictPlaces, keep: int, gone: datetime | None) -> list[Path]:
    """The folders of a job's runs beyond the newest `keep`; never that of a run that holds something or goes on, nor of the newest good.
    Of a job that is gone also those of all runs that began before `gone`, for nobody can approve what they hold."""
    newest = runs.sort("number", descending=True)
    good = newest.filter(pl.col("status").is_in(_LAST_GOOD) & pl.col("kind").is_in(NIGHTS)).head(1)["number"]
    beyond = newest.slice(keep).filter(~pl.col("status").is_in(["held", "running"]) & ~pl.col("number").is_in(good.implode()))
    if gone is not None:
        old = newest.filter((pl.col("started_at") < gone) & (pl.col("status") != "running"))
        beyond = pl.concat([beyond, old]).unique("number")
    named = [places.run_folder(run) for run in beyond["id"] if Path(run).name == run]
    return [folder for folder in named if folder.is_dir() and not folder.is_symlink()]
