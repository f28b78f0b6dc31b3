"""A small workspace to type commands in, and the typing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from runner.cli.main import runner

DISTRICT = """\
version: 1
name: Springfield
time_zone: America/Chicago
sites:
  - {short_name: NORTH, name: North High, aliases: ["017"], default_patron_type: Student, default_access_level: Patron}
  - {short_name: SOUTH, name: South High, default_patron_type: Student, default_access_level: Patron}
patron_types:
  - {name: Student, persona: student}
access_levels: [Patron]
"""
JOB = """\
version: 1
kind: patrons
name: students
source:
  type: directory
  path: exports
  file: students.csv
properties:
  match_by: district_id
  fields:
    district_id: StudentID
    site: School
    barcode: {template: "P {StudentID}"}
    last_name: Last
    first_name: First
    homeroom: {column: HR, when_blank: clear}
schedule:
  at: "02:30"
  weekdays: full
  weekends: none
"""
FINES = """\
version: 1
kind: circulation
name: fines
source: {type: directory, path: exports, file: fines.csv}
properties:
  table: fines
  match_by: district_id
  fields: {district_id: StudentID, site: School, amount: Amount}
"""
INPUT = """\
StudentID,School,Last,First,HR
1000001,NORTH,Lee,Ann,101
1000002,017,Falk,Bo,102
1000003,SOUTH,Gill,Cy,103
"""

Type = Callable[..., Result]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with `jobs/springfield/` in it, made the working directory; the clock stands still."""
    for name in ("RUNNER_JOBS", "RUNNER_VAR", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RUNNER_NOW", "2026-10-15T12:00:00Z")
    folder = tmp_path / "jobs" / "springfield"
    (folder / "exports").mkdir(parents=True)
    (folder / "district.yaml").write_text(DISTRICT)
    (folder / "students.yaml").write_text(JOB)
    (folder / "exports" / "students.csv").write_text(INPUT)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def folder(workspace: Path) -> Path:
    """The district's folder in the workspace."""
    return workspace / "jobs" / "springfield"


@pytest.fixture
def typed(workspace: Path) -> Type:
    """Types a command: `typed("check", "--json")` gives click's Result (exit_code, stdout, stderr)."""

    def type_words(*words: str) -> Result:
        return CliRunner().invoke(runner, list(words))

    return type_words


@pytest.fixture
def answered(typed: Type) -> Callable[..., Any]:
    """Types a command with --json and gives the document."""

    def type_words(*words: str) -> Any:
        document = json.loads(typed(*words, "--json").stdout)
        assert document["schema"] == 1
        return document

    return type_words
