"""A school whose short name in district.yaml became another one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.run.small_district import DISTRICT, JOB, NIGHT, SmallDistrict, student
from tests.run.test_circulation_tables import CHECKOUTS

RENAMED = DISTRICT.replace("short_name: NORTH", "short_name: LINCOLN")
BY_PLACE = JOB.replace("match_by: district_id", "match_by: site_and_barcode").replace("    district_id: ID\n", "")
NEXT = NIGHT + timedelta(days=1)
PUPILS = [student(1, School="017", Card="P 1"), student(2, School="017", Card="P 2"), student(3, School="018", Card="P 1")]


@pytest.fixture
def by_place(tmp_path: Path) -> SmallDistrict:
    """Three pupils, known by site and barcode alone; two at the school that has another short name now."""
    district = SmallDistrict(tmp_path).write(job=BY_PLACE)
    district.export(PUPILS)
    district.run()
    return district.write(job=BY_PLACE, district=RENAMED)


def test_nobody_is_added_a_second_time_under_the_new_name(by_place: SmallDistrict) -> None:
    error = by_place.run(now=NEXT).error
    assert error is not None
    assert error.code == "site-gone"
    assert "2 rows of the site 'NORTH'" in error.text
    assert by_place.rows("SELECT count(*) FROM patron") == [(3,)]


def test_a_dry_run_says_the_same(by_place: SmallDistrict) -> None:
    error = by_place.plan(now=NEXT).error
    assert error is not None
    assert error.code == "site-gone"


def test_with_its_short_name_back_the_school_goes_on(by_place: SmallDistrict) -> None:
    by_place.run(now=NEXT)
    by_place.write(job=BY_PLACE, district=DISTRICT.replace("name: North High", "name: Lincoln High"))
    assert by_place.run(now=NEXT + timedelta(hours=1)).document()["counts"]["unchanged"] == 3


def test_a_person_takes_the_file_of_a_district_that_closed_a_school(by_place: SmallDistrict) -> None:
    by_place.export(PUPILS[2:])
    by_place.write(job=BY_PLACE.replace("students.csv}", "students.csv, min_rows_percent: 1}"), district=RENAMED)
    taken = by_place.run(now=NEXT, accept_input="North High was closed").document()
    assert "input-site-gone" in [told["code"] for told in taken["messages"]]
    assert by_place.run(now=NEXT + timedelta(days=1)).document()["status"] == "complete"


def test_pupils_with_district_ids_are_moved_to_the_new_name(tmp_path: Path) -> None:
    district = SmallDistrict(tmp_path).write()
    district.export(PUPILS)
    district.run()
    assert district.write(district=RENAMED).run(now=NEXT).document()["counts"]["transferred"] == 2


@pytest.fixture
def in_debt(tmp_path: Path) -> SmallDistrict:
    """A pupil who left before the school was renamed, and owes for a book there."""
    district = SmallDistrict(tmp_path).write(district=DISTRICT.replace("fines: none, ", ""))
    district.export(PUPILS)
    district.run()
    district.export(PUPILS[1:])
    district.write(district=RENAMED.replace("fines: none, ", "")).run(now=NEXT)
    fines = CHECKOUTS.replace("checkouts", "fines").replace("MORE", "").replace("match_by: district_id", "match_by: site_and_barcode")
    fines = fines.replace("district_id: ID, site: School, item_barcode: Item", "barcode: Card, site: School, amount: Amount")
    (district.folder / "fines.yaml").write_text(fines)
    return district


def owing(district: SmallDistrict, *cards: str) -> list[tuple[object, ...]]:
    rows = [{"School": "017", "Card": card, "Amount": "2.50"} for card in cards]
    district.export(rows, ("School", "Card", "Amount"), name="fines")
    district.run(now=NEXT + timedelta(hours=1), name="fines")
    return district.rows("SELECT district_id FROM fine JOIN patron ON patron.id = patron_id ORDER BY 1")


def test_what_a_leaver_owes_is_not_lost_with_the_old_name(in_debt: SmallDistrict) -> None:
    assert owing(in_debt, "P 1", "P 2") == [("1001",), ("1002",)]


def test_whoever_has_the_barcode_under_the_new_name_owes_it(in_debt: SmallDistrict) -> None:
    in_debt.export([*PUPILS[1:], student(4, School="017", Card="P 1")])
    in_debt.run(now=NEXT + timedelta(minutes=30))
    assert owing(in_debt, "P 1") == [("1004",)]
