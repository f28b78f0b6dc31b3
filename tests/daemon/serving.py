"""The real daemon on a small workspace: started, waited for, signalled, killed."""

from __future__ import annotations

import csv
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DISTRICT = """\
version: 1
name: Springfield
time_zone: America/Chicago
circulation: {checkouts: none, fines: none, holds: none}
sites:
  - {short_name: NORTH, name: North High, default_patron_type: Student, default_access_level: Patron}
patron_types: [{name: Student, persona: student}]
access_levels: [Patron]
"""
JOB = """\
version: 1
kind: patrons
name: NAME
source: {type: directory, path: exports, file: students.csv}
properties:
  match_by: district_id
  fields:
    district_id: StudentID
    site: School
    barcode: {template: "P {StudentID}"}
    last_name: Last
    homeroom: HR
schedule: {at: "02:00", weekdays: full, weekends: full, grace: 6h}
guards: {update: {percent: 100}}
"""
SLOW = JOB.replace("    homeroom: HR\n", "    homeroom: HR\n    username: StudentID\n    password: Password\n")
HEADER = ("StudentID", "School", "Last", "HR", "Password")
TIMES = "02:00 xxxxxxx America/Chicago"
DUE = "2026-10-15T07:00:30Z"  # half a minute past 02:00 in Springfield
SLOT = "2026-10-15T02:00"


class Workspace:
    """`jobs/springfield/` with the job `students`, and `var` beside it."""

    def __init__(self, folder: Path, *, job: str = JOB, patrons: int = 5) -> None:
        self.folder, self.jobs, self.var = folder, folder / "jobs", folder / "var"
        self.district("springfield", patrons=patrons)
        self.job(job)

    def district(self, name: str, *, patrons: int = 5) -> Path:
        home = self.jobs / name
        (home / "exports").mkdir(parents=True)
        (home / "district.yaml").write_text(DISTRICT)
        self.export(name, patrons=patrons)
        return home

    def job(self, text: str = JOB, *, name: str = "students", district: str = "springfield") -> Path:
        path = self.jobs / district / f"{name}.yaml"
        path.write_text(text.replace("NAME", name))
        return path

    def export(self, district: str = "springfield", *, patrons: int = 5, homeroom: object = 1) -> None:
        """Tonight's file, put in place whole."""
        target = self.jobs / district / "exports" / "students.csv"
        part = target.with_suffix(".part")
        with part.open("w", newline="") as file:
            rows = [(1000000 + n, "NORTH", f"Canary{n}", homeroom, f"secret-{n}") for n in range(patrons)]
            csv.writer(file).writerows([HEADER, *rows])
        part.replace(target)

    def known(self, job: str = "springfield/students", since: str = "2026-10-15T00:00:00+00:00", times: str = TIMES) -> None:
        """Lets the daemon have known the job since then, so that a slot that is due runs at its first tick."""
        district, name = job.split("/")
        folder = self.var / district / "daemon" / "jobs"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        about = {"known_since": since, "times": times, "settled": [], "alerted": []}
        (folder / f"{name}.json").write_text(json.dumps(about))

    def runs(self, district: str = "springfield") -> list[dict[str, Any]]:
        """The rows of the run table, oldest first."""
        return self.rows("SELECT * FROM run ORDER BY number", district)

    def rows(self, sql: str, district: str = "springfield") -> list[dict[str, Any]]:
        store = self.var / district / "patrons.db"
        if not store.exists():
            return []
        connection = sqlite3.connect(store, timeout=30)
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute(sql)]
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []  # the store is being made
            raise
        finally:
            connection.close()

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return {**kept, "PYTHONPATH": str(ROOT), "POLARS_MAX_THREADS": "1", **more}

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "runner.cli", "--jobs", str(self.jobs), "--var", str(self.var), *words]


class Serving:
    """A daemon at work. `log` is what it says."""

    def __init__(
        self,
        at: Workspace,
        *,
        now: str = DUE,
        rate: float = 1,
        tick: float = 0.2,
        words: Sequence[str] = (),
        program: Sequence[str] = (),
        **more: str,
    ) -> None:
        self.log_file = at.folder / f"serve-{time.monotonic_ns()}.log"
        command = [*program, *at.command("serve", "--tick", str(tick), *words)[3 if program else 0 :]]
        environment = at.environment(RUNNER_NOW=now, RUNNER_CLOCK_RATE=str(rate), **more)
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def wait_for(self, text: str, *, times: int = 1, seconds: float = 60) -> None:
        ends = time.monotonic() + seconds
        while self.log.count(text) < times:
            assert self.process.poll() is None, self.log
            assert time.monotonic() < ends, self.log
            time.sleep(0.05)

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """Its exit code, and how many seconds it took to end."""
        begun = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(30), time.monotonic() - begun

    def __enter__(self) -> Serving:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for child in (*children_of_session(self.log_file.parent), *spares(self.log_file.parent)):
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)


def children_of_session(folder: Path) -> list[int]:
    """Workers that work in `folder`, whoever started them: their command line names it, and the command or their own name says run."""
    return [pid for pid, name, words in _processes(folder) if name.startswith("run ") or ("runner.cli" in words and "run" in words)]


def spares(folder: Path) -> list[int]:
    """Workers in waiting of daemons that work in `folder`."""
    return [pid for pid, name, words in _processes(folder) if "runner.cli.spare" in words and not name.startswith("run ")]


def _processes(folder: Path) -> Iterator[tuple[int, str, list[str]]]:
    """Number, name and command line of each process that has to do with `folder`."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().decode(errors="replace")
                name = (entry / "comm").read_text().strip()
            except OSError:
                continue
            if str(folder) in words:
                yield int(entry.name), name, words.split("\0")


def later(instant: str, **span: float) -> str:
    return (datetime.fromisoformat(instant) + timedelta(**span)).isoformat()
