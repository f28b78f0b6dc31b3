"""Undoing whole runs: what came back, who was left alone, and what the next run makes of it."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import pytest

from runner.errors import NotFound, RunnerError
from runner.run.undo import plan_undo
from tests.patience import stretched
from tests.run.small_district import COLUMNS, DISTRICT, JOB, NIGHT, SmallDistrict, leavers, student

TOMORROW = NIGHT + timedelta(days=1)
LATER = NIGHT + timedelta(days=2)
LEAVERS = leavers(delete="{graduated_seniors: true}", guards="{delete: {number: 100}, inactivate: {number: 100}}")
PATRONS = (
    "SELECT id, district_id, site, barcode, last_name, homeroom, status, username, username_key, password_hash, password_mac, added_at,"
    " edited_at, status_at, status_cause, status_before, username_before, added_run FROM patron ORDER BY id"
)


@pytest.fixture
def district(tmp_path: Path) -> SmallDistrict:
    made = SmallDistrict(tmp_path).write()
    made.export([student(number) for number in range(1, 6)])
    made.run()
    return made


def changed(district: SmallDistrict) -> str:
    """A second night: two homerooms, a move, a patron more."""
    district.export([student(1, HR="1"), student(2, HR="2"), student(3, School="SOUTH"), student(4), student(5), student(6)])
    return district.run(now=TOMORROW).report.run


def test_everything_is_as_it_was_and_the_run_says_so(district: SmallDistrict) -> None:
    before = district.rows(PATRONS)
    run = changed(district)
    done = district.undo(run, now=LATER)
    assert district.rows(PATRONS) == before
    counts = done.document()["counts"]
    assert (counts["updated"], counts["transferred"], counts["deleted"], counts["refused"]) == (2, 1, 1, 0)
    assert (done.status, done.exit_code, done.document()["kind"], district.status(run)) == ("complete", 0, "undo", "undone")
    shown = {each["patron"]: each["fields"] for each in done.document()["changes"]}
    assert shown["1001"] == {"homeroom": ["1", "101"]}
    assert all(each["cause"] == "undo" for each in done.document()["changes"])


def test_a_plan_of_an_undo_changes_nothing(district: SmallDistrict) -> None:
    run = changed(district)
    before = district.rows(PATRONS)
    shown = plan_undo(district.job(), district.places, run, patron=None, now=LATER)
    assert (shown.status, shown.document()["counts"]["updated"]) == ("planned", 2)
    assert (district.rows(PATRONS), district.status(run)) == (before, "complete")


def test_one_patron_alone_is_put_back(district: SmallDistrict) -> None:
    run = changed(district)
    district.undo(run, now=LATER, patron="1002")
    assert district.rows("SELECT homeroom FROM patron WHERE district_id IN ('1001', '1002') ORDER BY district_id") == [("1",), ("102",)]
    assert district.status(run) == "complete"
    rest = district.undo(run, now=LATER).document()
    assert [(each["code"], each["patron"], each["text"].partition(": ")[2]) for each in rest["messages"]] == [
        ("undo-skipped", "1002", "it was put back already")
    ]


def test_a_key_that_the_run_did_not_touch_is_an_error(district: SmallDistrict) -> None:
    with pytest.raises(NotFound, match="1005"):
        district.undo(changed(district), now=LATER, patron="1005")


def test_the_next_runs_hold_what_was_undone_until_it_is_approved(district: SmallDistrict) -> None:
    run = changed(district)
    district.undo(run, now=TOMORROW)
    again = district.run("incremental", now=LATER)
    assert {(each["action"], each["count"], each["guard"]) for each in again.document()["held"]} == {
        ("add", 1, "undone before"),
        ("transfer", 1, "undone before"),
        ("update", 2, "undone before"),
    }
    still = district.run(now=LATER)
    assert (still.status, still.document()["counts"]["held"]) == ("held", 4)
    district.approve(still.report.run, now=LATER)
    assert district.rows("SELECT count(*) FROM undone") == [(0,)]
    assert district.rows("SELECT homeroom, site FROM patron WHERE district_id IN ('1001', '1003', '1006') ORDER BY district_id") == [
        ("1", "NORTH"),
        ("103", "SOUTH"),
        ("106", "NORTH"),
    ]
    assert district.run(now=LATER).status == "complete"


def test_another_value_than_the_undone_one_is_not_held(district: SmallDistrict) -> None:
    district.undo(changed(district), now=TOMORROW)
    district.export([student(1, HR="77"), *(student(number) for number in range(2, 6))])
    fresh = district.run(now=LATER)
    assert (fresh.status, fresh.document()["counts"]["updated"]) == ("complete", 1)


def test_undone_removals_are_held_too(tmp_path: Path) -> None:
    district = SmallDistrict(tmp_path).write(job=LEAVERS)
    district.export([student(1), student(2), student(3, Grade="12", GradYear="2027")])
    district.run()
    before = district.rows(PATRONS)
    district.export([student(1), student(3, Grade="12", GradYear="2027")])
    summer = NIGHT.replace(year=2027)
    run = district.run(now=summer)
    assert (run.document()["counts"]["inactivated"], run.document()["counts"]["removed"]) == (1, 1)
    district.undo(run.report.run, now=summer)
    assert district.rows(PATRONS) == before
    assert district.rows("SELECT count(*) FROM removed_mark") == [(0,)]
    again = district.run(now=summer + timedelta(days=1)).document()
    assert {(each["action"], each["count"], each["guard"]) for each in again["held"]} == {
        ("delete", 1, "undone before"),
        ("inactivate", 1, "undone before"),
    }


def test_an_undone_undo_holds_nothing_and_gives_the_run_its_status_back(district: SmallDistrict) -> None:
    run = changed(district)
    after = district.rows(PATRONS)
    first = district.undo(run, now=TOMORROW).report.run
    second = district.undo(first, now=TOMORROW)
    assert district.rows(PATRONS) == after
    assert (second.document()["counts"]["refused"], district.status(run), district.status(first)) == (0, "complete", "undone")
    assert district.run(now=LATER).document()["held"] == []


def test_passwords_come_back_and_the_same_one_is_held_but_not_another(district: SmallDistrict) -> None:
    district.write(job=JOB.replace("    username: User\n", "    username: User\n    password: Pin\n"))
    columns = (*COLUMNS, "Pin")
    district.export([student(1, Pin="old-1"), student(2, Pin="old-2")] + [student(number) for number in range(3, 6)], columns)
    district.run(now=TOMORROW)
    before = district.rows(PATRONS)
    district.export([student(1, Pin="new-1"), student(2, Pin="new-2")] + [student(number) for number in range(3, 6)], columns)
    district.undo(district.run(now=TOMORROW).report.run, now=TOMORROW)
    assert district.rows(PATRONS) == before
    district.export([student(1, Pin="new-1"), student(2, Pin="other-2")] + [student(number) for number in range(3, 6)], columns)
    again = district.run(now=LATER).document()
    assert ([(each["patron"], each["held"]) for each in again["changes"]]) == [("1001", True), ("1002", False)]


@pytest.mark.parametrize("first", [0, 1])
def test_nobody_who_is_back_stays_marked_in_whichever_order_two_nights_are_undone(tmp_path: Path, first: int) -> None:
    district = SmallDistrict(tmp_path).write(job=LEAVERS)
    senior = {"Grade": "12", "GradYear": "2027"}
    district.export([student(1), student(3, **senior)])
    district.run()
    summer = NIGHT.replace(year=2027)
    district.export([student(1), student(3, **senior)])
    runs = [district.run(now=summer).report]
    district.export([student(1), student(3, HR="9", **senior)])
    runs.append(district.run(now=summer).report)
    assert [run.counts["removed"] for run in runs] == [1, 1]
    for run in (runs[first], runs[1 - first]):
        district.undo(run.run, now=summer)
    assert district.rows("SELECT district_id FROM patron ORDER BY id") == [("1001",), ("1003",)]
    assert district.rows("SELECT count(*) FROM removed_mark") == [(0,)]


def test_a_source_that_changed_counts_as_changed_again_after_an_undo(district: SmallDistrict) -> None:
    district.write(job=JOB.replace("homeroom: {column: HR, when_blank: clear}", "homeroom: {column: HR, write: if_source_changed}"))
    district.run(now=NIGHT)
    run = changed(district)
    district.undo(run, now=TOMORROW)
    again = district.run(now=LATER).document()
    assert {each["patron"] for each in again["changes"] if each["held"] and "homeroom" in each["fields"]} >= {"1001", "1002"}


def test_a_graduate_that_the_run_added_and_removed_may_come_in_again_after_a_persons_word(tmp_path: Path) -> None:
    district = SmallDistrict(tmp_path).write(job=LEAVERS)
    district.export([student(1)])
    district.run()
    district.export([student(1), student(2, Grade="12", GradYear="2020")])
    run = district.run(now=TOMORROW).report.run
    assert district.rows("SELECT count(*) FROM removed_mark") == [(1,)]
    district.undo(run, now=TOMORROW)
    assert district.rows("SELECT count(*) FROM removed_mark") == [(0,)]
    assert [(each["action"], each["count"]) for each in district.run(now=LATER).document()["held"]] == [("add", 1)]


@pytest.mark.parametrize("alone", [True, False], ids=["nobody else changed", "others changed"])
def test_an_undone_undo_holds_no_graduate_that_the_run_had_added_and_removed(tmp_path: Path, alone: bool) -> None:
    district = SmallDistrict(tmp_path).write(job=LEAVERS)
    people = [student(1), student(2, Grade="12", GradYear="2020")]
    if alone:
        district.export(people[:1])
        district.run()
    district.export(people)
    run = district.run(now=TOMORROW).report.run
    district.undo(district.undo(run, now=TOMORROW).report.run, now=TOMORROW)
    again = district.run(now=LATER)
    assert (again.status, again.document()["held"], again.report.counts["removed"]) == ("complete", [], 1)
    assert district.status(run) == "complete"


@pytest.mark.parametrize(
    ("undone", "marked"),
    [((0,), 2), ((2,), 1), ((2, 0), 1), ((2, 1), 0), ((1,), 2), ((2, 1, 0), None), ((0, 1, 2), None), ((1, 2, 0), None)],
)
def test_a_graduates_mark_is_that_of_the_last_night_which_still_stands(tmp_path: Path, undone: tuple[int, ...], marked: int | None) -> None:
    district = SmallDistrict(tmp_path).write(job=LEAVERS)
    runs, numbers = [], []
    for night, room in enumerate("123"):  # the record changes, and is added and removed anew
        district.export([student(1), student(2, Grade="12", GradYear="2020", HR=room)])
        runs.append(district.run(now=NIGHT + timedelta(days=night)).report.run)
        numbers += [row[0] for row in district.rows("SELECT run_number FROM removed_mark")]
    for night in undone:
        district.undo(runs[night], now=NIGHT + timedelta(days=3))
    assert district.rows("SELECT run_number FROM removed_mark") == ([] if marked is None else [(numbers[marked],)])


def test_a_run_that_changed_nothing_cannot_be_undone_twice_nor_a_failed_one_at_all(district: SmallDistrict) -> None:
    run = changed(district)
    district.undo(run, now=LATER)
    with pytest.raises(RunnerError, match="undone already"):
        district.undo(run, now=LATER)
    district.export([])
    failed = district.run(now=LATER).report.run
    with pytest.raises(RunnerError, match="failed"):
        district.undo(failed, now=LATER)


def test_a_run_without_changes_is_undone_by_doing_nothing(district: SmallDistrict) -> None:
    run = district.run(now=TOMORROW).report.run
    done = district.undo(run, now=LATER)
    assert (done.exit_code, done.document()["changes"], district.status(run)) == (0, [], "complete")


def test_a_run_that_holds_all_it_would_do_is_rejected_and_not_undone(district: SmallDistrict) -> None:
    district.write(job=JOB + "guards: {update: {number: 0}}\n")
    district.export([student(number, HR="9") for number in range(1, 6)])
    run = district.run(now=TOMORROW).report.run
    with pytest.raises(RunnerError, match="held") as refused:
        district.undo(run, now=LATER)
    assert f"runner reject {run}" in (refused.value.hint or "")
    assert district.approve(run, now=LATER).document()["counts"]["updated"] == 5


def test_ten_thousand_are_put_back_and_the_fifty_that_staff_edited_are_named(tmp_path: Path) -> None:
    district = SmallDistrict(tmp_path).write(job=JOB + "guards: {update: {number: 100000}}\n", district=DISTRICT)
    district.export([student(number) for number in range(1, 10_001)])
    district.run()
    district.export([student(number, HR="new") for number in range(1, 10_001)])
    run = district.run(now=TOMORROW).report.run
    district.edit("UPDATE patron SET nickname = 'Bo' WHERE id % 200 = 0")
    begun = time.monotonic()
    done = district.undo(run, now=LATER)
    took = time.monotonic() - begun
    counts = done.document()["counts"]
    assert (counts["updated"], counts["refused"]) == (9_950, 50)
    assert district.rows("SELECT count(*) FROM patron WHERE homeroom = 'new'") == [(50,)]
    named = [each["patron"] for each in done.document()["messages"] if each["code"] == "undo-skipped"]
    assert len(named) == len(set(named)) == 50
    assert (done.status, done.exit_code) == ("complete", 0)
    assert took < stretched(20), f"{took:.1f} s"


def test_an_unknown_run_is_an_error(district: SmallDistrict) -> None:
    with pytest.raises(NotFound):
        district.undo("20261015T070000Z-small-students-0000")


def approved_in_part(folder: Path) -> tuple[SmallDistrict, str, str]:
    """A district, a run that added a patron and held two updates, and the approval that did these."""
    district = SmallDistrict(folder).write(job=JOB + "guards: {update: {number: 1}}\n")
    district.export([student(1), student(2)])
    district.run()
    district.export([student(1, HR="1"), student(2, HR="2"), student(3)])
    run = district.run(now=TOMORROW).report.run
    return district, run, district.approve(run, now=TOMORROW).report.run


def test_an_undo_says_what_stays_of_the_run_because_it_was_approved(tmp_path: Path) -> None:
    district, run, approval = approved_in_part(tmp_path)
    shown = plan_undo(district.job(), district.places, run, patron=None, now=LATER).document()["messages"]
    assert district.undo(run, now=LATER, patron="1003").document()["messages"] == []
    done = district.undo(run, now=LATER).document()["messages"]
    assert [(each["code"], each["severity"]) for each in shown] == [("undo-approval-stays", "note")]
    assert done[0] == shown[0]
    assert shown[0]["text"].endswith(f"runner undo {approval}")
    assert district.rows("SELECT homeroom FROM patron ORDER BY district_id") == [("1",), ("2",)]


def test_an_undo_says_nothing_of_an_approval_that_was_undone_too(tmp_path: Path) -> None:
    district, run, approval = approved_in_part(tmp_path)
    district.undo(approval, now=LATER)
    assert district.undo(run, now=LATER).document()["messages"] == []


@pytest.mark.parametrize(("patron", "about"), [(None, ""), ("1001", ", one patron alone")])
def test_its_report_says_which_run_it_undoes_and_names_nobody_where_it_may_be_mailed(
    district: SmallDistrict, patron: str | None, about: str
) -> None:
    run = changed(district)
    report = district.undo(run, now=LATER, patron=patron).report
    assert (report.note, list(report.history)) == (f"undo of {run}{about}", [])


def test_a_child_whom_an_undo_took_away_comes_back_by_another_jobs_next_incremental(tmp_path: Path) -> None:
    district = SmallDistrict(tmp_path).write().beside()
    both, mine = [student(1)], [student(1), student(2)]
    district.export(mine)
    district.export(both, name="others")
    first = district.run().report.run
    district.run(name="others")
    assert district.run("incremental", name="others").report.compared_as == "incremental"
    district.undo(first)
    assert district.rows("SELECT count(*) FROM patron") == [(0,)]
    again = district.run("incremental", name="others")
    assert (again.report.compared_as, again.report.counts["added"]) == ("full", 1)


def test_an_undo_that_takes_nobody_away_leaves_other_jobs_incrementals_as_they_are(tmp_path: Path) -> None:
    district = SmallDistrict(tmp_path).write().beside()
    district.export([student(1)])
    district.export([student(2)], name="others")
    district.run()
    district.run(name="others")
    district.export([student(1, HR="new")])
    district.undo(district.run().report.run)
    assert district.run("incremental", name="others").report.compared_as == "incremental"
