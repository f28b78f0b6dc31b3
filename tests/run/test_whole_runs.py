"""Whole runs on a small district: what is planned is what is done, and what fails changes nothing."""

from __future__ import annotations

import errno
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from runner.errors import PlanStale
from runner.report.headline import Step, headline
from runner.run.places import make_private
from runner.run.progress import NoProgress
from runner.run.saved import apply_saved, save_plan
from tests.run.small_district import DISTRICT, JOB, LEAVERS, NIGHT, SmallDistrict, student

TOMORROW = NIGHT + timedelta(days=1)


@pytest.fixture
def district(tmp_path: Path) -> SmallDistrict:
    made = SmallDistrict(tmp_path).write()
    made.export([student(number) for number in range(1, 6)])
    return made


def changes(document: dict) -> list[tuple]:
    return sorted((each["patron"], each["action"], str(each["fields"]), each["cause"]) for each in document["changes"])


def test_a_first_run_adds_everybody_and_the_second_changes_nothing(district: SmallDistrict) -> None:
    assert district.run().document()["counts"]["added"] == 5
    again = district.run(now=TOMORROW).document()
    assert (again["counts"]["unchanged"], again["changes"]) == (5, [])


def test_planning_makes_no_store_and_changes_nothing(district: SmallDistrict) -> None:
    assert district.plan().document()["counts"]["added"] == 5
    assert not district.store_file.exists()


def test_a_district_folder_that_others_could_write_to_is_closed_to_them_by_a_run(district: SmallDistrict) -> None:
    """Whoever may write there can put another store in the place of this one."""
    folder = district.store_file.parent
    folder.mkdir(parents=True)
    folder.chmod(0o775)
    district.run()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755


def test_a_folder_that_everybody_shares_stays_as_it_is(district: SmallDistrict) -> None:
    folder = district.store_file.parent
    folder.mkdir(parents=True)
    folder.chmod(0o1777)
    district.run()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o1777


def test_what_plan_shows_is_what_run_does(district: SmallDistrict) -> None:
    district.run()
    district.export([student(1, HR="999"), student(2, School="SOUTH"), student(3, Card="P4"), student(4, Card="P3"), student(6)])
    shown = district.plan(now=TOMORROW).document()
    done = district.run(now=TOMORROW).document()
    assert changes(shown) == changes(done)
    assert shown["counts"] == done["counts"]


@pytest.mark.parametrize("more", ["last_name: Last", "homeroom: HR"])
def test_a_job_that_only_updates_needs_no_barcode(district: SmallDistrict, more: str) -> None:
    """Key, site and one field: known patrons are updated, an unknown one is refused, and so it is on the next night."""
    district.run()
    job = JOB[: JOB.index("    barcode")] + f"    {more}\n"
    district.write(job=job).export([student(1, Last="New", HR="900"), *(student(number) for number in range(2, 7))])
    for night, updated in ((TOMORROW, 1), (TOMORROW + timedelta(days=1), 0)):
        assert district.plan(now=night).document()["counts"]["updated"] == updated
        done = district.run(now=night).document()
        assert (done["counts"]["updated"], done["counts"]["unchanged"], done["counts"]["refused"]) == (updated, 5 - updated, 1)
        assert {each["patron"] for each in done["messages"] if each["code"] == "barcode-missing"} == {"1006"}


def test_every_file_and_folder_that_a_run_makes_is_private(district: SmallDistrict) -> None:
    district.run()
    for path in (district.root / "var").rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path


def test_a_saved_plan_does_what_it_says(district: SmallDistrict, tmp_path: Path) -> None:
    file = tmp_path / "night.plan"
    planned = district.plan()
    save_plan(planned, file)
    applied = apply_saved(file, district.places, now=NIGHT, progress=NoProgress())
    assert applied.document()["counts"] == planned.document()["counts"]
    assert len(district.rows("SELECT id FROM patron")) == 5
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def stale(district: SmallDistrict, tmp_path: Path, edit) -> str:
    district.run()
    district.export([student(number, HR="777") for number in range(1, 6)])
    file = tmp_path / "night.plan"
    save_plan(district.plan(now=TOMORROW), file)
    edit()
    before = district.rows("SELECT district_id, homeroom, version FROM patron")
    try:
        outcome = apply_saved(file, district.places, now=TOMORROW, progress=NoProgress())
    except PlanStale as refused:
        text = refused.text
    else:
        assert isinstance(outcome.error, PlanStale)
        text = outcome.error.text
    assert district.rows("SELECT district_id, homeroom, version FROM patron") == before
    return text


def test_a_saved_plan_names_the_patron_that_moved_and_changes_nothing(district: SmallDistrict, tmp_path: Path) -> None:
    told = stale(district, tmp_path, lambda: district.edit("UPDATE patron SET nickname = 'Bo' WHERE district_id = '1003'"))
    assert "1003" in told
    assert "1002" not in told


def test_a_saved_plan_is_refused_when_the_input_moved(district: SmallDistrict, tmp_path: Path) -> None:
    assert "input" in stale(district, tmp_path, lambda: district.export([student(1)]))


