"""A patron whom policy inactivated and whose record is back is told as `reactivate` everywhere. (docs/interface.md section 5)"""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from runner.run.outcome import Outcome
from tests.run.small_district import JOB, NIGHT, SmallDistrict, student

BACK = NIGHT + timedelta(days=16)
LATER = NIGHT + timedelta(days=17)
POLICY = (
    "removal: {when_records_read_over: 0, scope: everyone, inactivate: {not_updated_in_days: 14, disable_login: true}}\n"
    "guards: {inactivate: {number: 9}"
)
EVERYBODY = [student(number) for number in range(1, 6)]


def _gone(folder: Path, guards: str = "") -> SmallDistrict:
    """A district that inactivated 1005 a day ago, and whose file has it again."""
    district = SmallDistrict(folder).write(job=f"{JOB}{POLICY}{guards}}}\n")
    district.export(EVERYBODY)
    district.run()
    district.export(EVERYBODY[:4])
    district.run(now=NIGHT + timedelta(days=15))
    district.export(EVERYBODY)
    return district


def _told(done: Outcome) -> list[tuple[Any, ...]]:
    return [(each["patron"], each["action"], each["cause"], each["held"]) for each in done.document()["changes"]]


def _stored(district: SmallDistrict) -> list[tuple[Any, ...]]:
    return district.rows("SELECT status, username FROM patron WHERE district_id = '1005'")


def test_plan_and_run_tell_it_as_a_reactivation_that_counts_as_an_update(tmp_path: Path) -> None:
    district = _gone(tmp_path)
    planned, done = district.plan(now=BACK), district.run(now=BACK)
    assert _told(planned) == _told(done) == [("1005", "reactivate", "file", False)]
    counts = done.document()["counts"]
    assert (counts["updated"], counts["reactivated"], counts["unchanged"]) == (1, 1, 4)
    assert _stored(district) == [("Active", "user5")]


def test_the_pages_and_the_spreadsheet_of_a_run_say_so(tmp_path: Path) -> None:
    files = _gone(tmp_path).run(now=BACK).report_files
    with (files["html"].parent / "changes.csv").open(encoding="utf-8-sig", newline="") as sheet:
        assert {(row["patron"], row["action"]) for row in csv.DictReader(sheet)} == {("1005", "reactivate")}
    assert "Made active again" in files["text"].read_text(encoding="utf-8")
    assert 'data-action="reactivate"' in files["html"].read_text(encoding="utf-8")


def test_a_guard_on_reactivations_holds_it_until_it_is_approved(tmp_path: Path) -> None:
    district = _gone(tmp_path, ", reactivate: {number: 0}")
    held = district.run(now=BACK)
    assert held.document()["held"] == [{"action": "reactivate", "count": 1, "guard": "reactivate 0"}]
    assert _told(held) == [("1005", "reactivate", "file", True)]
    assert _stored(district) == [("Inactive", "Inactive-user5")]
    counts = district.approve(held.report.run, now=BACK).document()["counts"]
    assert (counts["updated"], counts["reactivated"]) == (1, 1)
    assert _stored(district) == [("Active", "user5")]


def test_a_patron_who_moved_before_the_approval_is_not_counted_as_reactivated(tmp_path: Path) -> None:
    district = _gone(tmp_path, ", reactivate: {number: 0}")
    held = district.run(now=BACK)
    district.edit("UPDATE patron SET homeroom = 'desk' WHERE district_id = '1005'")
    counts = district.approve(held.report.run, now=BACK).document()["counts"]
    assert (counts["updated"], counts["reactivated"], counts["refused"]) == (0, 0, 1)


@pytest.mark.parametrize("guards", [", update: {number: 0}", ", update: {percent: 0, floor: 0}"])
def test_a_guard_on_updates_does_not_count_it(tmp_path: Path, guards: str) -> None:
    assert _told(_gone(tmp_path, guards).run(now=BACK)) == [("1005", "reactivate", "file", False)]


def test_a_patron_who_comes_back_at_another_site_is_a_transfer_and_counts_as_reactivated(tmp_path: Path) -> None:
    district = _gone(tmp_path)
    district.export([*EVERYBODY[:4], student(5, School="SOUTH")])
    done = district.run(now=BACK)
    assert _told(done) == [("1005", "transfer", "file", False)]
    assert done.document()["counts"]["reactivated"] == 1


def test_undo_takes_it_back_and_the_next_run_holds_it(tmp_path: Path) -> None:
    district = _gone(tmp_path)
    run = district.run(now=BACK).report.run
    assert district.undo(run, now=BACK).document()["messages"] == []
    assert _stored(district) == [("Inactive", "Inactive-user5")]
    again = district.run(now=LATER)
    assert _told(again) == [("1005", "reactivate", "file", True)]
    assert again.document()["held"] == [{"action": "reactivate", "count": 1, "guard": "undone before"}]


def test_a_patron_whom_only_an_association_names_comes_back_with_it_and_is_not_deleted(tmp_path: Path) -> None:
    district = _gone(tmp_path)
    rule = "  associate_when: {all: [{column: School, in: [SOUTH]}]}\n  fields:"
    delete = "disable_login: true}, delete: {inactive: {days: 5, only_if: no_checkouts_no_fines}}}\nguards: {delete: {number: 9}}\n"
    district.write(job=JOB.replace("  fields:", rule) + POLICY[: POLICY.index("disable_login")] + delete)
    district.export([*EVERYBODY[:4], student(5, School="SOUTH")])
    assert _told(district.run(now=BACK)) == [("1005", "reactivate", "file", False)]
    assert _stored(district) == [("Active", "user5")]
    assert district.rows("SELECT site, barcode FROM association") == [("SOUTH", "P5")]
    for days in (1, 6):
        assert _told(district.run(now=BACK + timedelta(days=days))) == []


def test_a_login_that_staff_gave_meanwhile_stays_where_the_job_maps_none(tmp_path: Path) -> None:
    district = _gone(tmp_path)
    district.edit("UPDATE patron SET username = 'robert' WHERE district_id = '1005'")
    district.write(job=f"{JOB.replace('    username: User', '')}{POLICY}}}\n")
    district.run(now=BACK)
    assert _stored(district) == [("Active", "robert")]


def test_the_journal_keeps_it_for_the_patrons_history(tmp_path: Path) -> None:
    district = _gone(tmp_path)
    district.run(now=BACK)
    assert [action for (action,) in district.rows("SELECT action FROM change WHERE patron = '1005' ORDER BY id")][-2:] == [
        "inactivate",
        "reactivate",
    ]
