"""What a run holds: approved once and in time, rejected, superseded; nobody who moved since is touched."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path

import pytest

from runner.errors import RunnerError
from runner.run.outcome import Outcome
from tests.run.small_district import COLUMNS, DISTRICT, JOB, NIGHT, SmallDistrict, leavers, student

TOMORROW = NIGHT + timedelta(days=1)
LATER = NIGHT + timedelta(days=2)
CAREFUL = JOB + "guards: {update: {number: 1}}\n"
LEAVERS = leavers(also="disable_login: true", delete="{graduated_seniors: true}", guards="{delete: {number: 0}, inactivate: {number: 0}}")

TWINS = JOB.replace("    first_name: First\n", "    first_name: First\n    birth_date: Born\n") + "  on_possible_duplicate: hold\n"
BORN = (*COLUMNS, "Born")


@pytest.fixture
def district(tmp_path: Path) -> SmallDistrict:
    made = SmallDistrict(tmp_path).write(job=CAREFUL)
    made.export([student(number) for number in range(1, 6)])
    made.run()
    return made


def held(district: SmallDistrict) -> Outcome:
    """Three homerooms change, which the guard holds; a patron comes in, which goes on."""
    district.export([student(1, HR="1"), student(2, HR="2"), student(3, HR="3"), student(4), student(5), student(6)])
    return district.run(now=TOMORROW)


def homerooms(district: SmallDistrict) -> dict[str, str]:
    return dict(district.rows("SELECT district_id, homeroom FROM patron ORDER BY 1"))


def test_an_approval_applies_exactly_what_is_held_and_is_a_run_of_its_own(district: SmallDistrict) -> None:
    run = held(district).report.run
    plan = district.root / "var" / "small" / "runs" / run / "held.plan"
    assert stat.S_IMODE(plan.stat().st_mode) == 0o600
    done = district.approve(run, now=TOMORROW, by="Ms Ortiz")
    assert homerooms(district) == {"1001": "1", "1002": "2", "1003": "3", "1004": "104", "1005": "105", "1006": "106"}
    assert (done.status, done.document()["kind"], done.document()["counts"]["updated"]) == ("complete", "approve", 3)
    assert done.report_files["html"].exists()
    assert district.status(run) == "complete"
    assert district.rows("SELECT decision, decided_by, applied_by_run FROM approval") == [("approved", "Ms Ortiz", done.report.run)]
    assert not plan.exists()


@pytest.mark.parametrize(("host", "said"), [("library-2", "it ran on library-2"), (None, "no longer in its folder")])
def test_where_the_held_plan_is_not_in_its_folder_it_is_said_which_machine_has_it(
    host: str | None, said: str, district: SmallDistrict
) -> None:
    run = held(district).report.run
    (district.root / "var" / "small" / "runs" / run / "held.plan").unlink()
    if host is not None:
        district.edit(f"UPDATE run SET host = '{host}' WHERE id = '{run}'")
    with pytest.raises(RunnerError, match=said):
        district.approve(run, now=TOMORROW)


def test_what_was_approved_is_not_tried_again(district: SmallDistrict) -> None:
    district.approve(held(district).report.run, now=TOMORROW)
    again = district.run("incremental", now=LATER)
    assert (again.document()["counts"]["unchanged"], again.status, again.report.compared_as) == (6, "complete", "incremental")


def test_a_second_approval_is_refused(district: SmallDistrict) -> None:
    run = held(district).report.run
    district.approve(run, now=TOMORROW, by="Ms Ortiz")
    with pytest.raises(RunnerError, match="approved already by Ms Ortiz"):
        district.approve(run, now=TOMORROW)


def test_a_patron_that_was_edited_since_is_left_out_and_named(district: SmallDistrict) -> None:
    run = held(district).report.run
    district.edit("UPDATE patron SET nickname = 'Bo' WHERE district_id = '1002'")
    done = district.approve(run, now=TOMORROW)
    assert (homerooms(district)["1001"], homerooms(district)["1002"]) == ("1", "102")
    moved = [(each["code"], each["patron"]) for each in done.document()["messages"]]
    assert moved == [("patron-moved", "1002")]
    assert (done.document()["counts"]["updated"], done.document()["counts"]["refused"]) == (2, 1)
    assert district.status(run) == "complete"
    assert district.run("incremental", now=LATER).document()["counts"]["updated"] == 1


def test_an_expired_approval_is_refused(district: SmallDistrict) -> None:
    run = held(district).report.run
    with pytest.raises(RunnerError, match="ended on"):
        district.approve(run, now=TOMORROW + timedelta(days=8))
    assert homerooms(district)["1001"] == "101"


def test_a_rejected_run_stays_as_it_is_and_cannot_be_approved(district: SmallDistrict) -> None:
    run = held(district).report.run
    assert district.reject(run, now=TOMORROW, by="Ms Ortiz").status == "rejected"
    with pytest.raises(RunnerError, match="rejected by Ms Ortiz"):
        district.approve(run, now=TOMORROW)
    assert homerooms(district)["1001"] == "101"
    assert district.rows(f"SELECT decision, decided_by FROM approval WHERE run_id = '{run}'") == [("rejected", "Ms Ortiz")]


def test_the_next_run_supersedes_what_is_held_and_says_so(district: SmallDistrict) -> None:
    first = held(district).report.run
    second = district.run(now=LATER)
    assert district.status(first) == "superseded"
    assert second.status == "held"
    told = [each["text"] for each in second.document()["messages"] if each["code"] == "held-superseded"]
    assert len(told) == 1
    assert first in told[0]
    with pytest.raises(RunnerError, match="took the place"):
        district.approve(first, now=LATER)
    assert district.approve(second.report.run, now=LATER).document()["counts"]["updated"] == 3


def test_a_failed_run_supersedes_nothing(district: SmallDistrict) -> None:
    first = held(district).report.run
    district.export([])
    assert district.run(now=LATER).status == "failed"
    assert district.approve(first, now=LATER).document()["counts"]["updated"] == 3


def test_a_run_that_holds_nothing_cannot_be_approved(district: SmallDistrict) -> None:
    run = district.run(now=TOMORROW).report.run
    with pytest.raises(RunnerError, match="holds nothing"):
        district.approve(run, now=TOMORROW)


def test_held_passwords_need_no_clear_text_to_be_approved(district: SmallDistrict) -> None:
    district.write(job=CAREFUL.replace("    username: User\n", "    username: User\n    password: Pin\n"))
    columns = (*COLUMNS, "Pin")
    district.export([student(number, Pin=f"secret-{number}") for number in range(1, 6)], columns)
    run = district.run(now=TOMORROW)
    assert (run.status, district.rows("SELECT count(*) FROM patron WHERE password_hash IS NOT NULL")) == ("held", [(0,)])
    (district.folder / "exports" / "students.csv").unlink()
    district.approve(run.report.run, now=TOMORROW)
    assert district.rows("SELECT count(*) FROM patron WHERE password_hash LIKE 'scrypt$%' AND password_mac IS NOT NULL") == [(5,)]


def test_held_removals_are_approved_even_where_the_run_changed_their_patron(tmp_path: Path) -> None:
    district = SmallDistrict(tmp_path).write(job=LEAVERS)
    district.export([student(1), student(2), student(3, Grade="12", GradYear="2027")])
    district.run()
    district.export([student(1), student(3, Grade="12", GradYear="2027", HR="9")])
    summer = NIGHT.replace(year=2027)
    run = district.run(now=summer)
    assert {(each["action"], each["count"]) for each in run.document()["held"]} == {("delete", 1), ("inactivate", 1)}
    done = district.approve(run.report.run, now=summer + timedelta(days=3)).document()
    assert (done["counts"]["inactivated"], done["counts"]["removed"]) == (1, 1)
    assert district.rows("SELECT district_id, status, username FROM patron ORDER BY 1") == [
        ("1001", "Active", "user1"),
        ("1002", "Inactive", "Inactive-user2"),
    ]
    assert district.rows("SELECT key FROM removed_mark") == [("1003",)]


def test_a_held_deletion_of_a_patron_that_the_run_itself_added(tmp_path: Path) -> None:
    district = SmallDistrict(tmp_path).write(job=LEAVERS)
    district.export([student(1), student(2, Grade="12", GradYear="2020")])
    run = district.run()
    assert (run.status, district.rows("SELECT count(*) FROM patron")) == ("held", [(2,)])
    assert district.approve(run.report.run).document()["counts"]["removed"] == 1
    assert district.rows("SELECT district_id FROM patron") == [("1001",)]


def test_a_patron_who_borrowed_since_is_not_deleted_by_an_approval(tmp_path: Path) -> None:
    open_tables = DISTRICT.replace("checkouts: none, ", "")
    district = SmallDistrict(tmp_path).write(job=LEAVERS, district=open_tables)
    district.export([student(1), student(2, Grade="12", GradYear="2027")])
    district.run()
    summer = NIGHT.replace(year=2027)
    loaded = f"{summer:%Y-%m-%dT%H:%M:%S}.000000Z"
    district.edit(f"INSERT INTO circulation_load (table_name, loaded_at) VALUES ('checkouts', '{loaded}')")
    run = district.run(now=summer).report.run
    district.edit("INSERT INTO checkout (patron_id, site, item_barcode) SELECT id, 'NORTH', 'T 1' FROM patron WHERE district_id = '1002'")
    with pytest.raises(RunnerError, match="cannot be judged"):
        district.approve(run, now=summer + timedelta(days=4))
    done = district.approve(run, now=summer + timedelta(days=1)).document()
    assert (done["counts"]["removed"], [each["patron"] for each in done["messages"]]) == (0, ["1002"])
    assert district.rows("SELECT count(*) FROM patron") == [(2,)]


def twin(number: int, of: int, **changed: str) -> dict[str, str]:
    """A new student with the names and the birth date of another."""
    return student(number, Last=f"Last{of}", First=f"First{of}", Born="2010-05-05", **changed)


def with_twins(folder: Path, *tonight: dict[str, str]) -> tuple[SmallDistrict, Outcome]:
    """A district of three, and the run whose file brings `tonight` besides."""
    district = SmallDistrict(folder).write(job=TWINS)
    everybody = [student(number, Born="2010-05-05") for number in (1, 2, 3)]
    district.export(everybody, BORN)
    district.run()
    district.export([*everybody, *tonight], BORN)
    return district, district.run(now=TOMORROW)


def test_a_held_twin_claims_no_key_and_is_left_out_where_one_was_taken_since(tmp_path: Path) -> None:
    district, run = with_twins(tmp_path, twin(11, 1), twin(12, 2), twin(13, 3), twin(14, 3), student(20))
    assert (run.document()["counts"]["held"], run.document()["counts"]["added"]) == (4, 1)
    district.edit("UPDATE patron SET barcode = 'P11' WHERE district_id = '1020'")
    district.edit("UPDATE patron SET username = 'USER12' WHERE district_id = '1003'")
    district.edit("INSERT INTO patron (district_id, site, barcode, last_name, status) VALUES ('1013', 'SOUTH', 'Q', 'Z', 'Active')")
    done = district.approve(run.report.run, now=TOMORROW).document()
    assert {(each["code"], each["patron"]) for each in done["messages"]} == {("patron-moved", key) for key in ("1011", "1012", "1013")}
    assert (done["counts"]["added"], done["counts"]["refused"]) == (1, 3)
    assert district.rows("SELECT district_id, username FROM patron WHERE site = 'NORTH' AND district_id > '1003' ORDER BY 1") == [
        ("1014", "user14"),
        ("1020", "user20"),
    ]


def test_held_twins_go_without_a_username_that_is_taken_or_that_both_claim(tmp_path: Path) -> None:
    twins = [twin(11, 1, User="USER1"), twin(12, 2, User="same"), twin(13, 3, User="SAME"), twin(14, 3)]
    district, run = with_twins(tmp_path, *twins)
    said = {(each["code"], each["patron"]) for each in run.document()["messages"] if each["code"] != "possible-duplicate"}
    assert said == {("username-in-use", key) for key in ("1011", "1012", "1013")}
    done = district.approve(run.report.run, now=TOMORROW).document()
    assert (done["status"], done["counts"]["added"], done["messages"]) == ("complete", 4, [])
    named = district.rows("SELECT district_id, username FROM patron WHERE district_id > '1003' ORDER BY 1")
    assert named == [("1011", None), ("1012", None), ("1013", None), ("1014", "user14")]


def test_a_twin_is_refused_and_not_held_where_no_approval_could_apply_it(tmp_path: Path) -> None:
    """Its barcode is another patron's, or another record gets it tonight, or two twins claim it: it was held every night."""
    taken, lost, both = twin(11, 1, Card="P2"), twin(12, 2, Card="X1"), [twin(13, 3, Card="X2"), twin(14, 3, Card="X2")]
    district, run = with_twins(tmp_path, taken, lost, *both, twin(15, 3), student(20, Card="X1"))
    counts = run.document()["counts"]
    assert (counts["added"], counts["held"], counts["refused"]) == (1, 1, 4)
    told = {(each["code"], each["patron"]) for each in run.document()["messages"]}
    assert told == {("possible-duplicate", "1015"), *(("barcode-in-use", f"10{number}") for number in (11, 12, 13, 14))}
    done = district.approve(run.report.run, now=TOMORROW).document()
    assert (done["status"], done["counts"]["added"], done["messages"]) == ("complete", 1, [])


