"""The commands for what people do after a run, typed: approve, reject, undo, patron, lock, unlock, runs prune."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import DISTRICT, FINES, INPUT, JOB, Type

POLICY = """\
removal:
  when_records_read_over: 0
  scope: {patron_types: [Student]}
  inactivate: {not_updated_in_days: 14}
  delete: {graduated_seniors: true, inactive: {days: 30, only_if: no_checkouts_no_fines}}
guards: {inactivate: {number: 9}, delete: {number: 9}}
"""


def changed(folder: Path) -> None:
    (folder / "exports" / "students.csv").write_text(INPUT.replace("101", "201").replace("102", "202"))


def careful(folder: Path) -> None:
    (folder / "students.yaml").write_text(JOB + "guards: {update: {number: 0}}\n")


def deleting(folder: Path) -> None:
    """Tonight's file asks for the deletion of 1000001."""
    job = JOB.replace("  fields:", "  delete_when: {any: [{column: HR, in: [gone]}]}\n  fields:") + "guards: {delete: {number: 9}}\n"
    (folder / "students.yaml").write_text(job)
    (folder / "exports" / "students.csv").write_text(INPUT.replace("101", "gone"))


def edited(workspace: Path, sql: str) -> None:
    """An edit by staff, with another program."""
    edit = "import sqlite3, sys; store = sqlite3.connect(sys.argv[1]); store.execute(sys.argv[2]); store.commit()"
    subprocess.run([sys.executable, "-c", edit, str(workspace / "var" / "springfield" / "patrons.db"), sql], check=True)


def test_a_held_run_is_approved(typed: Type, answered: Callable[..., Any], folder: Path) -> None:
    typed("run", "springfield/students")
    careful(folder)
    changed(folder)
    held = answered("run", "springfield/students", "--full")
    assert held["status"] == "held"
    done = typed("approve", held["run"], "--by", "Ms Ortiz", "--json")
    assert done.exit_code == 0
    document = json.loads(done.stdout)
    assert (document["kind"], document["status"], document["counts"]["updated"]) == ("approve", "complete", 2)
    again = typed("approve", held["run"])
    assert again.exit_code == 1
    assert "approved already by Ms Ortiz" in again.stderr


def test_a_held_run_is_rejected(typed: Type, answered: Callable[..., Any], folder: Path) -> None:
    typed("run", "springfield/students")
    careful(folder)
    changed(folder)
    run = answered("run", "springfield/students")["run"]
    assert answered("reject", run)["status"] == "rejected"
    assert "rejected" in typed("reject", run).stderr


@pytest.mark.parametrize(
    ("then", "status", "sentence"),
    [
        ("reject", "rejected", "was rejected and is not applied (rejected by"),
        ("approve", "complete", "the report of that approval says what was done (approved by"),
        ("run", "superseded", "took the place of what this run held for approval (superseded by"),
        ("undo", "undone", "This run was undone"),
    ],
)
def test_a_decided_run_is_shown_as_it_is_now_and_asks_for_nothing(
    then: str, status: str, sentence: str, typed: Type, answered: Callable[..., Any], folder: Path
) -> None:
    typed("run", "springfield/students")
    careful(folder)
    (folder / "exports" / "students.csv").write_text(INPUT.replace("101", "201") + "1000004,NORTH,Hale,Di,104\n")
    run = answered("run", "springfield/students")["run"]
    assert "runner approve" in typed("runs", "show", run).stdout
    typed(then, "springfield/students" if then == "run" else run)
    shown = typed("runs", "show", run).stdout
    assert sentence in " ".join(shown.split())
    assert ("runner approve" in shown, "wait for your approval" in shown) == (False, False)
    assert answered("runs", "show", run)["status"] == status


def test_the_job_manager_asks_for_no_approval_of_what_was_rejected(answered: Callable[..., Any], typed: Type, folder: Path) -> None:
    typed("run", "springfield/students")
    careful(folder)
    changed(folder)
    typed("reject", answered("run", "springfield/students")["run"])
    page = (folder.parents[1] / "var/springfield/reports/index.html").read_text()
    assert ("was rejected and is not applied" in page, "for your approval" in page) == (True, False)


