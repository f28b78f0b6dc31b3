"""Files that the last run found right: only what can have become wrong since is asked, and a file that changed is asked everything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runner.job import check, schema_check
from tests.cli.conftest import Type


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The schemas that a file was held against."""
    found: list[str] = []
    real = schema_check.check_schema

    def noted(document: Any, name: str) -> None:
        found.append(name)
        real(document, name)

    monkeypatch.setattr(check, "check_schema", noted)
    return found


def ran(typed: Type) -> int:
    code: int = typed("run", "springfield/students").exit_code
    return code


def test_a_file_is_held_against_its_schema_once(typed: Type, asked: list[str]) -> None:
    assert ran(typed) == 0
    assert asked == ["district", "job"]
    asked.clear()
    assert ran(typed) == 0
    assert asked == []


def test_a_file_that_changed_is_asked_everything(typed: Type, folder: Path, asked: list[str]) -> None:
    ran(typed)
    path = folder / "students.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("last_name: Last", "last_nam: Last"), encoding="utf-8")
    asked.clear()
    assert ran(typed) == 78
    assert asked == ["job"]


def test_a_file_with_a_problem_is_not_vouched_for(typed: Type, folder: Path, asked: list[str]) -> None:
    other = folder / "staff.yaml"
    other.write_text("version: 1\nkind: patrons\nname: staff\n", encoding="utf-8")
    ran(typed)
    asked.clear()
    assert ran(typed) == 0
    assert asked[0] == "job"  # the broken one; the district and the other job are known
    assert asked.count("district") == 1  # by the Job Manager, which reads a folder with problems anew


def test_a_variable_that_changed_is_another_file(typed: Type, folder: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / "students.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace('at: "02:30"', 'at: "${env:NIGHTLY}"'), encoding="utf-8")
    monkeypatch.setenv("NIGHTLY", "02:30")
    assert ran(typed) == 0
    asked.clear()
    monkeypatch.setenv("NIGHTLY", "half past two")
    assert ran(typed) == 78
    assert asked == ["job"]


def test_another_version_of_the_program_asks_again(typed: Type, asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    ran(typed)
    monkeypatch.setattr("runner.job.vouched._program", lambda: "another")
    asked.clear()
    ran(typed)
    assert asked == ["district", "job"]


@pytest.mark.parametrize("spoilt", ["", "{", "7", '["x"]', "null"])
def test_marks_that_are_damaged_cost_time_alone(spoilt: str, typed: Type, workspace: Path, asked: list[str]) -> None:
    ran(typed)
    path = workspace / "var" / "springfield" / "checked.json"
    path.write_text(spoilt, encoding="utf-8")
    asked.clear()
    assert ran(typed) == 0
    assert asked == ["district", "job"]


def test_the_marks_are_private_and_tell_nothing(typed: Type, workspace: Path) -> None:
    ran(typed)
    path = workspace / "var" / "springfield" / "checked.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert all(len(mark) == 64 for mark in json.loads(path.read_text(encoding="utf-8")))


def test_only_a_run_keeps_marks(typed: Type, workspace: Path) -> None:
    ran(typed)
    path = workspace / "var" / "springfield" / "checked.json"
    path.unlink()
    for words in (["check", "jobs"], ["plan", "springfield/students"]):
        typed(*words)
    assert not path.exists()
