"""A district of a few people in a temporary folder, to run whole jobs on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from runner.job.load import load_job
from runner.job.model import Job
from runner.run.approve import approve_run, reject_run
from runner.run.engine import plan_job, run_job
from runner.run.outcome import Outcome
from runner.run.places import Places
from runner.run.progress import NoProgress
from runner.run.undo import undo_run
from runner.store.runs import RunRow

NIGHT = datetime(2026, 10, 15, 7, tzinfo=UTC)
DISTRICT = """\
version: 1
name: Smallville
time_zone: America/Chicago
circulation: {checkouts: none, fines: none, holds: none}
sites:
  - {short_name: NORTH, name: North High, aliases: ["017"], default_patron_type: Student, default_access_level: Patron}
  - {short_name: SOUTH, name: South High, aliases: ["018"], default_patron_type: Student, default_access_level: Patron}
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
    barcode: Card
    last_name: Last
    first_name: First
    homeroom: {column: HR, when_blank: clear}
    grade_level: Grade
    graduation_year: GradYear
    username: User
"""


# A second job, of a file of its own: SmallDistrict.beside.
OTHERS = JOB.replace("name: students", "name: others").replace("students.csv", "others.csv")


def leavers(*, also: str = "clear_homeroom: true, disable_login: true", delete: str | None = None, guards: str) -> str:
    """JOB with a policy that inactivates after 14 days. `also` of the inactivation; `delete` and `guards` as a job writes them."""
    policy = "removal:\n  when_records_read_over: 0\n  scope: everyone\n"
    deletes = f"  delete: {delete}\n" if delete else ""
    return f"{JOB}{policy}  inactivate: {{not_updated_in_days: 14, {also}}}\n{deletes}guards: {guards}\n"


LEAVERS = leavers(
    delete="{graduated_seniors: true, inactive: {days: 30, only_if: no_checkouts_no_fines}}",
    guards="{delete: {number: 100}, inactivate: {number: 100}}",
)
COLUMNS = ("ID", "School", "Card", "Last", "First", "HR", "Grade", "GradYear", "User")


@dataclass(frozen=True, slots=True)
class SmallDistrict:
    """One district, `small`, with one job, `small/students`; a test may put others beside it."""

    root: Path

    @property
    def places(self) -> Places:
        return Places(self.root / "jobs", self.root / "var")

    @property
    def folder(self) -> Path:
        return self.root / "jobs" / "small"

    @property
    def store_file(self) -> Path:
        return self.root / "var" / "small" / "patrons.db"

    def write(self, *, job: str = JOB, district: str = DISTRICT) -> SmallDistrict:
        """Writes district and job."""
        (self.folder / "exports").mkdir(parents=True, exist_ok=True)
        (self.folder / "district.yaml").write_text(district, encoding="utf-8")
        (self.folder / "students.yaml").write_text(job, encoding="utf-8")
        return self

    def beside(self) -> SmallDistrict:
        """Writes a second job, `small/others`, that maps as JOB does and has a file of its own."""
        (self.folder / "others.yaml").write_text(OTHERS, encoding="utf-8")
        return self

    def export(self, rows: Sequence[Mapping[str, str]], columns: Sequence[str] = COLUMNS, *, name: str = "students") -> None:
        """Writes tonight's file; cells that a row does not name are empty."""
        lines = [",".join(columns), *(",".join(f'"{row.get(name, "")}"' for name in columns) for row in rows)]
        (self.folder / "exports" / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def plan(self, kind: str | None = None, *, now: datetime = NIGHT, name: str = "students", **more: Any) -> Outcome:
        """Plans in this process."""
        return plan_job(load_job(self.places.jobs, f"small/{name}"), self.places, kind=kind, now=now, progress=NoProgress(), **more)

    def run(self, kind: str | None = None, *, now: datetime = NIGHT, name: str = "students", **more: Any) -> Outcome:
        """Runs in this process."""
        return run_job(load_job(self.places.jobs, f"small/{name}"), self.places, kind=kind, now=now, progress=NoProgress(), **more)

    def approve(self, run: str, *, now: datetime = NIGHT, by: str | None = None) -> Outcome:
        """Approves what a run holds."""
        return approve_run(self.job(), self.places, run, by=by, now=now, progress=NoProgress())

    def reject(self, run: str, *, now: datetime = NIGHT, by: str | None = None) -> RunRow:
        """Rejects what a run holds."""
        return reject_run(self.job(), self.places, run, by=by, now=now, progress=NoProgress())

    def undo(self, run: str, *, now: datetime = NIGHT, patron: str | None = None) -> Outcome:
        """Undoes a run."""
        return undo_run(self.job(), self.places, run, patron=patron, now=now, progress=NoProgress())

    def job(self) -> Job:
        """The job as its file is now."""
        return load_job(self.places.jobs, "small/students")

    def status(self, run: str) -> str:
        """A run's status in the store."""
        found: str = self.rows(f"SELECT status FROM run WHERE id = '{run}'")[0][0]
        return found

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What another process sees in the store: the product's own SQLite must be alone in this one."""
        return [tuple(each) for each in self._sql(sql)]

    def edit(self, sql: str) -> None:
        """An edit by staff, with another program."""
        self._sql(sql)

    def _sql(self, sql: str) -> list[list[Any]]:
        script = (
            "import json, sqlite3, sys; store = sqlite3.connect(sys.argv[1]); "
            "rows = store.execute(sys.argv[2]).fetchall(); store.commit(); store.close(); print(json.dumps(rows))"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, str(self.store_file), sql], capture_output=True, text=True, check=True, env={**os.environ}
        )
        found: list[list[Any]] = json.loads(done.stdout)
        return found


def student(number: int, **changed: str) -> dict[str, str]:
    """An invented student."""
    usual = {
        "ID": f"{1000 + number}",
        "School": "NORTH",
        "Card": f"P{number}",
        "Last": f"Last{number}",
        "First": f"First{number}",
        "HR": f"{100 + number}",
        "Grade": "09",
        "GradYear": "2030",
        "User": f"user{number}",
    }
    return {**usual, **changed}
