"""Which job or district a command means, and where its folders are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from runner.cli.settings import Settings
from runner.errors import UsageError

if TYPE_CHECKING:
    from runner.job.model import Job
    from runner.run.places import Places


def find_job(settings: Settings, job: str) -> tuple[Job, Places]:
    """The job that the word `job` names, checked and built, and its workspace's folders.

    Raises UsageError with the nearest names for an unknown job, InvalidFiles when its file or its district's is invalid."""
    from runner.job.load import load_job

    jobs, key = named(settings, job)
    return load_job(jobs, key), places(settings, jobs)


def named(settings: Settings, job: str) -> tuple[Path, str]:
    """The jobs folder and the DISTRICT/JOB that `job` means: a name, a name within --district, or the path of a job file.

    The path of a file outside the jobs folder names its own: the folder above its district."""
    if job.endswith((".yaml", ".yml")):
        return _by_path(settings, Path(job))
    if "/" not in job and settings.district:
        return settings.jobs, f"{settings.district}/{job}"
    return settings.jobs, job


def places(settings: Settings, jobs: Path | None = None) -> Places:
    """The folders of the workspace; `var` lies beside the jobs folder unless --var names it."""
    from runner.run.places import Places

    root = jobs if jobs is not None else settings.jobs
    return Places(root, settings.var_given if settings.var_given is not None else root.parent / "var")


def _by_path(settings: Settings, file: Path) -> tuple[Path, str]:
    if not file.is_file():
        raise UsageError(f"there is no file {file}", "name a job as DISTRICT/JOB, such as demo/students, or by the path of its file")
    district = file.resolve().parent
    known = settings.jobs.resolve()
    jobs = settings.jobs if district.parent == known else district.parent
    return jobs, f"{district.name}/{file.stem}"
