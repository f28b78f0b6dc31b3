"""`make demo`: the demo district through two nights, and where the reports of both are.

Night one is the first load of jobs/demo as it stands in the repository. Night two, seventeen days later, runs the same jobs over
exports that jobs/demo/generator/generate.py writes into var/demo/night-2. The clock is fixed for both (RUNNER_NOW), so that everybody
sees the same people inactivated and deleted, in any year; the reports say so.

It always begins afresh. Only a var/demo that an earlier `make demo` made is deleted; any other is moved aside, and no other
district's folder is touched.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs.demo.generator.generate import write_night

MARK = ".made-by-make-demo"
DONE = (0, 3)  # complete, or complete but for held actions
SCREENFUL = 60
MEANING = {0: "", 3: "  (something waits for a person: see its report)"}


@dataclass(frozen=True, slots=True)
class Night:
    """One night: the clock in UTC (two in the morning in Chicago), where the jobs are, the jobs in the order of their schedule."""

    title: str
    now: str
    jobs_root: Path
    jobs: tuple[str, ...]


class Stopped(Exception):
    """A run ended otherwise than a demo run may."""


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Run the demo district through two nights.")
    parser.add_argument("--runner", type=Path, default=Path(".venv/bin/runner"))
    parser.add_argument("--jobs", type=Path, default=Path("jobs"))
    parser.add_argument("--var", type=Path, default=Path("var"))
    given = parser.parse_args()
    os.umask(0o077)  # invented students or not: what lies below var/ is for its owner alone
    begin_afresh(given.var / "demo")
    try:
        for night in nights(given.jobs, given.var):
            show(night, given.runner, given.var)
    except Stopped as stopped:
        print(stopped, file=sys.stderr)
        return 1
    print("\nNext: ask why about one of them, or undo a whole night.")
    for words in ("runs", "patron 1000012 --district demo", "next"):
        print(f"  {given.runner} {words}")
    return 0


def begin_afresh(folder: Path) -> None:
    """Leaves an empty `folder` that is marked as ours."""
    if (folder / MARK).exists():
        shutil.rmtree(folder)
    elif folder.exists():
        aside = next(place for number in range(1, 1000) if not (place := folder.with_name(f"demo-kept-{number}")).exists())
        folder.rename(aside)
        print(f"{folder} was there already and not made by `make demo`: it is kept as {aside}")
    folder.parent.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(mode=0o700)
    (folder / MARK).touch(mode=0o600)


def nights(jobs: Path, var: Path) -> tuple[Night, Night]:
    """Both nights; the second's job files and exports are made here."""
    later = var / "demo" / "night-2"
    # Bytes alone are copied, for the repository's files may be read by others.
    shutil.copytree(jobs / "demo", later / "demo", ignore=shutil.ignore_patterns("exports"), copy_function=shutil.copyfile)
    for folder in (later / "demo", *(each for each in (later / "demo").rglob("*") if each.is_dir())):
        folder.chmod(0o700)
    write_night(2, later / "demo" / "exports")
    loads = ("demo/checkouts", "demo/fines", "demo/holds")
    return (
        # The first time the people come first: books cannot be booked to patrons who are not there yet.
        Night("First night, 28 September 2026: everybody is new", "2026-09-28T07:00:00Z", jobs, ("demo/students", "demo/staff", *loads)),
        Night("Second night, 15 October 2026: what changed", "2026-10-15T07:00:00Z", later, (*loads, "demo/students", "demo/staff")),
    )


def show(night: Night, runner: Path, var: Path) -> None:
    """Runs a night and prints the main job's summary and the path of every summary.html, each alone on its line."""
    print(f"\n{night.title}\n{'=' * len(night.title)}")
    pages = []
    for job in night.jobs:
        code, answer = _run(runner, job, night, var)
        print(f"  {job:<16} {answer['status']:<11} {_told(answer['counts'])}{MEANING[code]}", flush=True)
        pages.append(answer["files"]["html"])
        if job == "demo/students":
            summary = Path(answer["files"]["text"])
    print("\n" + _beginning(summary) + "\n\nReports of this night:")
    for page in pages:
        print(page)


def _beginning(summary: Path) -> str:
    """The summary up to its messages, a screenful at most."""
    lines = summary.read_text(encoding="utf-8").split("\nMESSAGES\n")[0].rstrip().splitlines()
    more = [] if len(lines) <= SCREENFUL else ["  ..."]
    return "\n".join([*lines[:SCREENFUL], *more, f"(The messages and every change are in {summary} and in the page below.)"])


def _run(runner: Path, job: str, night: Night, var: Path) -> tuple[int, dict[str, Any]]:
    """One run; its exit code and its answer."""
    words = [str(runner.absolute()), "--jobs", str(night.jobs_root), "--var", str(var), "run", job, "--full", "--json", "--limit", "1"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RUNNER_")}
    done = subprocess.run(words, env={**clean, "RUNNER_NOW": night.now}, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in DONE:
        raise Stopped(f"{job} ended with exit code {done.returncode}:\n{done.stdout}")
    return done.returncode, json.loads(done.stdout)


def _told(counts: dict[str, int]) -> str:
    """The counts that are not zero, in the order of the report."""
    said = ("rows_read", "skipped", "malformed", "added", "updated", "transferred", "associated", "unchanged", "deleted", "refused",
            "held", "warnings", "inactivated", "removed")  # fmt: skip
    return ", ".join(f"{counts[name]:,} {name.replace('_', ' ')}" for name in said if counts.get(name))


if __name__ == "__main__":
    raise SystemExit(main())
