"""What `plan`, `run` and `next` say of other days, old files and broken ones."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from tests.cli.conftest import JOB, Type

POLICY = "removal: {when_records_read_over: 0, scope: everyone, inactivate: {not_updated_in_days: 14}}\n"


def test_a_rehearsal_of_another_day_advises_no_run(folder: Path, typed: Type) -> None:
    (folder / "students.yaml").write_text(JOB + POLICY)
    told = typed("plan", "springfield/students", "--as-of", "2027-01-01").stdout
    assert "as if this file's records had last been seen on 2027-01-01" in told
    assert "To do this" not in told


def test_a_rehearsal_is_not_saved(typed: Type) -> None:
    assert typed("plan", "springfield/students", "--as-of", "2027-01-01", "-o", "plan.bin").exit_code == 64


def test_an_old_file_is_warned_of_and_counted(folder: Path, answered: Any) -> None:
    (folder / "students.yaml").write_text(JOB.replace("file: students.csv", "file: students.csv\n  max_age: 3d"))
    os.utime(folder / "exports" / "students.csv", (0, 0))
    done = answered("run", "springfield/students")
    assert [(each["code"], each["severity"]) for each in done["messages"]] == [("input-old", "warning")]
    assert (done["counts"]["warnings"], done["status"]) == (1, "complete")


def test_every_warning_about_the_file_is_counted(folder: Path, answered: Any, typed: Type) -> None:
    typed("run", "springfield/students")
    file = folder / "exports" / "students.csv"
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:2]))
    done = answered("run", "springfield/students", "--accept-input", "summer")
    assert [each["code"] for each in done["messages"] if each["severity"] == "warning"] == ["input-shrunk"]
    assert done["counts"]["warnings"] == 1
    assert "it was taken all the same (summer)" in " ".join(typed("runs", "show", done["run"]).stdout.split())
    assert "(input accepted: summer)" in typed("runs", "--limit", "1").stdout


def test_a_plan_that_could_not_be_made_is_no_run_that_failed(folder: Path, typed: Type) -> None:
    (folder / "exports" / "students.csv").unlink()
    told = typed("plan", "springfield/students").stdout
    assert "This plan could not be made" in told
    assert "run failed" not in told


def test_next_names_the_files_that_are_broken_in_json_too(folder: Path, answered: Any) -> None:
    (folder / "students.yaml").write_text(JOB + "nonsense: 1\n")
    assert [(Path(each["file"]).name, each["going_on"]) for each in answered("next")["broken"]] == [("students.yaml", [])]
    (folder / "students.yaml").write_text(JOB.replace("Last\n", '"${env:NOT_SET_ANYWHERE}"\n'))
    assert [Path(each["file"]).name for each in answered("next")["broken"]] == ["students.yaml"]


def test_an_undo_of_a_run_that_was_approved_names_the_one_that_did_it(folder: Path, answered: Any, typed: Type) -> None:
    (folder / "students.yaml").write_text(JOB + "guards: {create: {number: 0}}\n")
    held = answered("run", "springfield/students")["run"]
    applied = answered("approve", held)["run"]
    refused = typed("undo", held)
    assert (refused.exit_code, f"runner undo {applied}" in refused.stderr) == (1, True)
    assert answered("undo", applied)["counts"]["deleted"] == 3
