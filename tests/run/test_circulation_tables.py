"""Circulation tables: how old they are, and whose a row is."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from tests.run.small_district import DISTRICT, NIGHT, SmallDistrict, leavers, student

SENIORS = leavers(delete="{graduated_seniors: true}", guards="{delete: {number: 9}, inactivate: {number: 9}}")
CHECKOUTS = """\
version: 1
kind: circulation
name: checkouts
source: {type: directory, path: exports, file: checkouts.csvMORE}
properties:
  table: checkouts
  match_by: district_id
  fields: {district_id: ID, site: School, item_barcode: Item}
"""


@pytest.fixture
def district(tmp_path: Path) -> SmallDistrict:
    """A graduated senior among three students, and a file of checkouts that is a month old."""
    made = SmallDistrict(tmp_path).write(job=SENIORS, district=DISTRICT.replace("checkouts: none, ", ""))
    made.export([student(1, Grade="12", GradYear="2025"), student(2), student(3)])
    made.run()
    made.export([{"ID": "1002", "School": "NORTH", "Item": "B 1"}], ("ID", "School", "Item"), name="checkouts")
    month = (NIGHT - timedelta(days=30)).timestamp()
    os.utime(made.folder / "exports" / "checkouts.csv", (month, month))
    return made


def gate(district: SmallDistrict, more: str) -> object:
    """What the night after a load says of its deletions. `more`: of the load's source."""
    (district.folder / "checkouts.yaml").write_text(CHECKOUTS.replace("MORE", more))
    district.run(now=NIGHT + timedelta(hours=1), name="checkouts")
    removal = district.run(now=NIGHT + timedelta(hours=2)).document()["removal"]
    return removal["reason"]


def test_a_file_older_than_its_job_allows_makes_a_table_as_old_as_itself(district: SmallDistrict) -> None:
    assert str(gate(district, ", max_age: 2d")).startswith("checkouts were last loaded 30 days")
    assert district.rows("SELECT count(*) FROM patron") == [(3,)]


def test_without_a_word_on_its_age_a_table_is_as_old_as_its_load(district: SmallDistrict) -> None:
    assert gate(district, "") is None
    assert district.rows("SELECT count(*) FROM patron") == [(2,)]


def test_a_job_that_deletes_nobody_asks_for_no_circulation_tables(district: SmallDistrict) -> None:
    told = district.run(now=NIGHT + timedelta(hours=1)).document()["removal"]
    assert "checkouts were never loaded, so nobody is deleted" in str(told["reason"])
    district.write(job=leavers(guards="{inactivate: {number: 9}}"), district=DISTRICT.replace("checkouts: none, ", ""))
    assert district.run(now=NIGHT + timedelta(hours=2)).document()["removal"] == {"open": True, "reason": None}
    asking = leavers(guards="{inactivate: {number: 9}}").replace("  fields:", "  delete_when: {column: HR, equals: gone}\n  fields:", 1)
    district.write(job=asking, district=DISTRICT.replace("checkouts: none, ", ""))
    assert district.run(now=NIGHT + timedelta(hours=3)).document()["removal"]["reason"] == told["reason"]


def test_a_row_is_its_own_patrons_where_a_site_has_a_slash_in_its_name(tmp_path: Path) -> None:
    sites = DISTRICT.replace("short_name: NORTH", "short_name: N").replace("short_name: SOUTH", "short_name: N/S")
    district = SmallDistrict(tmp_path).write(district=sites.replace("fines: none, ", ""))
    district.export([student(1, School="N", Card="S/1"), student(2, School="N/S", Card="1")])
    district.run()
    fines = CHECKOUTS.replace("checkouts", "fines").replace("MORE", "").replace("match_by: district_id", "match_by: site_and_barcode")
    fines = fines.replace("district_id: ID, site: School, item_barcode: Item", "barcode: Card, site: School, amount: Amount")
    (district.folder / "fines.yaml").write_text(fines)
    district.export([{"School": "N/S", "Card": "1", "Amount": "2.50"}], ("School", "Card", "Amount"), name="fines")
    district.run(now=NIGHT + timedelta(hours=1), name="fines")
    assert district.rows("SELECT district_id FROM fine JOIN patron ON patron.id = patron_id") == [("1002",)]