def test_a_run_is_planned_to_be_undone_and_undone(typed: Type, answered: Callable[..., Any], folder: Path) -> None:
    typed("run", "springfield/students")
    changed(folder)
    run = answered("run", "springfield/students")["run"]
    shown = typed("undo", run, "--plan")
    assert "2 patrons would be put back as before" in shown.stdout
    assert "201" in shown.stdout
    assert answered("undo", run, "--patron", "1000001")["counts"]["updated"] == 1
    rest = answered("undo", run)
    assert (rest["counts"]["updated"], [each["code"] for each in rest["messages"]]) == (1, ["undo-skipped"])


@pytest.mark.parametrize("words", [("students",), ("jobs/springfield/students.yaml",)])
def test_runs_are_listed_of_a_job_named_within_its_district(typed: Type, answered: Callable[..., Any], words: tuple[str, ...]) -> None:
    typed("run", "springfield/students")
    assert [row["job"] for row in answered("runs", *words, "--district", "springfield")["runs"]] == ["springfield/students"]


def test_a_list_of_runs_that_leaves_older_ones_out_says_so(typed: Type, answered: Callable[..., Any]) -> None:
    for _ in range(3):
        typed("run", "springfield/students")
    cut = typed("runs", "--limit", "2")
    assert cut.stdout.count("springfield-students") == 2
    assert "There are older runs than these: --limit N shows so many, --limit 0 all" in cut.stderr
    assert [answered("runs", *words)["truncated"] for words in (("--limit", "2"), ("--limit", "3"), ("--limit", "0"), ())] == [
        True,
        False,
        False,
        False,
    ]
    whole = typed("runs", "--limit", "0")
    assert (whole.stdout.count("springfield-students"), whole.stderr) == (3, "")
    assert "--limit N" in typed("runs", "--help").stdout


