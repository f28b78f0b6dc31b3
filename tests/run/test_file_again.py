"""The same file on another night: it is not read again, and everything is told as if it were."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from runner.intake import read
from runner.run import read_patrons
from runner.run.outcome import Outcome
from tests.run.small_district import COLUMNS, DISTRICT, JOB, NIGHT, SmallDistrict, student

# Malformed, a record over two lines, a blank line, an unknown site: none of these is remembered.
ODD = [
    "1,NORTH,cut",
    '"1009","NORTH","P9","Over","two\nlines","","10","2030","nine"',
    "",
    '"1010","NOWHERE","P10","No","Where","","","",""',
]


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallDistrict:
    monkeypatch.setenv("RUNNER_FAST_PATHS", "on")
    district = SmallDistrict(tmp_path).write(district=DISTRICT)
    district.export([student(number) for number in range(1, 9)])
    return district


@pytest.fixture
def surveys(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """One entry for each time that all lines of a file are looked at."""
    found: list[bool] = []
    real = read.survey_file

    def counted(*given: Any, **named: Any) -> Any:
        found.append(True)
        return real(*given, **named)

    monkeypatch.setattr(read_patrons, "survey_file", counted)
    return found


def add_lines(small: SmallDistrict, lines: list[str], end: str = "\n") -> None:
    path = small.folder / "exports" / "students.csv"
    text = path.read_text(encoding="utf-8") + "\n".join(lines) + "\n"
    path.write_bytes(text.replace("\n", end).encode())


def told(outcome: Outcome) -> Any:
    report = outcome.report
    messages = report.messages.sort("code", "line").select("code", "severity", "line", "patron", "field", "text").rows()
    return report.counts, messages, report.outcomes.select("line", "outcome").sort("line").rows()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_its_odd_lines_are_told_again_and_no_other_is_read(end: str, small: SmallDistrict, surveys: list[bool]) -> None:
    add_lines(small, ODD, end)
    small.run()
    second = small.run(now=NIGHT + timedelta(days=1))
    surveys.clear()
    third = small.run(now=NIGHT + timedelta(days=2))
    assert surveys == []
    assert told(third) == told(second)
    assert third.report.counts["malformed"] == 1
    assert third.report.counts["refused"] == 1
    assert third.report.counts["unchanged"] == 9


def test_a_patron_whom_somebody_edited_has_all_lines_read(small: SmallDistrict, surveys: list[bool]) -> None:
    small.run()
    small.edit("UPDATE patron SET homeroom = 'desk' WHERE district_id = '1003'")
    surveys.clear()
    done = small.run(now=NIGHT + timedelta(days=1))
    assert surveys == [True]
    assert done.report.counts["updated"] == 1


def test_another_file_of_the_same_size_is_read(small: SmallDistrict, surveys: list[bool]) -> None:
    small.run()
    path = small.folder / "exports" / "students.csv"
    path.write_bytes(path.read_bytes().replace(b'"P3"', b'"Q3"'))
    surveys.clear()
    done = small.run(now=NIGHT + timedelta(days=1))
    assert surveys == [True]
    assert done.report.counts["updated"] == 1


def test_its_rows_are_archived_all_the_same(small: SmallDistrict) -> None:
    small.write(job=JOB.replace("file: students.csv", "file: students.csv, archive: 3"))
    for day in range(2):
        small.run(now=NIGHT + timedelta(days=day))
    first, second = sorted((small.places.var / "small" / "archive" / "students").glob("*.csv"))
    assert first.read_bytes() == second.read_bytes()
    assert second.read_bytes().count(b"\n") == 9


def test_a_job_file_that_changed_reads_it_in_full(small: SmallDistrict, surveys: list[bool]) -> None:
    small.run()
    small.write(job=JOB.replace("homeroom: {column: HR, when_blank: clear}", "nickname: HR"))
    surveys.clear()
    done = small.run(now=NIGHT + timedelta(days=1))
    assert surveys == [True]
    assert "read-in-full" in done.report.messages["code"]


def why_in_full(done: Outcome) -> str:
    said = done.report.messages.filter(code="read-in-full")["text"].item()
    return str(said).partition("what is new: ")[2]


def test_a_file_of_which_something_is_said_line_by_line_says_that_this_is_why_it_is_read_in_full(small: SmallDistrict) -> None:
    small.write(job=JOB.replace("grade_level: Grade", "grade_level: {column: Grade, map: {none: of them}}"))
    small.run()
    small.export([student(number) for number in range(1, 10)])
    done = small.run(now=NIGHT + timedelta(days=1))
    assert why_in_full(done) == "most of them are new, or something was said of them in the last run as well."


def test_a_file_whose_lines_all_changed_says_so(small: SmallDistrict) -> None:
    small.run()
    small.export([student(number, HR="900") for number in range(1, 9)])
    assert why_in_full(small.run(now=NIGHT + timedelta(days=1))) == "most of them changed."


def test_a_file_with_another_header_says_so(small: SmallDistrict) -> None:
    small.run()
    small.export([student(number) | {"More": "x"} for number in range(1, 9)], [*COLUMNS, "More"])
    assert why_in_full(small.run(now=NIGHT + timedelta(days=1))) == "its header changed."


@pytest.mark.parametrize("paths", ["on", "off"])
def test_what_two_digits_of_a_birth_year_mean_is_asked_again_in_a_new_year(
    paths: str, small: SmallDistrict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNNER_FAST_PATHS", paths)
    small.write(district=DISTRICT, job=JOB.replace("    homeroom:", '    birth_date: {column: DOB, date: "%m/%d/%y"}\n    homeroom:'))
    small.export([{**student(number), "DOB": f"01/02/{number + 24}"} for number in range(1, 9)], (*COLUMNS, "DOB"))
    small.run()
    assert small.rows("SELECT birth_date FROM patron ORDER BY district_id")[1:4] == [("2026-01-02",), ("1927-01-02",), ("1928-01-02",)]
    assert small.run(now=NIGHT + timedelta(days=1)).report.counts["unchanged"] == 8
    assert small.run(now=NIGHT + timedelta(days=365)).report.counts["updated"] == 1
    assert small.rows("SELECT birth_date FROM patron ORDER BY district_id")[1:4] == [("2026-01-02",), ("2027-01-02",), ("1928-01-02",)]
