"""The removal policy in whole runs: gates, guards, missing schools, broken files, rehearsals. (docs/domain.md sections 6 and 7.)"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.run.small_district import COLUMNS, DISTRICT, JOB, NIGHT, SmallDistrict, student

POLICY = """\
removal:
  when_records_read_over: 0
  scope: everyone
  inactivate: {not_updated_in_days: 0}
  delete: {graduated_seniors: true, inactive: {days: 0, only_if: no_checkouts_no_fines}}
"""
FREE = "guards: {delete: {number: 1000}, inactivate: {number: 1000}}\n"
TOMORROW = NIGHT + timedelta(days=1)


def made(folder: Path, *, job: str = JOB + POLICY + FREE, people: int = 20, district: str = DISTRICT) -> SmallDistrict:
    """A district whose first file is in the store."""
    place = SmallDistrict(folder).write(job=job, district=district)
    place.export([student(number) for number in range(1, people + 1)])
    place.run()
    return place


def active(district: SmallDistrict) -> int:
    return int(district.rows("SELECT count(*) FROM patron WHERE status = 'Active'")[0][0])


def test_a_school_of_forty_that_is_missing_from_the_file_closes_the_gate(tmp_path: Path) -> None:
    sites = [f"S{number:02d}" for number in range(40)]
    defaults = "default_patron_type: Student, default_access_level: Patron"
    entries = "".join(f"  - {{short_name: {site}, name: School {site}, {defaults}}}\n" for site in sites)
    text = DISTRICT[: DISTRICT.index("  - {short_name: NORTH")] + entries + DISTRICT[DISTRICT.index("patron_types:") :]
    district = SmallDistrict(tmp_path).write(job=JOB + POLICY + FREE, district=text)
    everybody = [student(number, School=sites[number % 40]) for number in range(1200)]
    district.export(everybody)
    district.run()
    district.export([row for row in everybody if row["School"] != "S07"])  # 30 of 1,200: 2.5%
    done = district.run(now=TOMORROW).document()
    reason = "S07 had 30 rows in the last input and has 0 in this one, so nobody is inactivated or deleted"
    assert done["removal"] == {"open": False, "reason": reason}
    assert active(district) == 1200


def test_a_date_to_come_is_age_0_which_is_enough_for_0_days(tmp_path: Path) -> None:
    district = made(tmp_path)
    district.edit("UPDATE patron SET status = 'Inactive' WHERE district_id = '1001'")
    district.edit("UPDATE patron SET status_at = '2027-01-01T00:00:00.000000Z' WHERE district_id = '1001'")
    assert district.run(now=TOMORROW).report.counts["removed"] == 1


@pytest.mark.parametrize("left", ["", ",".join(COLUMNS) + "\n", "half"], ids=["empty", "header only", "less than half"])
def test_a_file_that_was_cut_off_inactivates_nobody_even_at_0_days(left: str, tmp_path: Path) -> None:
    district = made(tmp_path)
    if left == "half":
        district.export([student(number) for number in range(1, 10)])
    else:
        (district.folder / "exports" / "students.csv").write_text(left, encoding="utf-8")
    assert district.run(now=TOMORROW).status == "failed"
    assert active(district) == 20


def test_a_file_that_cannot_be_read_inactivates_nobody(tmp_path: Path) -> None:
    district = made(tmp_path)
    (district.folder / "exports" / "students.csv").unlink()
    assert district.run(now=TOMORROW).status == "failed"
    assert active(district) == 20


@pytest.mark.parametrize(("over", "inactivated"), [(11, 8), (12, 0), (13, 0)])
def test_records_read_must_be_more_than_the_threshold(over: int, inactivated: int, tmp_path: Path) -> None:
    district = made(tmp_path)
    district.write(job=JOB + POLICY.replace("over: 0", f"over: {over}") + FREE)
    district.export([student(number) for number in range(1, 13)])
    assert district.run(now=TOMORROW).document()["counts"]["inactivated"] == inactivated


def test_an_incremental_run_removes_nobody_and_is_complete(tmp_path: Path) -> None:
    district = made(tmp_path)
    district.export([student(number) for number in range(1, 13)])
    done = district.run("incremental", now=TOMORROW)
    assert (done.document()["removal"]["open"], done.status, active(district)) == (False, "complete", 20)


def test_a_hundred_refused_records_close_the_gate_and_ninety_nine_do_not(tmp_path: Path) -> None:
    district = made(tmp_path, people=200)
    nameless = [student(1000 + number, Last="") for number in range(100)]
    everybody = [student(number) for number in range(1, 200)]
    district.export([*everybody, *nameless])
    assert district.run(now=TOMORROW).document()["removal"]["open"] is False
    district.export([*everybody, *nameless[1:]])
    assert district.run(now=TOMORROW + timedelta(days=1)).document()["counts"]["inactivated"] == 1


def test_an_old_file_removes_nobody(tmp_path: Path) -> None:
    district = made(tmp_path, job=JOB.replace("students.csv}", "students.csv, max_age: 3d}") + POLICY + FREE)
    district.export([student(number) for number in range(1, 13)])
    far = NIGHT + timedelta(days=4000)  # the file's own time is the machine's
    assert "the input is" in district.run(now=far).document()["removal"]["reason"]
    assert active(district) == 20


def test_the_districts_guard_holds_though_the_job_file_lost_its_own(tmp_path: Path) -> None:
    guarded = DISTRICT + "guards: {inactivate: {number: 3}}\n"
    district = made(tmp_path, job=JOB + POLICY, district=guarded)
    district.export([student(number) for number in range(1, 16)])
    held = district.run(now=TOMORROW)
    assert held.document()["held"] == [{"action": "inactivate", "count": 5, "guard": "inactivate 3"}]
    assert (held.status, active(district)) == ("held", 20)


def test_a_looser_guard_of_the_job_does_not_loosen_the_districts(tmp_path: Path) -> None:
    guarded = DISTRICT + "guards: {inactivate: {number: 3}}\n"
    district = made(tmp_path, job=JOB + POLICY + FREE, district=guarded)
    district.export([student(number) for number in range(1, 16)])
    assert district.run(now=TOMORROW).document()["counts"]["inactivated"] == 0


def test_a_number_counts_what_the_file_does_and_what_the_policy_does_together(tmp_path: Path) -> None:
    job = JOB + "  delete_when: {column: HR, in: [gone]}\n" + POLICY + "guards: {delete: {number: 3}}\n"
    district = made(tmp_path, job=job)
    everybody = [student(number) for number in range(1, 21)]
    for number in (0, 1):
        everybody[number]["HR"] = "gone"
    for number in (2, 3):
        everybody[number].update(Grade="12", GradYear="2026")
    district.export(everybody)
    done = district.run(now=TOMORROW).document()
    assert (done["counts"]["deleted"], done["counts"]["removed"]) == (2, 0)
    assert done["held"] == [{"action": "delete", "count": 2, "guard": "delete 3"}]


def test_a_rehearsal_shows_whom_the_first_day_of_the_school_year_removes(tmp_path: Path) -> None:
    district = SmallDistrict(tmp_path).write(job=JOB + POLICY.replace("days: 0}", "days: 14}") + FREE)
    district.export([student(1), student(2), student(3, Grade="12", GradYear="2027")])
    district.run()
    district.export([student(1), student(3, Grade="12", GradYear="2027")])
    today = district.plan(now=TOMORROW).document()
    first_day = district.plan(now=TOMORROW, as_of=date(2027, 8, 1)).document()
    assert today["changes"] == []
    # Student 1 is in tonight's file and counts as seen on that day; student 2 is not; student 3 has graduated by then.
    assert {(each["patron"], each["rule"]) for each in first_day["changes"]} == {("1002", "inactivate"), ("1003", "graduated_seniors")}
    assert first_day["removal"]["open"] is True
    assert active(district) == 3


def test_a_graduate_is_remembered_by_its_own_record_and_not_by_that_of_an_association(tmp_path: Path) -> None:
    """Else it would be an add tomorrow, and be removed, and added again, night after night."""
    twice = JOB + "  associate_when: {column: HR, in: [second]}\n" + POLICY + FREE
    district = SmallDistrict(tmp_path).write(job=twice)
    graduate = student(2, Grade="12", GradYear="2026")
    second = {**graduate, "School": "SOUTH", "Card": "P77", "HR": "second"}
    rows = [student(1), second, graduate]  # the record of the association stands before the patron's own
    district.export(rows)
    assert district.run().document()["counts"]["removed"] == 1
    again = district.run(now=TOMORROW).document()
    assert (again["counts"]["added"], again["counts"]["removed"]) == (0, 0)


def test_a_disabled_name_never_takes_one_that_somebody_else_keeps(tmp_path: Path) -> None:
    job = JOB + POLICY.replace("days: 0}\n", "days: 0, disable_login: true}\n", 1) + FREE
    district = SmallDistrict(tmp_path).write(job=job)
    everybody = [student(1), student(2, User="ann"), student(3, User="Inactive-ann"), student(4, User="inactive-bo"), student(5, User="bo")]
    district.export(everybody)
    district.run()
    district.export(everybody[:1])
    district.write(job=job.replace("students.csv}", "students.csv, min_rows_percent: 1}"))
    district.run(now=TOMORROW)
    names = dict(district.rows("SELECT district_id, username FROM patron"))
    assert names == {
        "1001": "user1",
        "1002": "Inactive-ann-2",
        "1003": "Inactive-ann",
        "1004": "Inactive-inactive-bo",
        "1005": "Inactive-bo-2",
    }


def test_an_entry_of_nothing_among_the_fines_is_an_entry_but_no_debt(tmp_path: Path) -> None:
    with_fines = DISTRICT.replace("fines: none, ", "")
    district = made(tmp_path, district=with_fines)
    district.edit("INSERT INTO fine (patron_id, amount_cents) SELECT id, 0 FROM patron WHERE district_id IN ('1001', '1002')")
    since = "status_at = '2026-01-01T00:00:00.000000Z', version = 2"
    district.edit(f"UPDATE patron SET status = 'Inactive', {since} WHERE district_id = '1001'")
    district.edit("UPDATE patron SET grade_level = '12', graduation_year = '2020', version = 2 WHERE district_id = '1002'")
    district.edit("INSERT INTO circulation_load (table_name, loaded_at) VALUES ('fines', '2026-10-15T07:00:00.000000Z')")
    district.export([student(number) for number in range(1, 21)])
    without_grades = JOB.replace("    grade_level: Grade\n    graduation_year: GradYear\n", "")
    district.write(job=without_grades + POLICY + FREE, district=with_fines)
    done = district.run(now=TOMORROW).document()
    assert [(each["patron"], each["rule"]) for each in done["changes"]] == [("1001", "inactive")]


def test_whom_staff_added_without_district_id_and_barcode_is_named_by_the_school(tmp_path: Path) -> None:
    district = made(tmp_path)
    district.edit("INSERT INTO patron (site, last_name, added_at) VALUES ('NORTH', 'Visitor', '2026-01-01T00:00:00.000000Z')")
    district.export([student(number) for number in range(1, 21)])
    done = district.run(now=TOMORROW).document()
    assert [(each["patron"], each["action"]) for each in done["changes"]] == [("NORTH/", "inactivate")]


BACK = POLICY.replace("not_updated_in_days: 0", "not_updated_in_days: 14").replace("inactive: {days: 0,", "inactive: {days: 5,")


def test_who_came_back_is_not_deleted_in_the_run_that_holds_the_coming_back(tmp_path: Path) -> None:
    held_back = "guards: {reactivate: {number: 0}, delete: {number: 1000}, inactivate: {number: 1000}}\n"
    district = made(tmp_path, job=JOB + BACK + held_back)
    everybody = [student(number) for number in range(1, 21)]
    district.export(everybody[1:])
    district.run(now=NIGHT + timedelta(days=30))
    district.export(everybody)
    back = district.run(now=NIGHT + timedelta(days=40))
    assert (back.document()["counts"]["held"], back.document()["counts"]["removed"]) == (1, 0)
    done = district.approve(back.report.run, now=NIGHT + timedelta(days=40)).document()
    assert [(each["patron"], each["action"]) for each in done["changes"]] == [("1001", "reactivate")]
    assert active(district) == 20


def test_a_file_whose_keys_are_blank_is_refused_and_inactivates_nobody(tmp_path: Path) -> None:
    district = made(tmp_path)
    district.export([student(number, ID="") for number in range(1, 21)])
    done = district.run(now=TOMORROW)
    assert (done.status, active(district)) == ("failed", 20)
    assert done.report.messages["code"].to_list() == ["file-reshaped"]
