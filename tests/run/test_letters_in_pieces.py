"""An export that begins to write é as a letter and an accent: nobody changes, and the library keeps what it has."""

from __future__ import annotations

import unicodedata
from datetime import timedelta
from pathlib import Path

import pytest

from tests.run.small_district import COLUMNS, DISTRICT, JOB, NIGHT, SmallDistrict, leavers, student

pytestmark = pytest.mark.usefixtures("fast_paths")
TOMORROW = NIGHT + timedelta(days=1)
LATER = NIGHT + timedelta(days=2)
BORN = (*COLUMNS, "DOB")
WITH_DATE = JOB.replace("    first_name: First\n", '    first_name: First\n    birth_date: {column: DOB, date: "%Y-%m-%d"}\n')
RENE = {"Last": "René", "First": "Zoë", "User": "rené", "HR": "école", "DOB": "2012-01-05"}


def in_pieces(row: dict[str, str]) -> dict[str, str]:
    return {name: unicodedata.normalize("NFD", cell) for name, cell in row.items()}


@pytest.fixture
def district(tmp_path: Path) -> SmallDistrict:
    made = SmallDistrict(tmp_path).write(job=WITH_DATE)
    made.export([student(1, **RENE), student(2)], BORN)
    made.run()
    return made


@pytest.mark.parametrize("kind", ["full", "incremental"])
def test_nobody_is_changed_and_the_library_keeps_its_form(district: SmallDistrict, kind: str) -> None:
    before = district.rows("SELECT last_name, first_name, username, homeroom, version FROM patron ORDER BY id")
    district.export([in_pieces(student(1, **RENE)), student(2)], BORN)
    assert district.run(kind, now=TOMORROW).report.counts["unchanged"] == 2
    assert district.rows("SELECT last_name, first_name, username, homeroom, version FROM patron ORDER BY id") == before


def test_a_change_beside_it_is_written_alone(district: SmallDistrict) -> None:
    district.export([in_pieces(student(1, **RENE | {"HR": "12"})), student(2)], BORN)
    ran = district.run(now=TOMORROW)
    assert [list(each["fields"]) for each in ran.document()["changes"]] == [["homeroom"]]
    assert district.rows("SELECT last_name FROM patron WHERE district_id = '1001'") == [("René",)]


def test_a_new_patron_s_values_are_kept_as_they_came(district: SmallDistrict) -> None:
    district.export([student(1, **RENE), student(2), in_pieces(student(3, Last="Ångström"))], BORN)
    district.run(now=TOMORROW)
    assert district.rows("SELECT last_name FROM patron WHERE district_id = '1003'") == [(unicodedata.normalize("NFD", "Ångström"),)]


def test_a_twin_and_a_taken_login_name_are_seen(district: SmallDistrict) -> None:
    district.export([student(1, **RENE), student(2), in_pieces(student(3, **RENE))], BORN)
    told = district.run(now=TOMORROW).document()["messages"]
    assert {each["code"] for each in told if each["severity"] == "warning"} == {"possible-duplicate", "username-in-use"}


def test_staff_s_edit_outlives_it_where_the_source_has_to_change(district: SmallDistrict) -> None:
    district.write(job=WITH_DATE.replace("homeroom: {column: HR, when_blank: clear}", "homeroom: {column: HR, write: if_source_changed}"))
    district.run(now=TOMORROW)
    district.edit("UPDATE patron SET homeroom = 'Library' WHERE district_id = '1001'")
    district.export([in_pieces(student(1, **RENE)), student(2)], BORN)
    district.run(now=TOMORROW)
    assert district.rows("SELECT homeroom FROM patron WHERE district_id = '1001'") == [("Library",)]


def test_a_school_of_the_district_file_is_known_in_either_form(tmp_path: Path) -> None:
    district = SmallDistrict(tmp_path).write(district=DISTRICT.replace('aliases: ["018"]', 'aliases: ["018", "École"]'))
    district.export([in_pieces(student(1, School="École")), student(2, School="ÉCOLE")])
    district.run()
    assert district.rows("SELECT DISTINCT site FROM patron") == [("SOUTH",)]


@pytest.mark.parametrize("first_in_pieces", [False, True])
def test_what_was_undone_waits_for_a_word_in_either_form_and_not_after_it(district: SmallDistrict, first_in_pieces: bool) -> None:
    changed = student(1, **RENE | {"HR": "été"})
    one, other = (changed, in_pieces(changed))[:: -1 if first_in_pieces else 1]
    district.export([one, student(2)], BORN)
    district.undo(district.run(now=TOMORROW).report.run, now=TOMORROW)
    district.export([other, student(2)], BORN)
    held = district.run(now=LATER)
    assert [(each["action"], each["guard"]) for each in held.document()["held"]] == [("update", "undone before")]
    district.approve(held.report.run, now=LATER)
    assert district.rows("SELECT count(*) FROM undone") == [(0,)]
    assert district.rows("SELECT homeroom FROM patron WHERE district_id = '1001'") == [(other["HR"],)]


def test_a_graduate_whom_policy_deleted_does_not_come_back_for_it(tmp_path: Path) -> None:
    district = SmallDistrict(tmp_path).write(job=leavers(delete="{graduated_seniors: true}", guards="{delete: {number: 100}}"))
    senior = student(1, Last="René", Grade="12", GradYear="2027")
    district.export([senior, student(2)])
    district.run()
    summer = NIGHT.replace(year=2027)
    assert district.run(now=summer).document()["counts"]["removed"] == 1
    district.export([in_pieces(senior), student(2)])
    told = district.run(now=summer + timedelta(days=1)).document()
    assert (told["counts"]["added"], [each["code"] for each in told["messages"]]) == (0, ["letters-decomposed", "removed-by-policy"])
