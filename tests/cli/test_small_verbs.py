"""next, explain, doctor, new, test, runs without a store: what they answer and how they refuse."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from runner.cli.verbs import VERBS
from runner.job.load import load_job
from runner.run.broken_note import BrokenNote, write_note
from runner.run.last_good import keep_last_good
from runner.run.places import DistrictPlaces

# --- every verb -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [[verb] for verb in VERBS] + [["runs", "list"], ["runs", "show"]], ids=" ".join)
def test_every_verb_explains_itself(words: list[str], typed: Any) -> None:
    answer = typed(*words, "--help")
    assert answer.exit_code == 0
    assert answer.stdout.startswith(f"Usage: runner {' '.join(words)} ")
    assert "--jobs" in answer.stdout
    assert "--json" in answer.stdout


@pytest.mark.parametrize("verb", ["plan", "run", "test", "doctor"])
def test_an_unknown_job_is_a_wrong_word_with_the_nearest_names(verb: str, typed: Any) -> None:
    answer = typed(verb, "springfield/studnts")
    assert answer.exit_code == 64
    assert "did you mean springfield/students?" in answer.stderr
    assert answer.stdout == ""


@pytest.mark.parametrize("verb", ["plan", "run"])
def test_an_invalid_job_starts_nothing(verb: str, workspace: Path, typed: Any) -> None:
    (workspace / "jobs/springfield/students.yaml").write_text("version: 1\n")
    answer = typed(verb, "springfield/students")
    assert answer.exit_code == 78
    assert "jobs/springfield/students.yaml:" in answer.stderr
    assert not (workspace / "var").exists()


@pytest.mark.parametrize("words", [["--jobs", "elsewhere", "check"], ["check", "--jobs", "elsewhere"]])
def test_the_workspace_may_be_named_before_and_after_the_verb(words: list[str], workspace: Path, typed: Any) -> None:
    (workspace / "jobs").rename(workspace / "elsewhere")
    assert typed(*words).exit_code == 0


def test_the_option_after_the_verb_wins_over_the_one_before_and_over_the_environment(
    workspace: Path, typed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNNER_JOBS", "nowhere")
    assert typed("check").exit_code == 64
    assert typed("--jobs", "jobs", "check").exit_code == 0
    assert typed("--jobs", "nowhere", "check", "--jobs", "jobs").exit_code == 0


def test_an_unreadable_clock_is_a_wrong_word(typed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNNER_NOW", "yesterday")
    answer = typed("next")
    assert answer.exit_code == 64
    assert "2026-10-15T02:00:00Z" in answer.stderr


# --- next -----------------------------------------------------------------------------------------------------------


def test_next_shows_local_time_and_utc(typed: Any) -> None:
    lines = [line.split() for line in typed("next", "--days", "1").stdout.splitlines()]
    assert lines[1] == ["springfield/students", "full", "Fri", "2026-10-16", "02:30", "America/Chicago", "2026-10-16", "07:30"]
    assert len(lines) == 2


def test_next_marks_a_time_that_does_not_exist(workspace: Path, answered: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    file = workspace / "jobs/springfield/students.yaml"
    file.write_text(file.read_text().replace("weekends: none", "weekends: full"))
    monkeypatch.setenv("RUNNER_NOW", "2026-03-07T12:00:00Z")
    runs = answered("next", "--days", "2")["runs"]
    assert [(run["slot"], run["utc"], run["moved"]) for run in runs] == [
        ("2026-03-08T02:30", "2026-03-08T08:30:00+00:00", True),
        ("2026-03-09T02:30", "2026-03-09T07:30:00+00:00", False),
    ]


def test_next_says_when_nothing_is_due_and_why(workspace: Path, typed: Any) -> None:
    file = workspace / "jobs/springfield/students.yaml"
    file.write_text(file.read_text().replace("name: students", "name: students\nenabled: false"))
    answer = typed("next")
    assert (answer.exit_code, answer.stdout) == (
        0,
        "No run is due in the next 7 days.\nspringfield/students runs by hand only: disabled\n",
    )


def test_next_names_files_that_are_invalid(workspace: Path, typed: Any) -> None:
    (workspace / "jobs/springfield/staff.yaml").write_text("version: 1\n")
    assert "staff.yaml" in typed("next").stdout


def test_an_unknown_district_names_the_nearest(typed: Any) -> None:
    answer = typed("next", "--district", "sprinfield")
    assert answer.exit_code == 64
    assert "did you mean springfield?" in answer.stderr


# --- explain --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["barcode-in-use", "removal.scope", "when_blank", "email_1", "district.guards"])
def test_codes_keys_and_fields_are_explained(word: str, typed: Any) -> None:
    answer = typed("explain", word)
    assert answer.exit_code == 0
    assert word.split(".")[-1] in answer.stdout


@pytest.mark.parametrize(("word", "near"), [("barcode-in-us", "barcode-in-use"), ("remval.scope", "removal.scope"), ("emial_1", "email_1")])
def test_an_unknown_word_is_answered_with_the_nearest(word: str, near: str, typed: Any) -> None:
    answer = typed("explain", word)
    assert answer.exit_code == 64
    assert near in answer.stderr


# --- doctor ---------------------------------------------------------------------------------------------------------


def test_doctor_finds_a_good_workspace_well(typed: Any) -> None:
    answer = typed("doctor")
    assert answer.exit_code == 0
    assert "everything is well" in answer.stdout


def test_doctor_changes_nothing(workspace: Path, typed: Any) -> None:
    typed("doctor", "springfield/students")
    assert not (workspace / "var").exists()


def with_notify(workspace: Path, told: str) -> None:
    path = workspace / "jobs" / "springfield" / "district.yaml"
    path.write_text(path.read_text() + f"notify: {told}\n")


def test_doctor_says_whether_the_metrics_file_could_be_written(workspace: Path, typed: Any) -> None:
    with_notify(workspace, f"{{metrics_file: {workspace}/all.prom}}")
    said = typed("doctor", "springfield/students", "--notify").stdout
    assert "springfield: metrics_file: it can be written; the next run does so" in said
    assert "nobody is told" not in said


@pytest.mark.parametrize("place", ["nowhere/all.prom", "jobs"])
def test_doctor_finds_a_metrics_file_that_cannot_be_written(workspace: Path, typed: Any, place: str) -> None:
    with_notify(workspace, f"{{metrics_file: {workspace}/{place}}}")
    said = typed("doctor", "springfield/students", "--notify")
    assert said.exit_code == 1
    assert f"{workspace}/{place} cannot be written" in " ".join(said.stdout.split())


def test_doctor_names_a_missing_source_and_what_is_there_instead(workspace: Path, typed: Any) -> None:
    (workspace / "jobs/springfield/exports/students.csv").rename(workspace / "jobs/springfield/exports/Students.csv")
    answer = typed("doctor", "springfield/students")
    assert answer.exit_code == 1
    assert "Students.csv" in answer.stdout


def test_doctor_names_invalid_files(workspace: Path, answered: Any) -> None:
    (workspace / "jobs/springfield/staff.yaml").write_text("version: 1\n")
    document = answered("doctor")
    assert document["wrong"] == 1
    assert [each["hint"] for each in document["findings"] if each["state"] == "wrong"] == ["runner check jobs/springfield/staff.yaml"]


# --- new ------------------------------------------------------------------------------------------------------------


def test_new_writes_a_job_that_passes_check(workspace: Path, typed: Any) -> None:
    (workspace / "in.csv").write_text(
        'Student Number;School Name;Last Name;First Name;DOB\n1;Zoë: the "best" school, ever;Ö;B;14/03/2010\n2;N;X;Y;\n'
    )
    answer = typed("new", "elsewhere/pupils", "--from", "in.csv")
    assert answer.exit_code == 0, answer.stderr
    assert typed("check").stdout.startswith("4 files checked: 0 errors")
    assert "%d/%m/%Y" in (workspace / "jobs/elsewhere/pupils.yaml").read_text()


def test_new_adds_a_job_to_a_district_and_names_sites_that_it_lacks(workspace: Path, typed: Any) -> None:
    before = (workspace / "jobs/springfield/district.yaml").read_text()
    (workspace / "in.csv").write_text("EmployeeID,School\n1,NORTH\n2,WEST\n")
    answer = typed("new", "springfield/staff", "--from", "in.csv")
    assert answer.exit_code == 0, answer.stderr
    assert "no site for WEST" in answer.stdout
    assert (workspace / "jobs/springfield/district.yaml").read_text() == before


def test_new_overwrites_nothing(workspace: Path, typed: Any) -> None:
    before = (workspace / "jobs/springfield/students.yaml").read_text()
    answer = typed("new", "springfield/students", "--from", "jobs/springfield/exports/students.csv")
    assert answer.exit_code == 1
    assert "already a job" in answer.stderr
    assert (workspace / "jobs/springfield/students.yaml").read_text() == before


@pytest.mark.parametrize("name", ["students", "Spring Field/students", "../x/y", "a/b/c", "a/.."])
def test_new_refuses_a_name_that_names_no_job(name: str, typed: Any) -> None:
    assert typed("new", name, "--from", "jobs/springfield/exports/students.csv").exit_code == 64


def test_new_leaves_nothing_behind_when_it_cannot_guess(workspace: Path, typed: Any) -> None:
    (workspace / "in.csv").write_text("Colour,Size\nred,5\n")
    assert typed("new", "elsewhere/pupils", "--from", "in.csv").exit_code == 64
    assert not (workspace / "jobs/elsewhere").exists()


PEOPLE = ["Lee,Ann", "Falk,Bo", "O'Neil,Cy", "Straße,Di", "van Dyk,Ed", "Ng,Flo"]
HEADERLESS = "".join(
    f"{1000 + at},{('NORTH', 'SOUTH')[at % 2]},{name},{3 + at}/2{at}/2010,0{at // 2},P{at},{name[0]}@example.org\n"
    for at, name in enumerate(PEOPLE)
)


def test_new_drafts_a_job_with_columns_by_position_where_the_file_has_no_header(workspace: Path, typed: Any) -> None:
    (workspace / "in.csv").write_text(HEADERLESS)
    answer = typed("new", "elsewhere/pupils", "--from", "in.csv", "--no-header")
    assert answer.exit_code == 0, answer.stderr
    text = (workspace / "jobs/elsewhere/pupils.yaml").read_text()
    for line in ("district_id: 1", "site: 2", "last_name: 3", "first_name: 4", "grade_level: 6", "barcode: 7", "email_1: 8"):
        assert f"    {line}\n" in text
    assert 'birth_date: {column: 5, date: "%m/%d/%Y"}' in text
    assert "header: false}" in text
    assert not [name for name in ("Lee", "Ann", "1000") if name in text]  # nobody's record stands in a job file
    assert typed("check", "elsewhere/pupils").exit_code == 0
    assert "6 to add" in typed("plan", "elsewhere/pupils").stdout


def test_new_says_what_to_type_where_a_file_has_no_header(workspace: Path, typed: Any) -> None:
    (workspace / "in.csv").write_text(HEADERLESS)
    answer = typed("new", "elsewhere/pupils", "--from", "in.csv")
    assert (answer.exit_code, "--no-header" in answer.stderr, "Lee" in answer.stderr) == (64, True, False)


HEADERS = [
    'StudentID,School,"Last, Name",First',
    "StudentID,School,on,yes,null,~,#x,{a},[b],'c',- d,e: f,@g,%h,&i,*j",
    "Student ID,School,\u202eevil,a\x1bb,\u200bzero",
    "{StudentID},School,Last",
    "id,campus,surname,given name,sex,class of",
    "Barcode,Site,Last,First",
]


@pytest.mark.parametrize("header", HEADERS)
def test_new_passes_check_whatever_the_header(header: str, workspace: Path, typed: Any) -> None:
    (workspace / "in.csv").write_text(header + "\n" + ",".join(["x"] * len(header.split(","))) + "\n", encoding="utf-8")
    answer = typed("new", "elsewhere/pupils", "--from", "in.csv")
    assert answer.exit_code == 0, answer.stderr
    assert typed("check", "elsewhere/pupils").exit_code == 0
    assert not set("\x1b\u202e\u200b") & set(answer.stdout)


def test_new_finds_a_short_name_for_each_of_many_sites(workspace: Path, typed: Any) -> None:
    (workspace / "in.csv").write_text("StudentID,School\n" + "".join(f"{each},ELEMENTARY{each}\n" for each in range(120)))
    answer = typed("new", "elsewhere/pupils", "--from", "in.csv")
    assert answer.exit_code == 0, answer.stderr
    assert len(load_job(workspace / "jobs", "elsewhere/pupils").district.sites) == 120


def test_new_calls_no_job_as_the_district_s_own_file(workspace: Path, typed: Any) -> None:
    (workspace / "in.csv").write_text("StudentID,School\n1,NORTH\n")
    answer = typed("new", "elsewhere/district", "--from", "in.csv")
    assert (answer.exit_code, "district's own file" in answer.stderr) == (64, True)
    assert not (workspace / "jobs/elsewhere").exists()


def test_new_leaves_nothing_behind_when_what_it_wrote_does_not_pass(workspace: Path, typed: Any) -> None:
    (workspace / "a?.csv").write_text("StudentID,School\n1,NORTH\n")
    answer = typed("new", "elsewhere/pupils", "--from", "a?.csv")
    assert (answer.exit_code, "no valid job" in answer.stderr) == (1, True)
    assert not (workspace / "jobs/elsewhere").exists()


def test_new_follows_nothing_that_a_file_holds(workspace: Path, typed: Any) -> None:
    (workspace / "in.csv").write_text("StudentID,School,Last ${env:HOME},First\n1,${env:HOME},x,y\n2,NORTH,x,y\n")
    assert typed("new", "elsewhere/pupils", "--from", "in.csv").exit_code == 0
    job = load_job(workspace / "jobs", "elsewhere/pupils")
    assert [site.short_name for site in job.district.sites] == ["NORTH"]
    assert "${env:HOME}" not in (workspace / "jobs/elsewhere/district.yaml").read_text()


def test_new_writes_odd_characters_of_columns_as_escapes_and_makes_no_site_that_looks_like_another(workspace: Path, typed: Any) -> None:
    (workspace / "in.csv").write_text(
        "StudentID,School,Last\u00a0Name,First\u200bName\n1,NO\u00a0RTH,x,y\n2,SO\u200bUTH,x,y\n", encoding="utf-8"
    )
    answer = typed("new", "elsewhere/pupils", "--from", "in.csv")
    assert answer.exit_code == 0, answer.stderr
    job = load_job(workspace / "jobs", "elsewhere/pupils")
    assert [site.short_name for site in job.district.sites] == ["NO\u00a0RTH"]
    text = (workspace / "jobs/elsewhere/pupils.yaml").read_text()
    assert 'last_name: "Last\\u00a0Name"' in text
    assert 'first_name: "First\\u200bName"' in text


def test_a_column_with_a_zero_width_space_in_its_name_is_mapped_by_its_escape_and_read(workspace: Path, typed: Any) -> None:
    (workspace / "in.csv").write_text("\u200bStudentID,School,Last\n1,NORTH,Lee\n", encoding="utf-8")
    assert typed("new", "elsewhere/pupils", "--from", "in.csv").exit_code == 0
    assert "1 to add" in typed("plan", "elsewhere/pupils").stdout
    file = workspace / "jobs/elsewhere/pupils.yaml"
    file.write_text(file.read_text().replace("\\u200b", ""))
    answer = typed("plan", "elsewhere/pupils")
    assert (answer.exit_code, "'\\u200bStudentID' instead of 'StudentID'" in answer.stderr) == (1, True)
    assert "in double quotes" in answer.stderr


UNREADABLE = ['StudentID,School,"two\nlines",First', "StudentID,School," + ",".join(f"C{n}" for n in range(600))]


@pytest.mark.parametrize("header", UNREADABLE, ids=["a name over two lines", "602 columns"])
def test_new_drafts_no_job_for_a_header_that_no_run_would_take(header: str, workspace: Path, typed: Any) -> None:
    (workspace / "in.csv").write_text(header + "\n" + ",".join(["x"] * len(header.split(","))) + "\n")
    answer = typed("new", "elsewhere/pupils", "--from", "in.csv")
    assert (answer.exit_code, "the header in line 1" in answer.stderr) == (1, True)
    assert not (workspace / "jobs/elsewhere").exists()


def test_check_lets_no_job_be_called_as_the_district_s_own_file(workspace: Path, typed: Any) -> None:
    file = workspace / "jobs/springfield/students.yaml"
    file.write_text(file.read_text().replace("name: students", "name: district"))
    answer = typed("check")
    assert (answer.exit_code, "write another name, such as students" in answer.stdout) == (1, True)
    assert "rename the file" not in answer.stdout


def test_new_writes_private_files_and_finds_its_export_again(workspace: Path, typed: Any) -> None:
    folder = workspace / "jobs/elsewhere/exports"
    folder.mkdir(parents=True)
    (folder / "in.csv").write_text("StudentID,School\n1,N\n")
    assert typed("new", "elsewhere/pupils", "--from", str(folder / "in.csv")).exit_code == 0
    text = (workspace / "jobs/elsewhere/pupils.yaml").read_text()
    assert re.search(r"^  path: exports$", text, re.MULTILINE)
    assert typed("doctor", "elsewhere/pupils").exit_code == 0


# --- runs without a store -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [["runs"], ["runs", "list"], ["runs", "--limit", "5"]], ids=" ".join)
def test_no_runs_yet_is_said(words: list[str], typed: Any) -> None:
    answer = typed(*words)
    assert (answer.exit_code, answer.stdout) == (0, "There are no runs yet.\n")


def test_a_job_that_has_not_run_is_told_from_one_that_nobody_knows(typed: Any) -> None:
    assert typed("runs", "springfield/students").stdout == "springfield/students has not run yet.\n"
    assert typed("runs", "springfield/studnts").exit_code == 64


def test_runs_tells_of_broken_files_since_when_and_what_runs_meanwhile(typed: Any, answered: Any, workspace: Path) -> None:
    folder = workspace / "jobs" / "springfield"
    root = DistrictPlaces(workspace / "var" / "springfield")
    keep_last_good(load_job(workspace / "jobs", "springfield/students"), root)
    (folder / "students.yaml").write_text("nonsense")
    (folder / "staff.yaml").write_text("nonsense")
    note = BrokenNote({"students.yaml": ("text", datetime(2026, 10, 15, 7, tzinfo=UTC))}, frozenset({"springfield/students"}))
    write_note(root.root, folder, note)
    said = " ".join(typed("runs").stdout.split())
    going_on = "the last good version of springfield/students is still running"
    assert f"springfield/students.yaml is broken since 2026-10-15 02:00, {going_on}: students.yaml" in said
    assert "springfield/staff.yaml is broken, nothing of it runs: staff.yaml" in said
    first, second = answered("runs")["broken"]
    assert (first["since"], first["going_on"]) == (None, [])
    assert (second["since"], second["going_on"]) == ("2026-10-15T07:00:00+00:00", ["springfield/students"])


def test_next_shows_what_runs_in_its_last_good_version(typed: Any, answered: Any, workspace: Path) -> None:
    folder, root = workspace / "jobs" / "springfield", DistrictPlaces(workspace / "var" / "springfield")
    keep_last_good(load_job(workspace / "jobs", "springfield/students"), root)
    (folder / "students.yaml").write_text("nonsense")
    assert answered("next")["runs"] == []
    note = BrokenNote({"students.yaml": ("text", datetime(2026, 10, 15, 7, tzinfo=UTC))}, frozenset({"springfield/students"}))
    write_note(root.root, folder, note)
    assert [(run["slot"], run["last_good"]) for run in answered("next", "--days", "1")["runs"]] == [("2026-10-16T02:30", True)]
    assert "the last good version: its file is broken" in typed("next").stdout


def test_runs_of_one_job_tells_of_no_other_jobs_broken_file(typed: Any, workspace: Path) -> None:
    (workspace / "jobs" / "springfield" / "staff.yaml").write_text("nonsense")
    assert "broken" not in typed("runs", "springfield/students").stdout


def test_an_unknown_run_is_not_found(typed: Any) -> None:
    answer = typed("runs", "show", "20261121T020000Z-springfield-students-3f9c")
    assert answer.exit_code == 1
    assert "runner runs" in answer.stderr


# --- years that no calendar has -------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", ["9999-12-31", "2200-01-01", "1969-12-31", "0001-01-01"])
@pytest.mark.parametrize("words", [("next",), ("run", "springfield/students"), ("doctor",)])
def test_a_clock_far_outside_of_our_time_is_a_wrong_word(
    day: str, words: tuple[str, ...], typed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNNER_NOW", f"{day}T00:00:00+14:00")
    answer = typed(*words)
    assert answer.exit_code == 64
    assert "its year is none from 1970 to 2199" in answer.stderr


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_a_plan_as_of_a_day_far_outside_of_our_time_is_a_wrong_word(day: str, typed: Any) -> None:
    answer = typed("plan", "springfield/students", "--as-of", day)
    assert answer.exit_code == 64
    assert "--as-of is" in answer.stderr


@pytest.mark.parametrize("day", ["1970-01-01", "2199-12-31"])
def test_the_first_and_the_last_day_of_our_time_can_be_rehearsed(day: str, typed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert typed("plan", "springfield/students", "--as-of", day).exit_code == 0
    monkeypatch.setenv("RUNNER_NOW", f"{day}T12:00:00Z")
    for words in (("next",), ("runs",), ("plan", "springfield/students")):
        answer = typed(*words)
        assert answer.exit_code == 0, answer.stderr


@pytest.mark.parametrize("beside", [True, False])
def test_a_new_job_s_first_line_names_a_schema_that_is_there(beside: bool, workspace: Path, typed: Any) -> None:
    if beside:
        (workspace / "schemas").mkdir()
        (workspace / "schemas" / "job.schema.json").write_text("{}")
    (workspace / "in.csv").write_text("StudentID,School,Last\n1,NORTH,Lee\n2,NORTH,Falk\n")
    assert typed("new", "elsewhere/pupils", "--from", "in.csv").exit_code == 0
    for name in ("district.yaml", "pupils.yaml"):
        first = (workspace / "jobs" / "elsewhere" / name).read_text().splitlines()[0]
        named = first.removeprefix("# yaml-language-server: $schema=")
        assert named.startswith("../../schemas/") if beside else Path(unquote(urlsplit(named).path)).is_file()


# --- folders without jobs -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["next", "runs"])
def test_a_folder_without_jobs_is_said_to_be_one(verb: str, workspace: Path, typed: Any) -> None:
    (workspace / "empty" / "exports").mkdir(parents=True)
    answer = typed(verb, "--jobs", "empty")
    assert answer.exit_code == 0
    assert "There is no district and no job in empty" in answer.stderr
    assert "There is no district" not in typed(verb).stderr


@pytest.mark.parametrize("verb", ["next", "runs"])
def test_a_folder_that_is_closed_may_have_jobs(verb: str, workspace: Path, typed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    closed, may = Path("shut/high").absolute(), os.access
    closed.mkdir(parents=True)
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != closed and may(path, mode))  # for root may look everywhere
    answer = typed(verb, "--jobs", str(closed.parent))
    assert "There is no district" not in answer.stderr
    assert "high/district.yaml" in answer.stdout + answer.stderr


@pytest.mark.parametrize("verb", ["next", "runs", "serve"])
def test_the_folder_of_one_district_is_not_the_jobs_folder(verb: str, workspace: Path, typed: Any) -> None:
    answer = typed(verb, "--jobs", "jobs/springfield")
    assert answer.exit_code == 64
    assert "is the folder of one district" in answer.stderr
    assert f"--jobs {workspace / 'jobs'}" in answer.stderr
