"""What `runner runs` tells of files that cannot be used now, and since when."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from runner.cli.settings import Settings
from runner.cli.workspace import places

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.run.broken_files import BrokenFile


def broken_now(settings: Settings, job: str | None) -> list[BrokenFile]:
    """The broken files of all districts, of --district, or those that take JOB out of force."""
    from runner.job.load import load_workspace
    from runner.run.broken_files import broken_files

    district = job.partition("/")[0] if job is not None else settings.district
    # A variable that this shell lacks is no fault of the file: the daemon may have it.
    workspace, where = load_workspace(settings.jobs, must_resolve=False), places(settings)
    folders = sorted(each for each in settings.jobs.iterdir() if each.is_dir() and district in (None, each.name))
    found = [file for folder in folders for file in broken_files(folder, workspace.problems, where.for_district(folder.name))]
    return [file for file in found if job is None or _concerns(file, job)]


def plain(file: BrokenFile) -> dict[str, Any]:
    """For --json: the file, what is wrong, since when, and the jobs that run in their last good version meanwhile."""
    since = file.since.isoformat() if file.since else None
    return {"file": str(file.path), "text": file.text, "since": since, "going_on": _going_on(file)}


def lines(files: list[BrokenFile]) -> Iterator[str]:
    """One line for each file."""
    for file in files:
        zone = file.jobs[0].district.time_zone if file.jobs else UTC
        since = f" since {file.since.astimezone(zone):%Y-%m-%d %H:%M}" if file.since else ""
        going_on = _going_on(file)
        meanwhile = f"the last good version of {', '.join(going_on)} is still running" if going_on else "nothing of it runs"
        yield f"{file.path.parent.name}/{file.path.name} is broken{since}, {meanwhile}: {file.text}"


def _going_on(file: BrokenFile) -> list[str]:
    return sorted(job.key for job in file.jobs if job.key in file.going_on)


def _concerns(file: BrokenFile, job: str) -> bool:
    return file.of_the_district or job in {each.key for each in file.jobs} or job.partition("/")[2] == file.path.stem