def test_a_saved_plan_is_refused_when_the_job_moved(district: SmallDistrict, tmp_path: Path) -> None:
    assert "job file" in stale(district, tmp_path, lambda: district.write(job=JOB + "description: changed\n"))


def test_a_saved_plan_is_refused_when_the_district_moved(district: SmallDistrict, tmp_path: Path) -> None:
    assert "district file" in stale(district, tmp_path, lambda: district.write(district=DISTRICT + "history_days: 30\n"))


def test_a_refused_file_is_a_failed_run_with_a_report_and_an_untouched_store(district: SmallDistrict) -> None:
    district.run()
    district.export([])
    failed = district.run(now=TOMORROW)
    assert (failed.status, failed.exit_code) == ("failed", 1)
    assert failed.report_files["html"].exists()
    assert district.rows("SELECT count(*) FROM patron") == [(5,)]
    assert district.rows("SELECT status FROM run ORDER BY number DESC LIMIT 1") == [("failed",)]


def test_a_run_whose_report_cannot_be_written_tells_what_it_did_and_fails(district: SmallDistrict) -> None:
    make_private(district.places.var / "small").joinpath("runs").write_text("a file where the folder must be")
    done = district.run()
    assert (done.status, done.exit_code) == ("complete", 1)
    document = done.document()
    assert (document["counts"]["added"], len(document["changes"])) == (5, 5)
    lead = headline(done.report)
    assert lead.sentence.startswith("5 patrons were added, but the run's report could not be written: ")
    assert lead.steps == (Step("What it did is stored and stays done. To see it:", f"runner runs show {done.report.run}"),)


def test_a_run_that_fails_after_it_was_stored_tells_what_the_store_has_of_it(
    district: SmallDistrict, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "archive.csv")

    monkeypatch.setattr("runner.run.engine.archive_input", full_disk)
    done = district.run()
    assert (done.status, done.exit_code, done.report.counts["added"]) == ("complete", 1, 5)
    text = done.report_files["text"].read_text()
    assert "5 patrons were added, but not all that follows a run could be done" in " ".join(text.split())


def test_half_a_file_is_refused_and_taken_once_with_a_reason(district: SmallDistrict) -> None:
    district.export([student(number) for number in range(1, 41)])
    district.run()
    district.export([student(number) for number in range(1, 11)])
    assert district.run(now=TOMORROW).status == "failed"
    taken = district.run(now=TOMORROW, accept_input="summer school")
    assert taken.status == "complete"
    assert district.rows("SELECT note FROM run ORDER BY number DESC LIMIT 1") == [("input accepted: summer school",)]


def test_leavers_are_inactivated_by_policy_as_the_plan_said(district: SmallDistrict) -> None:
    district.write(job=LEAVERS)
    district.run()
    district.export([student(number) for number in range(1, 5)])
    later = NIGHT + timedelta(days=15)
    shown = district.plan(now=later).document()
    done = district.run(now=later).document()
    assert changes(shown) == changes(done)
    assert [(each["patron"], each["action"], each["cause"], each["rule"]) for each in done["changes"]] == [
        ("1005", "inactivate", "removal", "inactivate")
    ]
    columns = "status, homeroom, username, status_cause, status_before, username_before"
    stored = district.rows(f"SELECT {columns} FROM patron WHERE district_id = '1005'")
    assert stored == [("Inactive", None, "Inactive-user5", "removal", "Active", "user5")]


def test_a_patron_that_policy_inactivated_comes_back_as_it_was(district: SmallDistrict) -> None:
    district.write(job=LEAVERS)
    district.run()
    everybody = [student(number) for number in range(1, 6)]
    district.export(everybody[:4])
    district.run(now=NIGHT + timedelta(days=15))
    district.export(everybody)
    back = district.run(now=NIGHT + timedelta(days=16)).document()
    assert back["counts"]["reactivated"] == 1
    assert district.rows("SELECT status, homeroom, username FROM patron WHERE district_id = '1005'") == [("Active", "105", "user5")]


@pytest.mark.parametrize("write", ["on_create", "if_empty", "if_source_changed"])
def test_a_login_that_the_job_may_not_write_only_comes_back_and_takes_nothing_from_a_new_patron(tmp_path: Path, write: str) -> None:
    job = LEAVERS.replace("username: User", f"username: {{column: User, write: {write}}}")
    district = SmallDistrict(tmp_path).write(job=job)
    district.export([student(1), student(2, User="bo")])
    district.run()
    district.run(now=NIGHT + timedelta(days=1))  # what is sent is known from the second night on
    district.export([student(1)])
    district.run(now=NIGHT + timedelta(days=20), accept_input="two children")
    district.export([student(1), student(2, User="bo"), student(3, User="bo")])
    night = district.run(now=NIGHT + timedelta(days=21))
    assert {each["code"] for each in night.document()["messages"]} >= {"login-not-restored"}
    assert district.rows("SELECT district_id FROM patron WHERE username = 'bo'") == [("1003",)]


