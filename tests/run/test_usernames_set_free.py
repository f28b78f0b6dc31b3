"""A record that was applied without its username is tried again each night, in an incremental too, until somebody sets the name free."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.run.small_district import JOB, SmallDistrict, student

NAMES = "SELECT district_id, username FROM patron ORDER BY district_id"


@pytest.fixture
def small(tmp_path: Path) -> SmallDistrict:
    """Ann has the username that Bob's record names since the last night."""
    district = SmallDistrict(tmp_path).write()
    district.export([student(1, User="ann"), student(2, User="bob")])
    district.run()
    district.export([student(1, User="ann"), student(2, User="ann")])
    assert [code for code in district.run("incremental").report.messages["code"] if code == "username-in-use"] == ["username-in-use"]
    return district


def test_the_name_is_written_once_its_holder_has_another(small: SmallDistrict) -> None:
    small.export([student(1, User="anna"), student(2, User="ann")])
    small.run("incremental")
    assert small.rows(NAMES) == [("1001", "anna"), ("1002", "ann")]


def test_the_name_is_written_once_staff_have_set_it_free(small: SmallDistrict) -> None:
    small.export([student(2, User="ann")])
    small.edit("UPDATE patron SET username = 'staffed' WHERE district_id = '1001'")
    small.run("incremental")
    assert small.rows(NAMES) == [("1001", "staffed"), ("1002", "ann")]


def test_until_then_each_night_says_so(small: SmallDistrict) -> None:
    for _ in range(2):
        assert "username-in-use" in small.run("incremental").report.messages["code"].to_list()


def test_so_is_one_that_was_approved_without_it(small: SmallDistrict) -> None:
    small.write(job=JOB + "guards: {create: {number: 0}}\n")
    people = [student(1, User="ann"), student(2, User="bob")]
    small.export([*people, student(3, User="ann")])
    held = small.run("incremental")
    assert held.status == "held"
    small.approve(held.report.run)
    small.export([student(1, User="anna"), people[1], student(3, User="ann")])
    small.run("incremental")
    assert small.rows(NAMES) == [("1001", "anna"), ("1002", "bob"), ("1003", "ann")]
