"""Fields that staff locked, against what would write them: the policy, an approval, a saved plan, an undo. (docs/domain.md section 3.)"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from runner.run.outcome import Outcome
from runner.run.progress import NoProgress
from runner.run.saved import apply_saved, save_plan
from tests.run.small_district import JOB, NIGHT, SmallDistrict, leavers, student

TOMORROW = NIGHT + timedelta(days=1)
MONTH = NIGHT + timedelta(days=30)
LEAVERS = leavers(guards="{inactivate: {number: 100}}")
HOLDING = JOB + "guards: {update: {number: 0}}\n"
FIELDS = "SELECT status, homeroom, username FROM patron WHERE district_id = '1001'"


def lock(district: SmallDistrict, field: str, *, key: str = "1001", until: str | None = None) -> None:
    end = "NULL" if until is None else f"'{until}'"
    district.edit(
        f"INSERT INTO field_lock (patron_id, field, reason, owner, until_date) SELECT id, '{field}', 'it is right', 'ann', {end}"
        f" FROM patron WHERE district_id = '{key}'"
    )


def made(folder: Path, job: str) -> SmallDistrict:
    district = SmallDistrict(folder).write(job=job)
    district.export([student(number) for number in range(1, 9)])
    district.run()
    return district


def a_month_later(district: SmallDistrict) -> Outcome:
    """A night whose file has the first patron no more."""
    district.export([student(number) for number in range(2, 9)])
    return district.run(now=MONTH)


def notes(done: Outcome) -> list[tuple[str, str]]:
    return [(each["patron"], each["text"]) for each in done.document()["messages"] if each["code"] == "field-locked"]


@pytest.mark.parametrize(
    ("field", "then"),
    [
        ("homeroom", ("Inactive", "101", "Inactive-user1")),
        ("username", ("Inactive", None, "user1")),
        ("last_name", ("Inactive", None, "Inactive-user1")),
    ],
)
def test_an_inactivation_leaves_a_locked_field_as_it_is(field: str, then: tuple[str, ...], tmp_path: Path) -> None:
    district = made(tmp_path, LEAVERS)
    lock(district, field)
    done = a_month_later(district)
    assert district.rows(FIELDS) == [then]
    kept = f"{field} is locked by ann until it is unlocked (it is right), so that the removal policy left it as it is."
    assert notes(done) == ([] if field == "last_name" else [("1001", kept)])


def test_whose_status_is_locked_is_not_inactivated(tmp_path: Path) -> None:
    district = made(tmp_path, LEAVERS)
    lock(district, "status")
    done = a_month_later(district)
    assert district.rows(FIELDS) == [("Active", "101", "user1")]
    assert done.document()["counts"]["inactivated"] == 0
    assert [key for key, _ in notes(done)] == ["1001"]


def test_a_lock_that_has_ended_holds_nothing_back(tmp_path: Path) -> None:
    district = made(tmp_path, LEAVERS)
    lock(district, "status", until="2026-10-20")
    assert a_month_later(district).document()["counts"]["inactivated"] == 1


def test_an_approval_leaves_out_whoever_was_locked_meanwhile_by_name(tmp_path: Path) -> None:
    district = made(tmp_path, HOLDING)
    district.export([student(number, HR="900") for number in range(1, 9)])
    held = district.run(now=TOMORROW)
    lock(district, "homeroom")
    lock(district, "nickname", key="1002")
    done = district.approve(held.report.run, now=TOMORROW)
    assert district.rows("SELECT district_id FROM patron WHERE homeroom = '101'") == [("1001",)]
    assert [each["patron"] for each in done.document()["messages"] if each["code"] == "patron-moved"] == ["1001"]


def test_a_saved_plan_is_stale_where_staff_locked_a_field_that_it_changes(tmp_path: Path) -> None:
    district = made(tmp_path, JOB)
    district.export([student(number, HR="900") for number in range(1, 9)])
    save_plan(district.plan(now=TOMORROW), tmp_path / "saved.plan")
    lock(district, "homeroom", until="2026-10-16")
    refused = apply_saved(tmp_path / "saved.plan", district.places, now=TOMORROW, progress=NoProgress())
    assert (refused.status, "locked by staff, since the plan was made: 1001" in refused.report.messages["text"][0]) == ("failed", True)
    assert district.rows("SELECT count(*) FROM patron WHERE homeroom = '900'") == [(0,)]


def test_an_undo_leaves_whoever_has_a_field_locked_that_it_would_put_back(tmp_path: Path) -> None:
    district = made(tmp_path, JOB)
    district.export([student(number, HR="900") for number in range(1, 9)])
    run = district.run(now=TOMORROW).report.run
    lock(district, "homeroom")
    done = district.undo(run, now=TOMORROW)
    assert district.rows("SELECT district_id FROM patron WHERE homeroom = '900'") == [("1001",)]
    assert [each["text"] for each in done.document()["messages"]] == ["1001 was left as it is: staff locked its homeroom"]
