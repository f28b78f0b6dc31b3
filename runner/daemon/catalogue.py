"""Which jobs there are, read by a child process: `python -m runner.daemon.catalogue JOBS` prints them as one JSON document.

Checking a job may need the data libraries (a pattern is compiled), and a strange file may cost memory or time: the daemon wants neither.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from runner.job.model import Job, Schedule

_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Entry:
    """A job that can be run by the clock."""

    job: str
    district: str
    zone: ZoneInfo
    schedule: Schedule
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """`entries`: enabled jobs with a schedule. `broken`: file -> its first problem, in words. `jobs`: every valid job's key."""

    entries: Sequence[Entry]
    broken: Mapping[str, str]
    jobs: Sequence[str]


class Unreadable(Exception):
    """The child died or took too long; the last catalogue stays in force."""


def read_catalogue(jobs: Path) -> Catalogue:
    """The catalogue of a jobs folder, made by a child process. Raises Unreadable."""
    command = [sys.executable, "-m", "runner.daemon.catalogue", str(jobs)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_PATIENCE, check=False, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        raise Unreadable(f"reading {jobs} took over {_PATIENCE:g} seconds") from None
    if done.returncode != 0:
        raise Unreadable(f"reading {jobs} failed (exit code {done.returncode})")
    found = json.loads(done.stdout)
    return Catalogue([_entry(each) for each in found["entries"]], found["broken"], found["jobs"])


def main(words: Sequence[str]) -> int:
    """Prints the catalogue of the folder that `words` name."""
    from runner.job.load import load_workspace

    workspace = load_workspace(Path(words[0]))
    broken: dict[str, str] = {}
    for problem in workspace.problems:
        if problem.severity == "error":
            place = f":{problem.place.line}:{problem.place.column}" if problem.place else ""
            broken.setdefault(str(problem.path), f"{problem.path.name}{place}: {problem.text}")
    entries = [_plain(job) for job in workspace.jobs if job.enabled and job.schedule is not None]
    json.dump({"entries": entries, "broken": broken, "jobs": [job.key for job in workspace.jobs]}, sys.stdout)
    return 0


def _plain(job: Job) -> dict[str, Any]:
    schedule = job.schedule
    assert schedule is not None
    return {
        "job": job.key,
        "district": job.district.key,
        "zone": job.district.time_zone.key,
        "files": [str(job.path), str(job.district.path)],
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
    return Entry(plain["job"], plain["district"], ZoneInfo(plain["zone"]), schedule, tuple(plain["files"]))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