def test_an_approval_makes_the_patron_types_that_it_brings_into_use_and_says_so(tmp_path: Path) -> None:
    typed = JOB.replace("    username: User\n", "    username: User\n    patron_type: Type\n")
    district = SmallDistrict(tmp_path).write(job=typed + "guards: {create: {number: 1}, update: {number: 0}}\n")
    columns = (*COLUMNS, "Type")
    district.export([student(1)], columns)
    district.run()
    tonight = [student(1, Type="Guest"), student(2, Type="Band"), student(3, Type="Band"), student(4, Type="Choir")]
    district.export(tonight, columns)
    run = district.run(now=TOMORROW)
    assert (run.document()["counts"]["held"], district.rows("SELECT name FROM patron_type")) == (4, [])
    district.edit("INSERT INTO patron (district_id, site, barcode, last_name, status) VALUES ('1004', 'SOUTH', 'Q', 'Z', 'Active')")
    done = district.approve(run.report.run, now=TOMORROW).document()
    told = [(each["code"], each["patron"], each["value"]) for each in done["messages"]]
    assert told == [
        ("patron-type-created", "1001", "Guest"),
        ("patron-type-created", "1002", "Band"),
        ("patron-moved", "1004", None),  # and Choir with it
    ]
    assert (done["counts"]["warnings"], done["counts"]["refused"]) == (2, 1)
    assert district.rows("SELECT name FROM patron_type ORDER BY 1") == [("Band",), ("Guest",)]


