"""What is decided at one moment and done at another, or remembered by one job and changed by another: nobody is wronged in between."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from runner.errors import PlanStale, RunnerError
from runner.run.commit import commit_plan
from runner.run.progress import NoProgress
from runner.run.saved import apply_saved, save_plan
from tests.run.small_district import COLUMNS, DISTRICT, JOB, NIGHT, OTHERS, SmallDistrict, leavers, student

pytestmark = pytest.mark.usefixtures("fast_paths")
DAY = timedelta(days=1)
SUMMER = NIGHT.replace(year=2027)
HELD = leavers(delete="{graduated_seniors: true}", guards="{delete: {number: 0}, inactivate: {number: 0}}")
FREE = leavers(delete="{graduated_seniors: true, inactive: {days: 5}}", guards="{delete: {number: 99}, inactivate: {number: 99}}")
LENDS = DISTRICT.replace("checkouts: none", "checkouts: loaded")


def lend(district: SmallDistrict, patron: str) -> None:
    district.edit(
        f"INSERT INTO checkout (patron_id, site, item_barcode) SELECT id, 'NORTH', 'B 1' FROM patron WHERE district_id = '{patron}'"
    )


def loaded(district: SmallDistrict, at: datetime) -> None:
    district.edit(f"INSERT INTO circulation_load (table_name, loaded_at) VALUES ('checkouts', '{at:%Y-%m-%dT%H:%M:%S.000000Z}')")


def applied(district: SmallDistrict, now: datetime) -> Any:
    return apply_saved(district.root / "a.plan", district.places, now=now, progress=NoProgress())


def names(district: SmallDistrict, status: str = "Active") -> list[str]:
    return [name for (name,) in district.rows(f"SELECT district_id FROM patron WHERE status = '{status}' ORDER BY 1")]


def test_what_a_saved_plan_holds_is_judged_too(tmp_path: Path) -> None:
    district = SmallDistrict(tmp_path).write(job=HELD, district=LENDS)
    district.export([student(1, Grade="12", GradYear="2027"), student(2)])
    district.run()
    loaded(district, SUMMER)
    save_plan(district.plan(now=SUMMER), tmp_path / "a.plan")
    lend(district, "1001")
    assert isinstance(applied(district, SUMMER).error, PlanStale)


def test_a_held_number_that_a_backup_gave_to_somebody_else_is_not_theirs(tmp_path: Path) -> None:
    district = SmallDistrict(tmp_path).write(job=HELD)
    district.export([student(1), student(2)])
    district.run()
    backup = shutil.copytree(tmp_path / "var", tmp_path / "backup")
    district.export([student(1), student(2), student(3, Grade="12", GradYear="2027")])
    district.run(now=NIGHT + DAY)
    save_plan(district.plan(now=SUMMER), tmp_path / "a.plan")
    kept = (district.folder / "exports" / "students.csv").read_bytes()
    shutil.rmtree(tmp_path / "var")
    shutil.move(backup, tmp_path / "var")
    district.export([student(1), student(2), student(4)])
    district.run(now=NIGHT + DAY)
    (district.folder / "exports" / "students.csv").write_bytes(kept)
    assert isinstance(applied(district, SUMMER).error, PlanStale)
    assert names(district) == ["1001", "1002", "1004"]


def test_a_patron_that_the_run_added_and_that_borrowed_since_is_not_deleted_by_an_approval(tmp_path: Path) -> None:
    district = SmallDistrict(tmp_path).write(job=HELD, district=LENDS)
    district.export([student(1)])
    district.run()
    loaded(district, NIGHT + DAY)
    district.export([student(1), student(2, Grade="12", GradYear="2020")])
    run = district.run(now=NIGHT + DAY).report.run
    lend(district, "1002")
    done = district.approve(run, now=NIGHT + DAY).document()
    assert (done["counts"]["removed"], [each["patron"] for each in done["messages"]]) == (0, ["1002"])


@pytest.mark.parametrize("password", [False, True], ids=["without passwords", "with passwords"])
def test_a_row_that_was_left_out_for_its_patron_moved_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, password: bool
) -> None:
    job = JOB.replace("    username: User\n", "    username: User\n" + ("    password: Word\n" if password else ""))
    district = SmallDistrict(tmp_path).write(job=job)
    columns = (*COLUMNS, "Word")
    district.export([student(number, Word=f"s{number}") for number in (1, 2)], columns)
    district.run()
    district.export([student(1, Word="s1", HR="new"), student(2, Word="s2")], columns)

    def edited_first(*words: Any, **more: Any) -> Any:
        district.edit("UPDATE patron SET nickname = 'x' WHERE district_id = '1001'")
        return commit_plan(*words, **more)

    monkeypatch.setattr("runner.run.engine.commit_plan", edited_first)
    assert district.run("incremental", now=NIGHT + DAY).report.counts["refused"] == 1
    monkeypatch.undo()
    assert district.run("incremental", now=NIGHT + 2 * DAY).report.counts["updated"] == 1
    assert district.run("incremental", now=NIGHT + 3 * DAY).report.counts["unchanged"] == 2


def test_who_is_in_the_file_of_an_incremental_comes_back_although_its_row_is_no_news(tmp_path: Path) -> None:
    district = SmallDistrict(tmp_path).write(job=FREE).beside()
    district.export([student(1), student(2), student(3)])
    district.run()
    district.export([student(3)], name="others")
    district.run(name="others")
    district.export([student(1), student(2)])
    district.run(now=NIGHT + 20 * DAY)
    assert names(district, "Inactive") == ["1003"]
    again = district.run("incremental", now=NIGHT + 21 * DAY, name="others").document()
    assert (names(district, "Inactive"), [each["code"] for each in again["messages"]]) == ([], ["input-unchanged", "reactivated"])
    assert district.run("incremental", now=NIGHT + 22 * DAY, name="others").report.counts["unchanged"] == 1


@pytest.mark.parametrize("lost", ["an undo", "an edit"])
def test_who_was_deleted_does_not_come_back_when_another_job_forgets_its_rows(tmp_path: Path, lost: str) -> None:
    district = SmallDistrict(tmp_path).write(job=FREE).beside()
    district.export([student(1), student(2), student(3, Grade="12", GradYear="2027")])
    district.run()
    district.export([student(1), student(3, Grade="12", GradYear="2027")], name="others")
    district.run(name="others")
    district.export([student(1, HR="9"), student(3, Grade="12", GradYear="2027")], name="others")
    edited = district.run(now=SUMMER - DAY, name="others").report.run
    district.export([student(1), student(2)])
    assert district.run(now=SUMMER).document()["counts"]["removed"] == 1
    if lost == "an undo":
        district.undo(edited, now=SUMMER)
    else:
        (district.folder / "others.yaml").write_text(OTHERS.replace("    username: User\n", ""), encoding="utf-8")
    told = district.run(now=SUMMER + DAY, name="others").document()
    assert (told["counts"]["added"], names(district)) == (0, ["1001", "1002"])


def test_who_another_job_began_to_feed_before_the_approval_is_not_added_again(tmp_path: Path) -> None:
    district = SmallDistrict(tmp_path).write(job=HELD).beside()
    senior = student(2, Grade="12", GradYear="2027")
    district.export([student(1), senior])
    district.run()
    district.export([student(1), student(3)])
    run = district.run(now=SUMMER).report.run
    district.export([senior], name="others")
    district.run(now=SUMMER, name="others")
    district.approve(run, now=SUMMER)
    assert district.run(now=SUMMER + DAY, name="others").report.counts["added"] == 0


@pytest.mark.parametrize("lost", ["SOUTH", "Gold"])
def test_nobody_is_brought_to_what_the_district_no_longer_has(tmp_path: Path, lost: str) -> None:
    gold = DISTRICT.replace("access_levels: [Patron]", "access_levels: [Patron, Gold]")
    job = JOB.replace("    username: User\n", "    username: User\n    access_level: Level\n") + "guards: {create: {number: 0}}\n"
    district = SmallDistrict(tmp_path).write(job=job, district=gold)
    district.export([student(1, School="SOUTH", Level="Gold")], (*COLUMNS, "Level"))
    run = district.run().report.run
    without = {"Gold": DISTRICT, "SOUTH": "\n".join(line for line in gold.splitlines() if "SOUTH" not in line) + "\n"}
    district.write(job=job, district=without[lost])
    with pytest.raises(RunnerError, match=lost) as refused:
        district.approve(run)
    assert refused.value.code == "approval-refused"


def test_rows_that_a_saved_plan_passed_over_are_looked_at_by_the_next_incremental(tmp_path: Path) -> None:
    district = SmallDistrict(tmp_path).write()
    district.export([student(1), student(2)])
    district.run()
    district.export([student(1, HR="new"), student(2)])
    changed = district.run(now=NIGHT + DAY).report.run
    district.export([student(1, HR="new"), student(2, HR="new")])
    save_plan(district.plan("incremental", now=NIGHT + 2 * DAY), tmp_path / "a.plan")
    district.undo(changed, now=NIGHT + 2 * DAY)
    assert applied(district, NIGHT + 2 * DAY).report.counts["updated"] == 1
    held = district.run("incremental", now=NIGHT + 3 * DAY).document()
    assert [(each["action"], each["guard"]) for each in held["held"]] == [("update", "undone before")]


@pytest.mark.parametrize("gone", [False, True], ids=["by its last run", "by one before its last"])
@pytest.mark.parametrize("back", [0, 5], ids=["at the same instant", "with the clock set back"])
def test_seen_since_goes_by_the_order_of_runs_and_not_by_the_clock(tmp_path: Path, back: int, gone: bool) -> None:
    district = SmallDistrict(tmp_path).write(job=HELD).beside()
    district.export([student(1), student(2), student(3)])
    district.run()
    district.export([student(1), student(3)])
    month = NIGHT + 30 * DAY
    run = district.run(now=month).report.run
    district.export([student(2)], name="others")
    district.run(now=month - timedelta(minutes=back), name="others")
    if gone:
        district.export([student(3)], name="others")
        district.run(now=month + timedelta(minutes=1), name="others")
    district.approve(run, now=month)
    assert names(district, "Inactive") == []


def test_a_value_that_a_lock_held_back_arrives_when_the_lock_is_over(tmp_path: Path) -> None:
    district = SmallDistrict(tmp_path).write()
    district.export([student(1), student(2)])
    district.run()
    district.edit("INSERT INTO field_lock (patron_id, field, reason, owner, until_date) VALUES (1, 'homeroom', 'x', 'ann', '2026-10-16')")
    district.export([student(1, HR="new"), student(2)])
    codes = [[each["code"] for each in district.run("incremental", now=NIGHT + number * DAY).document()["messages"]] for number in (1, 2)]
    assert "field-locked" in codes[0]
    assert district.rows("SELECT homeroom FROM patron ORDER BY id") == [("new",), ("102",)]
