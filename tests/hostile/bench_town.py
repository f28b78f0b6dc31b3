"""A small district that already has the three usual patrons, to put one hostile file before the whole program."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import adbc_driver_sqlite.dbapi as sqlite
import polars as pl

from runner.job.load import load_job
from runner.run.engine import run_job
from runner.run.outcome import Outcome
from runner.run.places import Places
from runner.run.progress import NoProgress
from tests.hostile.cases import TABLE, Case, table
from tests.hostile.inputs import place

YESTERDAY = datetime(2026, 10, 14, 7, tzinfo=UTC)
TONIGHT = YESTERDAY + timedelta(days=1)
DISTRICT = """\
version: 1
name: Oddtown
time_zone: America/Chicago
circulation: {checkouts: none, fines: none, holds: none}
sites: [{short_name: NORTH, name: North High, default_patron_type: Student, default_access_level: Patron}]
patron_types: [{name: Student, persona: student}, {name: Faculty, persona: faculty}]
access_levels: [Patron]
"""
_USUAL = """\
version: 1
kind: patrons
name: usual
source: {type: directory, path: exports, file: usual.csv}
properties:
  match_by: district_id
  fields: {district_id: student_id, site: {value: NORTH}, barcode: barcode, last_name: last_name, first_name: first_name, patron_type: type,
    access_level: {value: Patron}, status: {value: Active}}
"""
# Nothing but the program's own care stands between a bad file and the patrons: nobody may stay unseen for a day, and no number of
# records is too small.
_ODD = """\
version: 1
kind: patrons
name: odd
source: {type: directory, path: %(path)s, file: %(file)s, format: {encoding: %(encoding)s}}
properties:
  match_by: district_id
  fields:
    site: {value: NORTH}
    access_level: {value: Patron}
    status: {value: Active}
%(fields)s
removal:
  when_records_read_over: 0
  scope: everyone
  inactivate: {not_updated_in_days: 0}
  delete: {inactive: {days: 0, only_if: no_checkouts_no_fines}}
"""
_FIELDS = {
    "student_id": "district_id: student_id",
    "barcode": "barcode: barcode",
    "last_name": "last_name: last_name",
    "first_name": "first_name: first_name",
    "type": "patron_type: type",
    "grade": "grade_level: grade",
    "email": "email_1: email",
    "birthdate": "birth_date: birthdate",
    "c1": "district_id: c1",
}
# What a file may neither make nor lose: everything but the rows of runs.
_TABLES = (
    *("patron", "association", "checkout", "fine", "hold", "patron_archive", "association_archive", "change", "change_value"),
    *("job_state", "absence", "sent_value", "removed_mark", "patron_type"),
)


@dataclass(frozen=True, slots=True)
class Town:
    """One workspace with the district `oddtown`, its usual patrons in the store since yesterday."""

    root: Path

    @property
    def places(self) -> Places:
        return Places(self.root / "jobs", self.root / "var")

    @property
    def folder(self) -> Path:
        return self.root / "jobs" / "oddtown"

    @property
    def store_file(self) -> Path:
        return self.root / "var" / "oddtown" / "patrons.db"

    def put(self, case: Case) -> None:
        """Makes the case and a job that names it, as a person who means well would write it."""
        (self.root / "odd").mkdir()
        where, file = place(case, self.root / "odd")
        wanted = list(case.wanted) + ([] if "last_name" in case.wanted else ["last_name"])
        fields = "\n".join(f"    {_FIELDS[name]}" for name in wanted)
        if "last_name" not in case.wanted:
            fields = fields.replace(_FIELDS["last_name"], "last_name: {value: Last}")
        if "barcode" not in case.wanted:
            fields += '\n    barcode: {value: "P1"}'
        job = _ODD % {"path": _text(str(where)), "file": _text(file), "encoding": case.encoding, "fields": fields}
        (self.folder / "odd.yaml").write_text(job, encoding="utf-8")

    def run(self, job: str = "odd", now: datetime = TONIGHT, **more: Any) -> Outcome:
        """One whole run in this process. Raises InvalidFiles for a job that no run may be started with."""
        return run_job(load_job(self.places.jobs, f"oddtown/{job}"), self.places, kind="full", now=now, progress=NoProgress(), **more)

    def contents(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table that holds what people would miss."""
        with sqlite.connect(str(self.store_file), autocommit=True) as connection:
            return {name: _rows(connection, name) for name in _TABLES}

    def people(self) -> dict[str, str]:
        """The status of every patron by district id."""
        with sqlite.connect(str(self.store_file), autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT district_id, status FROM patron")
            return dict(pl.DataFrame(cursor.fetch_arrow()).rows())


def found(root: Path) -> Town:
    """A new town whose usual patrons were loaded yesterday."""
    town = Town(root)
    (town.folder / "exports").mkdir(parents=True)
    (town.folder / "district.yaml").write_text(DISTRICT, encoding="utf-8")
    (town.folder / "usual.yaml").write_text(_USUAL, encoding="utf-8")
    (town.folder / "exports" / "usual.csv").write_text(table(TABLE), encoding="utf-8")
    assert town.run("usual", YESTERDAY).status == "complete"
    return town


def copied(town: Town, root: Path) -> Town:
    """A town that is like `town`, for one test to spoil."""
    shutil.copytree(town.root, root, dirs_exist_ok=True)
    return Town(root)


def _rows(connection: sqlite.AdbcSqliteConnection, name: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {name} ORDER BY 1, 2")
        return list(pl.DataFrame(cursor.fetch_arrow()).rows())


def _text(text: str) -> str:
    """A YAML text in double quotes."""
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\x1b": "\\e"}
    return '"' + "".join(escapes.get(letter, letter) for letter in text) + '"'
