"""The Job Manager page of a district, `reports/index.html`, rewritten after each run. (docs/interface.md section 6)"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
from msgspec.structs import replace

from runner import clock
from runner.errors import RunnerError
from runner.job.load import Workspace, load_workspace
from runner.job.model import District, Job
from runner.job.slots import slots
from runner.report.index import IndexJob, IndexPage, render_index
from runner.report.model import PastRun
from runner.report.since import sentence_now
from runner.report.write import write_files
from runner.run.broken_files import BrokenFile, broken_files
from runner.run.identity import elsewhere
from runner.run.places import DistrictPlaces, Places, make_private
from runner.store.store import Store, open_store

_RUNS_SHOWN = 30
_MOST_TIMES = 3
_LOOK_AHEAD = timedelta(days=8)


def refresh_job_manager(district: District, folders: DistrictPlaces, store: Store, now: datetime, workspace: Workspace) -> Path:
    """Writes the page (0600, whole) and gives its path. Broken and held jobs stand on top."""
    folder = district.path.parent
    entries = {job.key: _entry(job, folders, store, now) for job in workspace.jobs if job.district.key == district.key}
    for broken in broken_files(folder, (each for each in workspace.problems if each.path.parent.name == folder.name), folders):
        entries.update(_broken(broken, district, folders, store, now, entries))
    page = IndexPage(district.name, district.time_zone.key, now, clock.is_fixed(), list(entries.values()))
    return write_files(make_private(folders.reports), {"index.html": render_index(page)})["index.html"]


def _entry(job: Job, folders: DistrictPlaces, store: Store, now: datetime) -> IndexJob:
    rows = store.runs(job.key, limit=_RUNS_SHOWN).to_dicts()
    runs = [PastRun(row["id"], row["status"], row["kind"], row["started_at"], json.loads(row["counts"] or "{}")) for row in rows]
    coming, held = _next(job, now), next((row for row in rows if row["status"] == "held"), None)
    return IndexJob(
        job=job.key,
        description=job.description,
        enabled=job.enabled,
        runs=runs,
        sentence=_sentence(folders, rows),
        waiting=_waiting(held),
        next_at=coming[0] if coming else None,
        next_kind=coming[1] if coming else None,
        summaries={run.run: f"../runs/{run.run}/summary.html" for run in runs if (folders.run_folder(run.run) / "summary.html").exists()},
        held=held["id"] if held is not None else None,
    )


def _broken(
    file: BrokenFile, district: District, folders: DistrictPlaces, store: Store, now: datetime, told: Mapping[str, IndexJob]
) -> dict[str, IndexJob]:
    """An entry for each job that the file takes out of force, and for the file itself where it is no job's or never was good."""
    entries = {}
    for job in file.jobs:
        if job.key not in told or told[job.key].problem is None:
            goes_on = job.key in file.going_on
            entry = _entry(job if goes_on else replace(job, schedule=None), folders, store, now)
            entries[job.key] = replace(entry, problem=file.text, broken_since=file.since, goes_on=goes_on)
    if file.of_the_district or not file.jobs:
        name = f"{district.key}/{file.path.name if file.of_the_district else file.path.stem}"
        bare = IndexJob(name, "", True, [], None, 0, None, None, {}, problem=file.text, broken_since=file.since)
        entries[name] = replace(bare, goes_on=any(job.key in file.going_on for job in file.jobs))
    return entries


def _next(job: Job, now: datetime) -> tuple[datetime, str] | None:
    if not job.enabled or job.schedule is None:
        return None
    coming = slots(job.schedule, job.district.time_zone, now, now + _LOOK_AHEAD)
    return (coming[0].at, coming[0].kind) if coming else None


def _waiting(held: Mapping[str, object] | None) -> int:
    """How many changes of the run wait for an approval. A failed run takes nobody's place, so that it need not be the newest."""
    return sum(each["count"] for each in json.loads(str(held["held"] or "[]"))) if held is not None else 0


def _sentence(folders: DistrictPlaces, rows: Sequence[Mapping[str, Any]]) -> str | None:
    """The last run's first sentence, as its text summary has it, or what became of the run since; where it ran, if not here."""
    if not rows:
        return None
    try:
        written = (folders.run_folder(rows[0]["id"]) / "summary.txt").read_text("utf-8")
    except OSError:
        host = rows[0]["host"]
        return f"It ran on {host}, where its report is." if elsewhere(host) else None
    return sentence_now(written, rows[0]["status"], rows[0]["note"])


def refreshed(district: District, folders: DistrictPlaces, store: Store, now: datetime, workspace: Workspace) -> str | None:
    """What kept the page from being written, in a sentence; None when it was. A page never fails a run."""
    try:
        refresh_job_manager(district, folders, store, now, workspace)
    except (OSError, RunnerError, pl.exceptions.PolarsError) as error:
        return f"the Job Manager page could not be written ({type(error).__name__})"
    return None


def rewritten(key: str, places: Places, now: datetime) -> str | None:
    """The page of a district, outside of any run; what kept it from being written, or None.

    It takes no lock. A run that ends meanwhile writes the page itself, so the page is written again where there is news of one."""
    folders = places.for_district(key)
    if not (places.jobs / key).is_dir():
        return None  # the district is gone: its last page stays as it was
    workspace = load_workspace(places.jobs, must_resolve=False, only=places.jobs / key)
    kept = (job.district for file in broken_files(places.jobs / key, workspace.problems, folders) for job in file.jobs)
    district = next(chain((each for each in workspace.districts if each.key == key), kept), None)
    if district is None:
        return None  # never good yet: there is neither a name nor a store to show
    address = folders.store_address(district)
    with TemporaryDirectory(prefix="runner-") as spare:
        missing = isinstance(address, Path) and not address.exists()
        store = open_store(Path(spare) / "empty.db" if missing else address, create=missing, now=now)
        for _ in range(_MOST_TIMES):
            seen = store.runs(limit=_RUNS_SHOWN)
            trouble = refreshed(district, folders, store, now, workspace)
            if trouble is not None or store.runs(limit=_RUNS_SHOWN).equals(seen):
                return trouble
    return None
