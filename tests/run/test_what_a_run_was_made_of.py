"""What the store remembers of a run's input: all that is left of it once the run's folder is gone."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.run.small_district import JOB, NIGHT, SmallDistrict, student

ASKED = "SELECT input_name, input_sha256, input_size, source_commit FROM run ORDER BY number"


@pytest.fixture
def small(tmp_path: Path) -> SmallDistrict:
    district = SmallDistrict(tmp_path).write()
    district.export([student(1), student(2)])
    return district


def test_the_row_of_a_run_names_its_input_as_the_report_does(small: SmallDistrict) -> None:
    ran = small.run().report.provenance
    assert small.rows(ASKED) == [(ran.input_name, ran.input_sha256, ran.input_size, ran.commit)]
    file = small.folder / "exports" / "students.csv"
    assert ran.input_sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    [(modified,)] = small.rows("SELECT input_modified FROM run")
    assert modified[:19].replace(" ", "T") == ran.input_modified.isoformat()[:19]  # type: ignore[union-attr]


def test_so_does_the_row_of_a_run_whose_input_is_the_same_again(small: SmallDistrict) -> None:
    small.run()
    small.run()
    first, second = small.rows(ASKED)
    assert first == second
    assert None not in first[:3]


def test_a_run_that_holds_changes_names_it_too(small: SmallDistrict) -> None:
    small.run()
    small.write(job=JOB + "guards: {update: {number: 0}}\n")
    small.export([student(1, HR="9"), student(2)])
    held = small.run()
    assert held.status == "held"
    small.approve(held.report.run, now=NIGHT)
    shas = [sha for _, sha, _, _ in small.rows(ASKED)]
    assert shas[1] == held.report.provenance.input_sha256
    assert shas[2] is None  # an approval reads no file


def test_an_undo_reads_no_file(small: SmallDistrict) -> None:
    small.undo(small.run().report.run)
    assert [row[0] is None for row in small.rows(ASKED)] == [False, True]


def test_an_incremental_after_an_undo_says_what_it_forgot(small: SmallDistrict) -> None:
    first = small.run("incremental").report
    assert "has no earlier input" in str(first.messages["text"].to_list())
    small.undo(first.run)
    said = str(small.run("incremental").report.messages["text"].to_list())
    assert "was dropped, as an undo does" in said
    assert "has no earlier input" not in said
