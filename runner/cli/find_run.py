"""Which run a command means: its id names its district, and its row the job."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from runner import clock
from runner.cli.workspace import district_keys, district_of, places, valid_workspace
from runner.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.cli.settings import Settings
    from runner.job.model import District, Job
    from runner.store.runs import RunRow
    from runner.store.store import Store


def find_run(settings: Settings, run: str) -> tuple[District, RunRow]:
    """The run and its district. Raises NotFound, and InvalidFiles where its district's file is broken."""
    for district, store in _stores(settings, run):
        try:
            return district, store.run(run)
        except NotFound:
            continue
    for key in district_keys(settings):
        if run.partition("-")[2].startswith(f"{key}-"):
            district_of(settings, key)  # where its file is broken, that is why nothing was found
    raise NotFound(f"there is no run {run}", "`runner runs` lists them")


def job_of_run(settings: Settings, run: str) -> Job:
    """The job that a run was of, as its file is now. Raises NotFound, UsageError when the job is gone, InvalidFiles."""
    from runner.job.load import load_job

    _, row = find_run(settings, run)
    return load_job(settings.jobs, row.job)


def _stores(settings: Settings, run: str) -> Iterator[tuple[District, Store]]:
    from runner.store.store import open_store

    named = run.partition("-")[2]
    for district in valid_workspace(settings).districts:
        address = places(settings).for_district(district.key).store_address(district)
        if named.startswith(f"{district.key}-") and not (isinstance(address, Path) and not address.exists()):
            yield district, open_store(address, create=False, now=clock.now())
