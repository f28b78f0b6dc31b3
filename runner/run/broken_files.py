"""Which files of a district cannot be used now, since when, and which jobs go on in their last good version meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from runner.errors import RunnerError
from runner.job.folders import DISTRICT_FILE
from runner.job.model import Job
from runner.problems import Problem
from runner.run.broken_note import NOTE, read_note
from runner.run.last_good import is_gone, kept_jobs, load_last_good
from runner.run.places import DistrictPlaces


class BrokenFile(Struct, frozen=True):
    """`path` is the file, `text` its first problem in words. `since` (UTC): when the daemon saw it break; None where no daemon has.

    `jobs`: what the file's jobs said when they could be used last. `going_on`: the jobs that the daemon runs in that version."""

    path: Path
    text: str
    since: datetime | None
    jobs: tuple[Job, ...]
    going_on: frozenset[str]

    @property
    def of_the_district(self) -> bool:
        """Whether it is district.yaml, without which no job of the district can be used."""
        return self.path.name == DISTRICT_FILE


def broken_files(folder: Path, problems: Iterable[Problem], places: DistrictPlaces) -> list[BrokenFile]:
    """The files in the district's `folder` that cannot be used, job files first.

    `problems` are those that its files have now. What the daemon alone found (a variable that only it lacks) counts as well, unless the
    file was edited since."""
    found: dict[str, str] = {}
    for problem in problems:
        if problem.severity == "error" and problem.path.parent.name == folder.name:
            found.setdefault(problem.path.name, in_words(problem))
    note = read_note(places.root)
    for name in note.files.keys() - found.keys():
        if _as_the_daemon_saw_it(folder / name, places.root):
            found[name] = note.files[name][0]
    kept = list(_last_good(folder, places)) if found else []
    made = []
    for name, text in sorted(found.items(), key=lambda each: (each[0] == DISTRICT_FILE, each[0])):
        jobs = tuple(job for file, job in kept if name in (file, DISTRICT_FILE))
        since = note.files[name][1] if name in note.files else None
        made.append(BrokenFile(folder / name, text, since, jobs, note.going_on if since else frozenset()))
    return made


def in_words(problem: Problem) -> str:
    """One line: file, place and what is wrong."""
    place = f":{problem.place.line}:{problem.place.column}" if problem.place else ""
    return f"{problem.path.name}{place}: {problem.text}"


def _as_the_daemon_saw_it(path: Path, root: Path) -> bool:
    try:
        return path.stat().st_mtime <= (root / NOTE).stat().st_mtime
    except OSError:
        return False


def _last_good(folder: Path, places: DistrictPlaces) -> Iterator[tuple[str, Job]]:
    for name, path in kept_jobs(places):
        if not is_gone(path) and path.parent.name == folder.name:
            try:
                yield path.name, load_last_good(places, name, must_resolve=False)  # only to be shown
            except RunnerError:
                continue
