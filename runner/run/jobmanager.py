"""The Job Manager page of a district, `reports/index.html`, rewritten after each run. (docs/interface.md section 6)"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from runner import clock
from runner.errors import RunnerError
from runner.job.load import Workspace
from runner.job.model import District, Job
from runner.job.slots import slots
from runner.problems import Problem
from runner.report.index import IndexJob, IndexPage, render_index
from runner.report.model import PastRun
from runner.report.write import write_files
from runner.run.places import DistrictPlaces, make_private
from runner.store.store import Store

_RUNS_SHOWN = 30
_LOOK_AHEAD = timedelta(days=8)


def refresh_job_manager(district: District, folders: DistrictPlaces, store: Store, now: datetime, workspace: Workspace) -> Path:
    """Writes the page (0600, whole) and gives its path. Broken and held jobs stand on top."""
    mine = [job for job in workspace.jobs if job.district.key == district.key]
    entries = [_entry(job, folders, store, now) for job in mine]
    problems = [each for each in workspace.problems if each.severity == "error" and each.path.parent == district.path.parent]
    entries += _broken(problems, {job.path for job in mine}, district)
    page = IndexPage(district.name, district.time_zone.key, now, clock.is_fixed(), entries)
    return write_files(make_private(folders.reports), {"index.html": render_index(page)})["index.html"]


def _entry(job: Job, folders: DistrictPlaces, store: Store, now: datetime) -> IndexJob:
    rows = store.runs(job.key, limit=_RUNS_SHOWN).to_dicts()
    runs = [PastRun(row["id"], row["status"], row["kind"], row["started_at"], json.loads(row["counts"] or "{}")) for row in rows]
    coming = _next(job, now)
    return IndexJob(
        job=job.key,
        description=job.description,
        enabled=job.enabled,
        runs=runs,
        sentence=_sentence(folders, runs),
        waiting=_waiting(rows),
        next_at=coming[0] if coming else None,
        next_kind=coming[1] if coming else None,
        summaries={run.run: f"../runs/{run.run}/summary.html" for run in runs if (folders.run_folder(run.run) / "summary.html").exists()},
    )


def _broken(problems: Iterable[Problem], good: set[Path], district: District) -> list[IndexJob]:
    """One entry per job file that cannot be used, with its first problem."""
    first: dict[Path, Problem] = {}
    for problem in problems:
        if problem.path not in good and problem.path != district.path:
            first.setdefault(problem.path, problem)
    return [_unusable(path, problem, district) for path, problem in first.items()]


def _unusable(path: Path, problem: Problem, district: District) -> IndexJob:
    place = f" (line {problem.place.line})" if problem.place else ""
    name = f"{district.key}/{path.stem}"
    return IndexJob(name, "", True, [], None, 0, None, None, {}, problem=f"{path.name}{place}: {problem.text}")


def _next(job: Job, now: datetime) -> tuple[datetime, str] | None:
    if not job.enabled or job.schedule is None:
        return None
    coming = slots(job.schedule, job.district.time_zone, now, now + _LOOK_AHEAD)
    return (coming[0].at, coming[0].kind) if coming else None


def _waiting(rows: Sequence[Mapping[str, object]]) -> int:
    """How many changes of the newest run wait for an approval."""
    if not rows or rows[0]["status"] != "held":
        return 0
    held = json.loads(str(rows[0]["held"] or "[]"))
    return sum(each["count"] for each in held)


def _sentence(folders: DistrictPlaces, runs: Sequence[PastRun]) -> str | None:
    """The last run's first sentence, as its text summary has it."""
    if not runs:
        return None
    try:
        paragraphs = (folders.run_folder(runs[0].run) / "summary.txt").read_text("utf-8").split("\n\n")
    except OSError:
        return None
    return " ".join(paragraphs[1].split()) if len(paragraphs) > 1 else None


def refreshed(district: District, folders: DistrictPlaces, store: Store, now: datetime, workspace: Workspace) -> str | None:
    """What kept the page from being written, in a sentence; None when it was. A page never fails a run."""
    try:
        refresh_job_manager(district, folders, store, now, workspace)
    except (OSError, RunnerError, pl.exceptions.PolarsError) as error:
        return f"the Job Manager page could not be written ({type(error).__name__})"
    return None