def test_its_report_says_whose_word_it_is_and_compares_it_with_no_night(district: SmallDistrict) -> None:
    run = held(district).report.run
    report = district.approve(run, now=TOMORROW, by="Ms Ortiz").report
    assert (report.note, list(report.history)) == (f"approval of {run} by Ms Ortiz", [])


def test_what_a_killed_run_held_of_patrons_that_it_added_is_refused_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from runner.run import commit

    district = SmallDistrict(tmp_path).write(job=LEAVERS)
    district.export([student(1), student(2, Grade="12", GradYear="2020")])
    monkeypatch.setattr(commit, "settle_held", lambda *_: None)
    run = district.run().report.run
    monkeypatch.undo()
    with pytest.raises(RunnerError) as refused:
        district.approve(run)
    assert (refused.value.code, "run the job again" in str(refused.value.hint)) == ("approval-refused", True)
    again = district.run(now=TOMORROW)
    assert district.approve(again.report.run, now=TOMORROW).document()["counts"]["removed"] == 1


def test_what_was_held_goes_with_the_next_run_where_whoever_decided_was_killed(district: SmallDistrict) -> None:
    run = held(district).report.run
    file = district.root / "var" / "small" / "runs" / run / "held.plan"
    kept = file.read_bytes()
    district.reject(run, now=TOMORROW)
    file.write_bytes(kept)
    district.run(now=LATER)
    assert not file.exists()


def test_who_was_seen_by_another_job_since_is_not_inactivated_by_an_approval(tmp_path: Path) -> None:
    district = SmallDistrict(tmp_path).write(job=LEAVERS).beside()
    district.export([student(number) for number in range(1, 6)])
    district.run()
    district.export([student(1), student(4), student(5)])
    run = district.run(now=NIGHT + timedelta(days=30)).report.run
    district.export([student(2)], name="others")
    district.run(now=NIGHT + timedelta(days=31), name="others")
    done = district.approve(run, now=NIGHT + timedelta(days=32)).document()
    assert (done["counts"]["inactivated"], [each["patron"] for each in done["messages"]]) == (1, ["1002"])
    assert district.rows("SELECT district_id FROM patron WHERE status = 'Inactive'") == [("1003",)]
