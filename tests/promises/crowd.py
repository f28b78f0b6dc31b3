"""A district of as many invented students as a test wants, for the real command in a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import adbc_driver_sqlite.dbapi as sqlite
import polars as pl
from click.testing import CliRunner, Result

from runner.cli.main import runner

ROOT = Path(__file__).parents[2]
DISTRICT = """\
version: 1
name: Crowdville
time_zone: America/Chicago
circulation: {checkouts: none, fines: none, holds: none}
sites:
  - {short_name: NORTH, name: North High, default_patron_type: Student, default_access_level: Patron}
  - {short_name: SOUTH, name: South High, default_patron_type: Student, default_access_level: Patron}
patron_types: [{name: Student, persona: student}]
access_levels: [Patron]
"""
JOB = """\
version: 1
kind: patrons
name: students
source: {type: directory, path: exports, file: students.csv}
properties:
  match_by: district_id
  fields:
    district_id: ID
    site: School
    barcode: ID
    last_name: Last
    homeroom: {column: HR, when_blank: clear}
    status: {value: Active}
    patron_type: {value: Student}
    access_level: {value: Patron}
guards: {update: {percent: 100}}
"""


@dataclass(frozen=True, slots=True)
class Crowd:
    """One workspace with the job `crowd/students`."""

    root: Path

    @property
    def folder(self) -> Path:
        return self.root / "jobs" / "crowd"

    @property
    def var(self) -> Path:
        return self.root / "var" / "crowd"

    @property
    def store_file(self) -> Path:
        return self.var / "patrons.db"

    def write(self, *, job: str = JOB, district: str = DISTRICT) -> Crowd:
        (self.folder / "exports").mkdir(parents=True, exist_ok=True)
        (self.folder / "district.yaml").write_text(district, encoding="utf-8")
        (self.folder / "students.yaml").write_text(job, encoding="utf-8")
        return self

    def export(self, rows: int, homeroom: str) -> None:
        """Tonight's file: everybody sits in `homeroom`."""
        lines = (f"{1_000_000 + n},NORTH,Last{n},{homeroom}\n" for n in range(rows))
        (self.folder / "exports" / "students.csv").write_text("ID,School,Last,HR\n" + "".join(lines), encoding="utf-8")

    def environment(self, **more: str) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "POLARS_MAX_THREADS": "1", **more}

    def start(self, *words: str, umask: int = 0o022, **more: Any) -> subprocess.Popen[str]:
        """The command as a process of its own, its answers in pipes."""
        given: Mapping[str, str] = more.pop("env", {})
        return subprocess.Popen(
            [sys.executable, "-m", "runner.cli", *words],
            cwd=self.root,
            env=self.environment(**given),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            umask=umask,
            **more,
        )

    def type(self, *words: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """The command as a process of its own, waited for."""
        process = self.start(*words, **more)
        out, err = process.communicate(timeout=100)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def here(self, *words: str) -> Result:
        """The command in this process, which saves a second: for what is not about the process itself."""
        return CliRunner().invoke(runner, [*words, "--jobs", str(self.root / "jobs"), "--var", str(self.root / "var")])

    def copied(self, root: Path) -> Crowd:
        """A workspace like this one, for a test to spoil."""
        shutil.copytree(self.root, root, dirs_exist_ok=True)
        return Crowd(root)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """What the store answers. This process has no other SQLite open on it."""
        with sqlite.connect(str(self.store_file), autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 10000")  # as for every good guest: the moment of a checkpoint is waited for
            cursor.execute(sql)
            return list(pl.DataFrame(cursor.fetch_arrow()).rows())
