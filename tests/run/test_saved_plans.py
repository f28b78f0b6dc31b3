"""A saved plan is applied where a plan of now would do the same, or not at all: whatever it was that changed since."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from runner.errors import PlanStale
from runner.run.commit import commit_plan
from runner.run.keys import scrypt_matches
from runner.run.places import Places
from runner.run.progress import NoProgress
from runner.run.saved import apply_saved, save_plan
from tests.run.small_district import COLUMNS, DISTRICT, JOB, NIGHT, SmallDistrict, leavers, student

pytestmark = pytest.mark.usefixtures("fast_paths")
TOMORROW = NIGHT + timedelta(days=1)
LATER = NIGHT + timedelta(days=2)
SUMMER = NIGHT.replace(year=2027)
ON_DEMAND = JOB + "  delete_when: {column: GradYear, equals: out}\n"
BOOK = "INSERT INTO checkout (patron_id, site, item_barcode) SELECT id, 'NORTH', 'B 1' FROM patron WHERE district_id = '1001'"
Planned = Callable[..., Path]


@pytest.fixture
def district(tmp_path: Path) -> SmallDistrict:
    made = SmallDistrict(tmp_path).write()
    made.export([student(number) for number in range(1, 6)])
    made.run()
    return made


@pytest.fixture
def planned(tmp_path: Path) -> Planned:
    def save(district: SmallDistrict, now: datetime = TOMORROW) -> Path:
        save_plan(district.plan(now=now), tmp_path / "night.plan")
        return tmp_path / "night.plan"

    return save


def refused(file: Path, places: Places, now: datetime = TOMORROW) -> str:
    """What is said of a plan that is not applied."""
    outcome = apply_saved(file, places, now=now, progress=NoProgress())
    assert isinstance(outcome.error, PlanStale)
    return outcome.error.text


def test_another_store_of_the_same_people_is_not_the_one_that_was_planned_for(district: SmallDistrict, planned: Planned) -> None:
    changed = [student(1, HR="777"), *(student(number) for number in range(2, 6))]
    district.export([student(number) for number in range(5, 0, -1)])
    other = SmallDistrict(district.root)
    shutil.move(district.root / "var", district.root / "kept")
    other.run()
    shutil.move(district.root / "var", district.root / "turned")
    shutil.move(district.root / "kept", district.root / "var")
    district.export(changed)
    file = planned(district)
    assert "1001" in refused(file, Places(district.places.jobs, district.root / "turned"))
    assert apply_saved(file, district.places, now=TOMORROW, progress=NoProgress()).document()["counts"]["updated"] == 1


def test_a_number_that_a_backup_gave_to_somebody_else_is_not_deleted(district: SmallDistrict, planned: Planned) -> None:
    district.write(job=ON_DEMAND + "guards: {delete: {number: 100}}\n")
    backup = shutil.copytree(district.root / "var", district.root / "backup")
    everybody = [student(number) for number in range(1, 6)]
    district.export([*everybody, student(6)])
    district.run()
    district.export([*everybody, student(6, GradYear="out")])
    file, input_file = planned(district), district.folder / "exports" / "students.csv"
    wanted = input_file.read_bytes()
    shutil.rmtree(district.root / "var")
    shutil.move(backup, district.root / "var")
    district.export([*everybody, student(7)])
    district.run()
    input_file.write_bytes(wanted)
    assert "1006" in refused(file, district.places)
    assert district.rows("SELECT district_id FROM patron WHERE id = 6") == [("1007",)]


@pytest.fixture
def senior(tmp_path: Path) -> SmallDistrict:
    """A graduate whom the policy deletes next summer, and a district that lends books."""
    lends = DISTRICT.replace("checkouts: none", "checkouts: loaded")
    made = SmallDistrict(tmp_path).write(
        job=leavers(delete="{graduated_seniors: true}", guards="{delete: {number: 100}, inactivate: {number: 100}}"), district=lends
    )
    made.export([student(1, Grade="12", GradYear="2027"), student(2)])
    made.run()
    made.edit(f"INSERT INTO circulation_load (table_name, loaded_at) VALUES ('checkouts', '{SUMMER:%Y-%m-%dT%H:%M:%S.000000Z}')")
    return made


def test_who_borrowed_a_book_since_is_not_deleted(senior: SmallDistrict, planned: Planned) -> None:
    file = planned(senior, SUMMER)
    senior.edit(BOOK)
    assert "1001" in refused(file, senior.places, SUMMER)
    assert senior.rows("SELECT count(*) FROM patron") == [(2,)]


def test_nobody_is_deleted_by_tables_that_are_no_longer_good(senior: SmallDistrict, planned: Planned) -> None:
    file = planned(senior, SUMMER)
    senior.edit("UPDATE circulation_load SET refused = 1")
    assert "1001" in refused(file, senior.places, SUMMER)


def test_who_borrows_a_book_while_a_run_is_planned_is_not_deleted(senior: SmallDistrict, monkeypatch: pytest.MonkeyPatch) -> None:
    def lend_first(*words: Any, **more: Any) -> Any:
        senior.edit(BOOK)
        return commit_plan(*words, **more)

    monkeypatch.setattr("runner.run.engine.commit_plan", lend_first)
    told = senior.run(now=SUMMER).document()
    assert (told["counts"]["removed"], [each["code"] for each in told["messages"]]) == (0, ["input-unchanged", "patron-moved"])
    assert senior.rows("SELECT count(*) FROM patron") == [(2,)]


def test_who_was_seen_by_another_job_since_is_not_inactivated(tmp_path: Path, planned: Planned) -> None:
    job = leavers(guards="{inactivate: {number: 100}}")
    district = SmallDistrict(tmp_path).write(job=job).beside()
    district.export([student(1), student(2)])
    district.run()
    month = NIGHT + timedelta(days=30)
    district.export([student(1)])
    file = planned(district, month)
    district.export([student(2)], name="others")
    district.run(now=month, name="others")
    assert "1002" in refused(file, district.places, month)
    assert district.rows("SELECT DISTINCT status FROM patron") == [("Active",)]


def test_what_was_undone_is_not_done_again_without_a_word(district: SmallDistrict, planned: Planned) -> None:
    district.export([student(number) for number in range(1, 8)])
    file = planned(district)
    done = apply_saved(file, district.places, now=TOMORROW, progress=NoProgress())
    district.undo(done.report.run, now=TOMORROW)
    assert "1006, 1007" in refused(file, district.places)
    assert district.rows("SELECT count(*) FROM patron") == [(5,)]


def test_what_changed_of_others_does_not_stop_it(district: SmallDistrict, planned: Planned) -> None:
    district.export([student(1, HR="777"), *(student(number) for number in range(2, 6))])
    file = planned(district)
    district.edit("UPDATE patron SET homeroom = 'desk' WHERE district_id = '1004'")
    done = apply_saved(file, district.places, now=LATER, progress=NoProgress()).document()
    assert done["counts"]["updated"] == 1
    assert district.rows("SELECT homeroom FROM patron WHERE district_id IN ('1001', '1004') ORDER BY 1") == [("777",), ("desk",)]


def test_a_password_is_set_by_a_plan_that_never_held_it(tmp_path: Path, planned: Planned) -> None:
    job = JOB.replace("    username: User\n", "    username: User\n    password: Word\n")
    district, columns = SmallDistrict(tmp_path).write(job=job), (*COLUMNS, "Word")
    district.export([student(number, User=f"u{number}", Word=f"s{number}") for number in (1, 2, 3)], columns)
    district.run()
    before = dict(district.rows("SELECT district_id, password_hash FROM patron"))
    district.export([student(number, User=f"u{number}", Word="new" if number == 2 else f"s{number}") for number in (1, 2, 3)], columns)
    assert apply_saved(planned(district), district.places, now=TOMORROW, progress=NoProgress()).report.counts["updated"] == 1
    after = dict(district.rows("SELECT district_id, password_hash FROM patron"))
    assert [name for name in after if after[name] != before[name]] == ["1002"]
    assert scrypt_matches("new", after["1002"])
