"""What the commands say of circulation tables: a load replaces its table, and that is a change."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import FINES, Type

ROWS = "StudentID,School,Amount\n1000001,NORTH,1.00\n1000009,NORTH,2.00\n"
PLAN = ("plan", "springfield/fines", "--detailed-exitcode")


@pytest.fixture
def exports(workspace: Path, typed: Type) -> Path:
    folder = workspace / "jobs" / "springfield"
    (folder / "fines.yaml").write_text(FINES.replace("  table: fines\n", "  table: fines\n  allow_empty: true\n"))
    (folder / "exports" / "fines.csv").write_text(ROWS)
    assert typed("run", "springfield/students").exit_code == 0
    return folder / "exports"


def test_a_load_that_brings_rows_is_a_change(typed: Type, exports: Path) -> None:
    answer = typed(*PLAN)
    assert answer.exit_code == 2
    assert "To load this: runner run springfield/fines" in answer.stdout


def test_the_file_that_was_loaded_last_is_none(typed: Type, exports: Path) -> None:
    typed("run", "springfield/fines")
    answer = typed(*PLAN)
    assert answer.exit_code == 0
    assert "The file is the one that was loaded last" in answer.stdout


def test_the_same_file_is_one_where_a_patron_has_come_meanwhile(typed: Type, exports: Path) -> None:
    typed("run", "springfield/fines")
    (exports / "students.csv").write_text((exports / "students.csv").read_text() + "1000009,NORTH,Ito,Di,104\n")
    typed("run", "springfield/students")
    assert typed(*PLAN).exit_code == 2


def test_a_load_that_empties_its_table_is_one_and_is_not_listed_as_nothing(typed: Type, exports: Path) -> None:
    typed("run", "springfield/fines")
    (exports / "fines.csv").write_text("StudentID,School,Amount\n")
    assert typed(*PLAN).exit_code == 2
    typed("run", "springfield/fines")
    assert "no row in the file" in typed("runs", "springfield/fines").stdout
    assert typed(*PLAN).exit_code == 0