def test_a_long_inactive_patron_is_deleted_after_the_days_and_not_before(district: SmallDistrict) -> None:
    district.write(job=LEAVERS)
    district.run()
    district.export([student(number) for number in range(1, 5)])
    inactivated = NIGHT + timedelta(days=15)
    district.run(now=inactivated)
    assert district.run(now=inactivated + timedelta(days=29)).document()["counts"]["removed"] == 0
    gone = district.run(now=inactivated + timedelta(days=30)).document()
    assert gone["counts"]["removed"] == 1
    assert gone["changes"][0]["reason"] == "inactive since 30 October 2026; no transactions"


def test_a_graduated_senior_is_deleted_and_not_added_again_by_the_same_record(district: SmallDistrict) -> None:
    district.write(job=LEAVERS)
    district.export([student(1), student(2, Grade="12", GradYear="2027")])
    district.run()
    summer = NIGHT.replace(year=2027)
    first = district.run(now=summer).document()
    assert [each["rule"] for each in first["changes"]] == ["graduated_seniors"]
    again = district.run(now=summer + timedelta(days=1)).document()
    assert again["counts"]["added"] == 0
    assert "removed-by-policy" in {each["code"] for each in again["messages"]}


def test_a_graduated_senior_that_the_file_adds_is_gone_at_the_end_of_the_same_run(district: SmallDistrict) -> None:
    district.write(job=LEAVERS)
    district.export([student(1), student(2, Grade="12", GradYear="2020")])
    done = district.run().document()
    assert (done["counts"]["added"], done["counts"]["removed"]) == (2, 1)
    assert district.rows("SELECT district_id FROM patron") == [("1001",)]


def test_a_guard_holds_the_deletions_and_the_rest_goes_on(district: SmallDistrict) -> None:
    district.write(job=LEAVERS.replace("delete: {number: 100}", "delete: {number: 1}"))
    district.export([student(number, Grade="12", GradYear="2027") for number in range(1, 4)] + [student(4)])
    district.run()
    district.export([student(number, Grade="12", GradYear="2027") for number in range(1, 4)] + [student(4, HR="1")])
    held = district.run(now=NIGHT.replace(year=2027))
    document = held.document()
    assert (held.status, held.exit_code) == ("held", 3)
    assert document["held"] == [{"action": "delete", "count": 3, "guard": "delete 1"}]
    assert document["counts"]["updated"] == 1
    assert district.rows("SELECT count(*) FROM patron") == [(4,)]


def test_a_closed_gate_says_why_with_both_numbers(district: SmallDistrict) -> None:
    district.write(job=LEAVERS.replace("when_records_read_over: 0", "when_records_read_over: 43000"))
    closed = district.run()
    reason = "read 5 records; the job wants more than 43,000 before it inactivates anyone"
    assert closed.document()["removal"] == {"open": False, "reason": reason}
    assert (closed.status, closed.exit_code) == ("incomplete", 3)


def test_a_file_that_was_planned_for_another_day_shows_what_that_day_removes(district: SmallDistrict) -> None:
    district.write(job=LEAVERS)
    district.run()
    district.export([student(number) for number in range(1, 5)])
    rehearsed = district.plan(as_of=(NIGHT + timedelta(days=15)).date()).document()
    assert [(each["patron"], each["action"]) for each in rehearsed["changes"]] == [("1005", "inactivate")]
    assert district.plan().document()["changes"] == []


def test_a_barcode_that_is_too_long_is_shown_on_an_add_and_on_an_update(district: SmallDistrict) -> None:
    district.export([student(1), student(2, Card="B" * 15)])
    first = district.run().document()
    assert [(each["code"], each["value"]) for each in first["messages"]] == [("barcode-too-long", "B" * 15)]
    district.export([student(1, Card="C" * 16), student(2)])
    second = district.run(now=TOMORROW).document()
    assert [(each["code"], each["value"]) for each in second["messages"]] == [("value-too-long", "C" * 16)]
    assert district.rows("SELECT barcode FROM patron ORDER BY id") == [("P1",), ("P2",)]


CHECKOUTS = """\
version: 1
kind: circulation
name: students
source: {type: directory, path: exports, file: students.csv}
properties:
  table: checkouts
  match_by: district_id
  fields: {district_id: ID, site: School, item_barcode: Card}
"""


def test_a_load_whose_file_has_a_header_only_is_refused_with_what_summer_needs(tmp_path: Path) -> None:
    there = DISTRICT.replace("checkouts: none", "checkouts: loaded")
    district = SmallDistrict(tmp_path).write(district=there, job=CHECKOUTS)
    district.export([])
    refused = district.run()
    assert refused.error is not None
    assert (refused.error.code, "allow_empty: true" in (refused.error.hint or "")) == ("file-header-only", True)
    district.write(district=there, job=CHECKOUTS.replace("table:", "allow_empty: true\n  table:"))
    assert district.run(now=TOMORROW).error is None


def test_a_patrons_job_is_not_told_to_allow_an_empty_file(district: SmallDistrict) -> None:
    district.export([])
    refused = district.run()
    assert refused.error is not None
    assert "allow_empty" not in (refused.error.hint or "")
