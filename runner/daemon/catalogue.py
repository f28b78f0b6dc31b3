"""Which jobs run by the clock, read by a child process: `python -m runner.daemon.catalogue JOBS VAR` prints them as one JSON document.

Checking a job may need the data libraries (a pattern is compiled), and a strange file may cost memory or time: the daemon wants neither.
The child also keeps the last good version of each job, and puts it in the place of one that is broken now.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from runner.job.model import Job, Schedule

if TYPE_CHECKING:
    from runner.job.load import Workspace
    from runner.run.places import DistrictPlaces, Places


class Entry(Struct, frozen=True):
    """A job that is run by the clock. `last_good`: its files are broken now, and this is what they said before; `usable` is False where not
    even that can be run now. Such a job keeps its times: what comes due is made up for within the grace, or noted and told of."""

    job: str
    district: str
    zone: ZoneInfo
    schedule: Schedule
    last_good: bool = False
    usable: bool = True

    @property
    def times(self) -> str:
        """When it runs, as text: another text means other slots."""
        days = "".join("-" if kind is None else "x" for kind in self.schedule.days)
        return f"{self.schedule.at:%H:%M} {days} {self.zone.key}"


class Catalogue(Struct, frozen=True):
    """`entries`: enabled jobs with a schedule. `broken`: file -> its first problem, in words. `silent`: jobs whose file is there and
    broken, and whose times nobody can tell now."""

    entries: Sequence[Entry]
    broken: Mapping[str, str]
    silent: Sequence[str] = ()


def parsed(text: str | bytes) -> Catalogue:
    """The catalogue that a child printed. Raises ValueError, KeyError or TypeError for anything else."""
    found = json.loads(text)
    return Catalogue([_entry(each) for each in found["entries"]], found["broken"], found["silent"])


def main(words: Sequence[str]) -> int:
    """Prints the catalogue of the folders that `words` name; 1 where the jobs folder cannot be read."""
    from runner.errors import RunnerError
    from runner.job.load import load_workspace
    from runner.run.places import Places

    places = Places(Path(words[0]).absolute(), Path(words[1]).absolute())
    try:
        workspace = load_workspace(places.jobs)
    except (OSError, RunnerError) as error:
        sys.stderr.write(f"{error.text if isinstance(error, RunnerError) else error.strerror}\n")
        return 1
    broken: dict[str, str] = {}
    for problem in workspace.problems:
        if problem.severity == "error":
            place = f":{problem.place.line}:{problem.place.column}" if problem.place else ""
            broken.setdefault(str(problem.path), f"{problem.path.name}{place}: {problem.text}")
    _keep(workspace, places)
    entries = [_plain(job) for job in workspace.jobs if _has_times(job)]
    silent = []
    for here, name in _fallen_back(workspace, places, broken):
        job, usable = _last_version(here, name)
        if job is None:
            silent.append(f"{here.root.name}/{name}")
        elif _has_times(job):
            entries.append(_plain(job, last_good=True, usable=usable))
    json.dump({"entries": entries, "broken": broken, "silent": silent}, sys.stdout)
    return 0


def _has_times(job: Job) -> bool:
    return job.enabled and job.schedule is not None


def _keep(workspace: Workspace, places: Places) -> None:
    from runner.run.last_good import keep_last_good

    for job in workspace.jobs:
        try:
            keep_last_good(job, places.for_district(job.district.key))
        except OSError as error:
            sys.stderr.write(f"{job.key}: its good version could not be kept ({error.strerror})\n")


def _fallen_back(workspace: Workspace, places: Places, broken: Mapping[str, str]) -> Iterator[tuple[DistrictPlaces, str]]:
    """District and name of each job that has a last good version and whose file, or whose district's, is broken now. A file that is gone
    or renamed is forgotten."""
    from runner.job.folders import DISTRICT_FILE
    from runner.run.last_good import forget_last_good, is_gone, kept_jobs

    valid = {job.key for job in workspace.jobs}
    for folder in sorted(each for each in places.jobs.iterdir() if each.is_dir()):
        here = places.for_district(folder.name)
        for name, path in kept_jobs(here):
            if f"{folder.name}/{name}" in valid or path.parent != folder:
                continue
            if is_gone(path) or not {str(path), str(folder / DISTRICT_FILE)} & broken.keys():
                forget_last_good(here, name)
                continue
            yield here, name


def _last_version(here: DistrictPlaces, name: str) -> tuple[Job | None, bool]:
    """The job's last good version, and whether it can be run now: what it refers to may be gone as well. None where it says nothing."""
    from runner.errors import RunnerError
    from runner.run.last_good import load_last_good

    with suppress(RunnerError):
        return load_last_good(here, name), True
    try:
        return load_last_good(here, name, must_resolve=False), False
    except RunnerError as error:
        sys.stderr.write(f"{error.text}\n")
        return None, False


def _plain(job: Job, *, last_good: bool = False, usable: bool = True) -> dict[str, Any]:
    schedule = job.schedule
    assert schedule is not None
    return {
        "job": job.key,
        "district": job.district.key,
        "zone": job.district.time_zone.key,
        "last_good": last_good,
        "usable": usable,
        "at": schedule.at.isoformat(),
        "days": list(schedule.days),
        "on_missed": schedule.on_missed,
        "grace": schedule.grace.total_seconds(),
        "expect_by": schedule.expect_by.isoformat() if schedule.expect_by else None,
    }


def _entry(plain: Mapping[str, Any]) -> Entry:
    expect_by = plain["expect_by"]
    schedule = Schedule(
        at=time.fromisoformat(plain["at"]),
        days=tuple(plain["days"]),
        on_missed=plain["on_missed"],
        grace=timedelta(seconds=plain["grace"]),
        expect_by=time.fromisoformat(expect_by) if expect_by else None,
    )
    return Entry(plain["job"], plain["district"], ZoneInfo(plain["zone"]), schedule, plain["last_good"], plain["usable"])


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
