"""Which run a command means: its id names its district, and its row the job."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from runner import clock
from runner.cli.workspace import district_keys, district_of, places, valid_workspace
from runner.errors import InvalidFiles, NotFound, UsageError

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
    """The job that a run was of: as its file is now, else as the run's own row knows it. Raises NotFound, and InvalidFiles where its
    district's file is broken."""
    from runner.job.load import load_job
    from runner.run.former_job import former_job

    district, row = find_run(settings, run)
    try:
        return load_job(settings.jobs, row.job)
    except (UsageError, InvalidFiles):
        return former_job(row, district)


def job_to_approve(settings: Settings, run: str) -> Job:
    """The job that a run was of, as its file is now. Raises NotFound, UsageError when the job is gone, InvalidFiles: what a job holds is
    done for a job that is there."""
    from runner.job.load import load_job

    _, row = find_run(settings, run)
    instead = f"to leave undone what it holds: runner reject {run}"
    try:
        return load_job(settings.jobs, row.job)
    except UsageError:
        text = f"the job {row.job} is gone, so that nothing can be approved that its run {run} holds"
        raise UsageError(text, f"put its file back under its old name, then approve; {instead}") from None
    except InvalidFiles as invalid:
        raise InvalidFiles(invalid.text, f"put its file right, then approve; {instead}", problems=invalid.problems) from None


def _stores(settings: Settings, run: str) -> Iterator[tuple[District, Store]]:
    from runner.store.store import open_store

    named = run.partition("-")[2]
    for district in valid_workspace(settings).districts:
        address = places(settings).for_district(district.key).store_address(district)
        if named.startswith(f"{district.key}-") and not (isinstance(address, Path) and not address.exists()):
            yield district, open_store(address, create=False, now=clock.now())