def test_runs_are_listed_of_a_job_file_in_this_folder(
    typed: Type, answered: Callable[..., Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed("run", "springfield/students")
    jobs = folder.parent
    monkeypatch.chdir(folder)
    rows = answered("runs", "students.yaml", "--district", "springfield", "--jobs", str(jobs), "--var", str(jobs.parent / "var"))["runs"]
    assert [row["job"] for row in rows] == ["springfield/students"]


def test_an_undo_is_not_told_as_if_a_file_had_asked(typed: Type, folder: Path, answered: Callable[..., Any]) -> None:
    run = answered("run", "springfield/students")["run"]
    told = typed("undo", run).stdout
    assert "Taken out again, as that run had added them" in told
    assert "Rows in the file" not in told
    assert "as the file asked" not in told


def test_an_unknown_run_ends_in_a_sentence(typed: Type) -> None:
    typed("run", "springfield/students")
    for verb in ("approve", "reject", "undo"):
        done = typed(verb, "20261015T120000Z-springfield-students-0000")
        assert (done.exit_code, "there is no run" in done.stderr) == (1, True)


def test_a_patron_shows_where_its_values_came_from_and_what_policy_makes_of_it(
    typed: Type, answered: Callable[..., Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "district.yaml").write_text(DISTRICT + "circulation: {checkouts: none, fines: none, holds: none}\n")
    (folder / "students.yaml").write_text(JOB + POLICY)
    first = answered("run", "springfield/students")["run"]
    changed(folder)
    second = answered("run", "springfield/students")["run"]
    monkeypatch.setenv("RUNNER_NOW", "2026-10-28T12:00:00Z")
    document = answered("patron", "1000001")
    values = {each["field"]: each for each in document["values"]}
    assert (values["homeroom"]["value"], values["homeroom"]["from"]["run"]) == ("201", second)
    assert (values["last_name"]["value"], values["last_name"]["from"]["run"]) == ("Lee", first)
    (policy,) = document["policy"]
    assert (policy["in_scope"], policy["action"]) == (True, None)
    assert {each["rule"]: each["applies"] for each in policy["findings"]} == {
        "inactivate": False,
        "graduated_seniors": False,
        "inactive": False,
    }
    assert "last update 15 October 2026 (13 days ago)" in policy["findings"][0]["text"]
    monkeypatch.setenv("RUNNER_NOW", "2026-10-30T12:00:00Z")
    told = typed("patron", "1000001").stdout
    assert "would inactivate it, unless its file names it: no update since 15 October 2026" in told
    assert [each["action"] for each in document["history"]] == ["update", "add"]


@pytest.mark.parametrize(("policy", "told"), [(POLICY, True), (re.sub("  delete: .*\n", "", POLICY), False)], ids=["deletes", "does not"])
def test_a_patron_tells_of_missing_circulation_tables_where_a_policy_deletes(policy: str, told: bool, typed: Type, folder: Path) -> None:
    (folder / "students.yaml").write_text(JOB + policy)
    typed("run", "springfield/students")
    shown = typed("patron", "1000001").stdout
    assert "A, inactivate" in shown
    assert ("The circulation tables are not good: checkouts were never loaded" in shown) is told


@pytest.mark.parametrize("words", [(), ("--json",)], ids=["text", "json"])
def test_a_district_that_hides_values_hides_them_in_runner_patron_too(
    typed: Type, folder: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    tables = "circulation: {checkouts: none, fines: none, holds: none}\n"
    (folder / "district.yaml").write_text(f"{DISTRICT}{tables}reports: {{values: false}}\n")
    (folder / "students.yaml").write_text(JOB + POLICY)
    typed("run", "springfield/students")
    changed(folder)
    typed("run", "springfield/students")
    monkeypatch.setenv("RUNNER_NOW", "2026-10-30T12:00:00Z")
    told = typed("patron", "1000001", *words).stdout
    assert re.findall(r"\b(?:Lee|Ann|NORTH|101|201|P 1000001|Active)\b", told) == []
    for word in ("1000001", "homeroom", "springfield-students", "not seen, added or edited for longer than the policy allows"):
        assert word in told


def test_staffs_edit_is_told_as_staffs(typed: Type, answered: Callable[..., Any], folder: Path, workspace: Path) -> None:
    typed("run", "springfield/students")
    changed(folder)
    typed("run", "springfield/students")
    edited(workspace, "UPDATE patron SET homeroom = 'x'")
    document = answered("patron", "1000001")
    homeroom = next(each for each in document["values"] if each["field"] == "homeroom")
    assert (homeroom["value"], homeroom["from"], homeroom["by_staff"]) == ("x", None, True)
    assert document["edited_by_staff"]


def test_an_edit_of_a_run_whose_journal_was_purged_is_not_told_as_staffs(
    typed: Type, answered: Callable[..., Any], folder: Path, workspace: Path
) -> None:
    typed("run", "springfield/students")
    changed(folder)
    typed("run", "springfield/students")
    edited(workspace, "DELETE FROM change")
    assert answered("patron", "1000001")["edited_by_staff"] is None
    edited(workspace, "UPDATE patron SET homeroom = 'x'")
    assert answered("patron", "1000001")["edited_by_staff"]


def test_what_no_run_has_written_since_it_came_in_may_be_staffs(
    typed: Type, answered: Callable[..., Any], folder: Path, workspace: Path
) -> None:
    def of(name: str) -> tuple[Any, Any]:
        found = next(each for each in answered("patron", "1000001")["values"] if each["field"] == name)
        return found["from"] is not None, found["by_staff"]

    typed("run", "springfield/students")
    assert of("last_name") == (True, False)
    edited(workspace, "UPDATE patron SET user_defined_1 = 'x'")
    changed(folder)
    typed("run", "springfield/students")
    assert of("user_defined_1") == (True, None)
    assert of("homeroom") == (True, False)
    assert "or by hand" in typed("patron", "1000001").stdout


def test_a_removal_that_was_undone_would_be_held_and_the_list_of_runs_says_what_is(
    typed: Type, answered: Callable[..., Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "students.yaml").write_text(JOB + POLICY)
    typed("run", "springfield/students")
    (folder / "exports" / "students.csv").write_text("".join(INPUT.splitlines(keepends=True)[:1] + INPUT.splitlines(keepends=True)[2:]))
    monkeypatch.setenv("RUNNER_NOW", "2026-12-28T12:00:00Z")
    removed = answered("run", "springfield/students")
    assert removed["counts"]["inactivated"] == 1
    typed("undo", removed["run"])
    assert [(each["action"], each["undone_before"]) for each in answered("patron", "1000001")["policy"]] == [("inactivate", True)]
    assert "it would be held for approval" in typed("patron", "1000001").stdout
    typed("run", "springfield/students")
    assert (answered("runs")["runs"][0]["held"], "1 held" in typed("runs").stdout) == (1, True)


def test_a_patron_whom_an_undo_brought_back_has_its_values_from_it(typed: Type, answered: Callable[..., Any], folder: Path) -> None:
    (folder / "district.yaml").write_text(DISTRICT + "circulation: {checkouts: none, fines: none, holds: none}\n")
    typed("run", "springfield/students")
    changed(folder)
    typed("run", "springfield/students")
    deleting(folder)
    undone = answered("undo", answered("run", "springfield/students")["run"])["run"]
    document = answered("patron", "1000001")
    assert [each["action"] for each in document["history"]] == ["add", "delete", "update", "add"]
    homeroom = next(each for each in document["values"] if each["field"] == "homeroom")
    assert (homeroom["value"], homeroom["from"]["run"], homeroom["by_staff"]) == ("201", undone, False)


@pytest.mark.parametrize("key", ["1000001", "NORTH/P 1000001"])
def test_a_deleted_patron_is_told_with_the_run_that_deleted_it(key: str, typed: Type, answered: Callable[..., Any], folder: Path) -> None:
    (folder / "district.yaml").write_text(DISTRICT + "circulation: {checkouts: none, fines: none, holds: none}\n")
    typed("run", "springfield/students")
    deleting(folder)
    run = answered("run", "springfield/students")["run"]
    missing = typed("patron", key)
    assert missing.exit_code == 1
    assert f"{run} deleted it on 2026-10-15 at 12:00 UTC" in missing.stderr
    assert f"runner undo {run} --patron {shlex.quote(key)}\n" in missing.stderr
    assert answered("undo", run, "--patron", key)["counts"]["added"] == 1


def test_a_lock_keeps_the_job_from_writing_and_unlock_ends_it(typed: Type, answered: Callable[..., Any], folder: Path) -> None:
    typed("run", "springfield/students")
    locked = typed("lock", "1000001", "homeroom", "--reason", "moved class", "--until", "2026-12-31", "--by", "Kim")
    assert locked.exit_code == 0, locked.stderr
    changed(folder)
    held_back = answered("run", "springfield/students")
    assert "field-locked" in {each["code"] for each in held_back["messages"]}
    document = answered("patron", "1000001")
    assert [(each["field"], each["owner"], each["until_date"]) for each in document["locks"]] == [("homeroom", "Kim", "2026-12-31")]
    assert typed("unlock", "1000001", "homeroom", "--by", "Lee").exit_code == 0
    events = answered("patron", "1000001")["lock_journal"]
    assert [(each["event"], each["done_by"]) for each in events] == [("lock", "Kim"), ("unlock", "Lee")]
    assert answered("run", "springfield/students")["counts"]["updated"] == 1
    assert typed("unlock", "1000001", "homeroom").exit_code == 1


def test_a_lock_is_shown_as_over_from_the_day_after_its_last(
    typed: Type, answered: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    typed("run", "springfield/students")
    typed("lock", "1000001", "homeroom", "--reason", "moved class", "--until", "2026-12-31")
    monkeypatch.setenv("RUNNER_NOW", "2027-01-01T05:00:00Z")  # eleven in the evening of the last day in Chicago
    assert "homeroom (locked)" in typed("patron", "1000001").stdout
    monkeypatch.setenv("RUNNER_NOW", "2027-01-01T07:00:00Z")
    told = typed("patron", "1000001").stdout
    assert "(locked)" not in told
    assert "2026-12-31, over" in told
    assert [each["expired"] for each in answered("patron", "1000001")["locks"]] == [True]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("lock", "1000001", "homerom", "--reason", "x"), "homeroom"),
        (("lock", "1000001", "homeroom", "--reason", " "), "reason"),
        (("lock", "1000001", "homeroom", "--reason", "x", "--until", "2026-10-14"), "over"),
    ],
)
def test_a_lock_that_makes_no_sense_is_a_usage_error(typed: Type, words: tuple[str, ...], said: str) -> None:
    typed("run", "springfield/students")
    done = typed(*words)
    assert done.exit_code == 64
    assert said in done.stderr


def test_an_unknown_patron_cannot_be_locked(typed: Type) -> None:
    typed("run", "springfield/students")
    assert typed("lock", "9", "homeroom", "--reason", "x").exit_code == 1


def test_old_runs_are_pruned_by_hand(typed: Type, answered: Callable[..., Any], workspace: Path, folder: Path) -> None:
    for _ in range(3):
        typed("run", "springfield/students")
    (folder / "students.yaml").write_text(JOB + "options: {keep_runs: 1}\n")
    assert answered("runs", "prune")["districts"]["springfield"]["folders"] == 2
    assert len(list((workspace / "var" / "springfield" / "runs").iterdir())) == 1
    assert "removed 0 folders" in typed("runs", "prune").stdout
    oldest = answered("runs")["runs"][-1]["run"]
    assert "options.keep_runs says how many reports of a job are kept" in typed("runs", "show", oldest).stdout


def test_doctor_finds_a_store_that_runs_have_filled_in_order(typed: Type, answered: Callable[..., Any], workspace: Path) -> None:
    typed("run", "springfield/students")
    found = {each["name"]: (each["state"], each["text"]) for each in answered("doctor", "springfield/students")["findings"]}
    assert found["springfield: store"] == ("ok", "3 patrons (run full each time)")


def test_a_plan_is_no_run_so_that_its_document_names_none(answered: Callable[..., Any]) -> None:
    assert answered("plan", "springfield/students")["run"] is None


@pytest.mark.parametrize("verb", ["plan", "run"])
def test_full_and_incremental_exclude_each_other(typed: Type, verb: str) -> None:
    done = typed(verb, "springfield/students", "--full", "--incremental")
    assert (done.exit_code, "exclude each other" in done.stderr) == (64, True)


@pytest.mark.parametrize("link", ["var", "var/springfield"])
@pytest.mark.parametrize("verb", ["run", "plan", "doctor"])
def test_a_folder_on_a_disk_that_is_not_mounted_is_named(verb: str, link: str, typed: Type, workspace: Path) -> None:
    (workspace / link).parent.mkdir(exist_ok=True)
    (workspace / link).symlink_to("/nowhere/at/all")
    answer = typed(verb, "springfield/students")
    assert answer.exit_code == 1
    assert f"{link} is a link to /nowhere/at/all, which does not exist" in answer.output
    assert "is that disk mounted?" in answer.output


def test_a_folder_that_nobody_can_make_is_named(typed: Type) -> None:
    answer = typed("run", "springfield/students", "--var", "/proc/x")
    assert (answer.exit_code, answer.stderr.splitlines()[0]) == (1, "error: the folder /proc/x cannot be made")


def test_serve_does_not_begin_on_a_disk_that_is_not_mounted(typed: Type, workspace: Path) -> None:
    (workspace / "var").symlink_to("/nowhere/at/all")
    answer = typed("serve")
    assert (answer.exit_code, "is that disk mounted?" in answer.stderr) == (1, True)


@pytest.mark.parametrize("mishap", ["removed", "renamed", "invalid"])
def test_what_a_job_did_is_undone_although_its_file_is_gone_or_invalid(
    mishap: str, typed: Type, answered: Callable[..., Any], folder: Path
) -> None:
    run = answered("run", "springfield/students")["run"]
    befall(mishap, folder / "students.yaml")
    assert answered("undo", run, "--plan")["counts"]["deleted"] == 3
    done = answered("undo", run)
    assert (done["status"], done["counts"]["deleted"], done["job"]) == ("complete", 3, "springfield/students")
    assert [row["status"] for row in answered("runs")["runs"]] == ["complete", "undone"]


@pytest.mark.parametrize("mishap", ["removed", "renamed", "invalid"])
def test_what_a_job_holds_is_rejected_but_not_approved_once_its_file_is_gone_or_invalid(
    mishap: str, typed: Type, answered: Callable[..., Any], folder: Path
) -> None:
    typed("run", "springfield/students")
    careful(folder)
    changed(folder)
    run = answered("run", "springfield/students")["run"]
    befall(mishap, folder / "students.yaml")
    refused = typed("approve", run)
    assert refused.exit_code == (78 if mishap == "invalid" else 64)
    assert f"to leave undone what it holds: runner reject {run}" in refused.stderr
    assert answered("reject", run)["status"] == "rejected"


def befall(mishap: str, file: Path) -> None:
    if mishap == "invalid":
        file.write_text("version: 1\n")
    elif mishap == "renamed":
        file.with_name("pupils.yaml").write_text(file.read_text().replace("name: students", "name: pupils"))
    if mishap != "invalid":
        file.unlink()


@pytest.mark.parametrize("gone", [False, True])
def test_a_load_of_a_circulation_table_cannot_be_undone_whether_its_job_is_there_or_not(
    gone: bool, typed: Type, answered: Callable[..., Any], folder: Path
) -> None:
    (folder / "fines.yaml").write_text(FINES)
    (folder / "exports" / "fines.csv").write_text("StudentID,School,Amount\n1000001,NORTH,1.00\n")
    typed("run", "springfield/students")
    run = answered("run", "springfield/fines")["run"]
    if gone:
        (folder / "fines.yaml").unlink()
    assert "loaded a circulation table, which cannot be undone" in typed("undo", run).stderr


def test_of_a_patron_that_one_run_added_and_deleted_no_undo_is_advised(typed: Type, answered: Callable[..., Any], folder: Path) -> None:
    (folder / "district.yaml").write_text(DISTRICT + "circulation: {checkouts: none, fines: none, holds: none}\n")
    fields = '    grade_level: {value: "12"}\n    graduation_year: GradYear\n'
    fields += "removal:\n  when_records_read_over: 0\n  scope: {patron_types: [Student]}\n"
    job = JOB.replace("schedule:", fields + "  delete: {graduated_seniors: true}\nguards: {delete: {number: 9}}\nschedule:")
    (folder / "students.yaml").write_text(job)
    head, senior, *others = [f"{line},{year}\n" for line, year in zip(INPUT.splitlines(), ("GradYear", 2020, 2030, 2030), strict=True)]
    (folder / "exports" / "students.csv").write_text("".join([head, *others]))
    typed("run", "springfield/students")
    (folder / "exports" / "students.csv").write_text("".join([head, senior, *others]))
    run = answered("run", "springfield/students")
    assert run["counts"]["removed"] == 1
    missing = typed("patron", "1000001")
    assert f"{run['run']} added it and deleted it" in missing.stderr
    assert "runner undo" not in missing.stderr


def test_who_asks_how_a_run_stands_is_not_told_how_to_ask(typed: Type, folder: Path) -> None:
    (folder / "students.yaml").write_text(JOB + "guards: {create: {number: 0}}\n")
    ran = typed("run", "springfield/students")
    run = ran.stdout.split("runner approve ")[1].split()[0]
    asked = typed("runs", "show", run)
    assert "To see how it stands now" not in ran.stdout + asked.stdout
    assert f"runner approve {run}" in asked.stdout
    assert "To see how it stands now" in (folder.parents[1] / "var" / "springfield" / "runs" / run / "summary.txt").read_text()


def test_the_list_says_which_run_an_undo_or_an_approval_is_about(typed: Type, folder: Path) -> None:
    (folder / "students.yaml").write_text(JOB + "guards: {create: {number: 0}}\n")
    run = typed("run", "springfield/students").stdout.split("runner approve ")[1].split()[0]
    approval = typed("approve", run, "--by", "Ms Ortiz", "--json")
    typed("undo", json.loads(approval.stdout)["run"], "--patron", "1000002")
    told = " ".join(typed("runs").stdout.split())
    assert f"(approval of {run} by Ms Ortiz)" in told
    assert "patron 1000002 alone)" in told
