"""Which job or district a command means, and where its folders are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from runner.cli.settings import Settings
from runner.errors import InvalidFiles, UsageError
from runner.job.folders import DISTRICT_FILE, district_folders, names_a_file, without_dots
from runner.job.near import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.job.load import Workspace
    from runner.job.model import District, Job
    from runner.job.vouched import Vouched
    from runner.run.places import Places


def find_job(settings: Settings, word: str) -> tuple[Job, Places]:
    """The job that `word` names (DISTRICT/JOB, a name within --district, or a file), checked and built, and its workspace's folders.

    Raises UsageError with the nearest names for an unknown job, InvalidFiles when its file or its district's is invalid."""
    return _found(settings, word, None)


def find_job_to_run(settings: Settings, word: str, *, note: bool = True) -> tuple[Job, Places]:
    """The same; files in which the last run found no problem are only asked what can have become wrong since. With `note` those that
    have none now are written down for the next."""
    from runner.run.vouched import keep_vouched, read_vouched

    folder = _folder(settings, word)
    kept = places(settings, folder.parent).for_district(folder.name)
    vouched = read_vouched(kept)
    found = _found(settings, word, vouched)
    if note:
        keep_vouched(kept, vouched)
    return found


def _found(settings: Settings, word: str, vouched: Vouched | None) -> tuple[Job, Places]:
    from runner.job.load import load_job

    job = load_job(settings.jobs, job_named(settings, word), vouched)
    root = job.district.path.parent.parent
    if root.resolve() != settings.jobs.resolve():
        settings.jobs = settings.elsewhere = root
    return job, places(settings)


def job_named(settings: Settings, word: str) -> str:
    """DISTRICT/JOB where `word` is a name within --district, else `word`."""
    inside = settings.district is not None and "/" not in word and not names_a_file(word)
    return f"{settings.district}/{word}" if inside else word


def _folder(settings: Settings, word: str) -> Path:
    """The district's folder, where there is such a job."""
    if names_a_file(word) and Path(word).is_file():
        folder = without_dots(Path(word).parent).absolute()
        return settings.jobs / folder.name if folder.parent.resolve() == settings.jobs.resolve() else folder
    return settings.jobs / job_named(settings, word).partition("/")[0]


def places(settings: Settings, jobs: Path | None = None) -> Places:
    """The folders of the workspace; `var` lies beside the jobs folder unless --var names it."""
    from runner.run.places import Places

    root = jobs if jobs is not None else settings.jobs
    return Places(root, settings.var_given if settings.var_given is not None else root.parent / "var")


def valid_workspace(settings: Settings) -> Workspace:
    """Every valid district and job, those of --district alone where it is given. Raises UsageError for an unknown district.

    Broken files are not told here: `runner check` and `doctor` do that."""
    from msgspec.structs import replace

    from runner.job.load import load_workspace

    found = load_workspace(settings.jobs)
    if settings.district is None:
        return found
    known_district(settings, settings.district)
    return replace(
        found,
        districts=tuple(each for each in found.districts if each.key == settings.district),
        jobs=tuple(job for job in found.jobs if job.district.key == settings.district),
        problems=tuple(each for each in found.problems if each.path.parent.name == settings.district),
    )


def one_district(settings: Settings) -> District:
    """The district of a command that names no job: --district, or the only one there is. Raises UsageError, InvalidFiles."""
    keys = district_keys(settings)
    if settings.district is not None:
        return district_of(settings, settings.district)
    if not keys:
        raise UsageError(f"there is no district in {settings.jobs}", "write one with `runner new DISTRICT/JOB --from FILE.csv`")
    if len(keys) > 1:
        raise UsageError("there are several districts", f"say which one with --district: {', '.join(keys[:12])}")
    return district_of(settings, keys[0])


def district_of(settings: Settings, key: str) -> District:
    """The district in the folder `key`. Raises UsageError for an unknown one and InvalidFiles for a broken file."""
    from runner.job.load import load_workspace

    known_district(settings, key)
    workspace = load_workspace(settings.jobs)
    found = next((each for each in workspace.districts if each.key == key), None)
    if found is not None:
        return found
    file = settings.jobs / key / DISTRICT_FILE
    problems = tuple(each for each in workspace.problems if each.path.name == file.name and each.path.parent.name == key)
    raise InvalidFiles(f"{file} is invalid", "put it right, then type `runner check`", problems=problems)


def district_keys(settings: Settings) -> Sequence[str]:
    """The names of the folders that have a district.yaml, whether it is valid or not. Raises UsageError without a jobs folder."""
    if not settings.jobs.is_dir():
        raise UsageError(f"there is no folder {settings.jobs}", "name the jobs folder with --jobs, or make one with `runner new`")
    return sorted(each.name for each in settings.jobs.iterdir() if os.access(each / DISTRICT_FILE, os.F_OK))


def without_jobs(jobs: Path) -> str | None:
    """The sentence that there is no job or district to look after, with what to do; None where there may be one.

    Raises UsageError where the folder is a district's own."""
    if jobs.is_dir() and district_folders(jobs):
        return None
    if (jobs / DISTRICT_FILE).exists():
        raise UsageError(
            f"{jobs} is the folder of one district, not the one in which districts have theirs", f"--jobs {jobs.absolute().parent}"
        )
    return f"There is no district and no job in {jobs}: name the jobs folder with --jobs, or make one with `runner new`"


def known_district(settings: Settings, key: str) -> None:
    """Raises UsageError with the nearest names where there is no district `key`."""
    keys = district_keys(settings)
    if key not in keys:
        near = nearest(key, keys)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(keys[:12]) or 'none'}"
        raise UsageError(f"there is no district {key!r} in {settings.jobs}", hint)
