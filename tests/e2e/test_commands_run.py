"""The commands on a small workspace: plan, run, apply, runs; exit codes, documents, files; nothing about a patron on stderr.

Most are typed in this process, for a process of its own costs a second; those that are about the process itself are not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from runner.cli.main import runner

ROOT = Path(__file__).parents[2]
KEYS = {"schema", "run", "job", "kind", "status", "counts", "removal", "held", "messages", "changes", "truncated", "files"}
DISTRICT = """\
version: 1
name: Springfield
time_zone: America/Chicago
sites:
  - {short_name: NORTH, name: North High, aliases: ["017"], default_patron_type: Student, default_access_level: Patron}
patron_types: [{name: Student, persona: student}]
access_levels: [Patron]
"""
JOB = """\
version: 1
kind: patrons
name: students
source: {type: directory, path: exports, file: students.csv}
properties:
  match_by: district_id
  fields:
    district_id: StudentID
    site: School
    barcode: {template: "P {StudentID}"}
    last_name: Last
    homeroom: {column: HR, when_blank: clear}
"""
HEADER = "StudentID,School,Last,HR,SSN\n"
ROWS = "".join(f"{1000000 + n},NORTH,Canary{n},{100 + n},555-{n}\n" for n in range(1, 61))


class Workspace:
    """A folder with one job, and the command typed in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "jobs" / "springfield"
        (self.home / "exports").mkdir(parents=True)
        (self.home / "district.yaml").write_text(DISTRICT)
        (self.home / "students.yaml").write_text(JOB)
        self.export(HEADER + ROWS)

    def export(self, text: str) -> None:
        (self.home / "exports" / "students.csv").write_text(text)

    def type(self, *words: str) -> Result:
        """The command in this process."""
        return CliRunner().invoke(runner, list(words))

    def start(self, *words: str, umask: int = 0o022) -> subprocess.CompletedProcess[str]:
        """The command as a process of its own."""
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "POLARS_MAX_THREADS": "1"}
        command = [sys.executable, "-m", "runner.cli", *words]
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=120, umask=umask)

    def document(self, *words: str, code: int = 0) -> Any:
        done = self.type(*words, "--json")
        assert done.exit_code == code, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    for name in ("RUNNER_JOBS", "RUNNER_VAR", "RUNNER_NOW", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return Workspace(tmp_path)


def test_a_plan_shows_what_would_be_done_and_changes_nothing(at: Workspace) -> None:
    done = at.start("plan", "springfield/students")
    assert done.returncode == 0, done.stderr
    assert "60 to add" in done.stdout
    assert "10 more changes are not shown" in done.stdout
    assert "runner run springfield/students" in done.stdout
    assert not (at.folder / "var" / "springfield" / "patrons.db").exists()


def test_a_plan_off_a_terminal_is_plain_text(at: Workspace) -> None:
    out = at.start("plan", "springfield/students").stdout
    assert "\x1b" not in out
    assert out.isascii()


def test_detailed_exitcode_tells_changes_from_none(at: Workspace) -> None:
    assert at.type("plan", "springfield/students", "--detailed-exitcode").exit_code == 2
    assert at.type("run", "springfield/students").exit_code == 0
    assert at.type("plan", "springfield/students", "--detailed-exitcode").exit_code == 0


def test_a_run_tells_its_summary_and_where_the_report_is(at: Workspace) -> None:
    done = at.start("run", "springfield/students")
    assert done.returncode == 0, done.stderr
    (page,) = [line for line in done.stdout.splitlines() if line.endswith("summary.html")]
    assert (at.folder / page).is_file()


def test_a_second_run_says_that_nothing_had_to_change(at: Workspace) -> None:
    at.type("run", "springfield/students")
    done = at.type("run", "springfield/students")
    assert done.exit_code == 0
    assert "othing had to change" in done.stdout


def test_plan_shows_fields_before_and_after(at: Workspace) -> None:
    at.type("run", "springfield/students")
    at.export(HEADER + ROWS.replace(",101,", ",204,"))
    out = at.type("plan", "springfield/students").stdout
    assert ["1000001", "2", "homeroom", "101", "204"] in [line.split() for line in out.splitlines()]


@pytest.mark.parametrize("verb", ["plan", "run"])
def test_the_document_has_every_key_and_no_more_changes_than_asked_for(verb: str, at: Workspace) -> None:
    document = at.document(verb, "springfield/students", "--limit", "5")
    assert set(document) >= KEYS
    assert document["counts"]["added"] == 60
    assert (len(document["changes"]), document["truncated"]) == (5, True)
    assert len(at.document("plan", "springfield/students", "--limit", "0")["changes"]) in (0, 60)


def test_a_saved_plan_is_applied_exactly(at: Workspace) -> None:
    assert at.type("plan", "springfield/students", "-o", "plan.bin").exit_code == 0
    assert (at.folder / "plan.bin").stat().st_mode & 0o077 == 0
    document = at.document("apply", "plan.bin")
    assert (document["status"], document["counts"]["added"]) == ("complete", 60)


@pytest.mark.parametrize("name", ["jobs/springfield/students.yaml", "jobs/new.bin", "var/springfield/patrons.db", "notes.txt"])
def test_a_plan_takes_the_place_of_no_file_that_is_no_plan(name: str, at: Workspace) -> None:
    at.type("run", "springfield/students")
    file = at.folder / name
    if name == "notes.txt":
        file.write_text("something dear")
    before = file.read_bytes() if file.exists() else None
    done = at.type("plan", "springfield/students", "-o", name)
    assert (done.exit_code, done.stdout) == (64, "")
    assert name in done.stderr
    assert "after -o" in done.stderr
    assert (file.read_bytes() if file.exists() else None) == before


def test_a_plan_takes_the_place_of_an_earlier_plan_or_an_empty_file(at: Workspace) -> None:
    (at.folder / "plan.bin").touch()
    for _ in range(2):
        assert at.type("plan", "springfield/students", "-o", "plan.bin").exit_code == 0
    assert at.document("apply", "plan.bin")["counts"]["added"] == 60


def test_a_saved_plan_of_another_input_is_refused_and_says_what_moved(at: Workspace) -> None:
    at.type("plan", "springfield/students", "-o", "plan.bin")
    at.export(HEADER + ROWS.replace("Canary1,", "Other,"))
    done = at.type("apply", "plan.bin")
    assert done.exit_code == 1
    assert "input" in done.stderr
    assert at.document("plan", "springfield/students")["counts"]["added"] == 60


@pytest.mark.parametrize("content", ["", "not a plan", "PK\x03\x04"])
def test_a_file_that_is_no_plan_is_refused_in_a_sentence(content: str, at: Workspace) -> None:
    (at.folder / "x.bin").write_text(content)
    done = at.type("apply", "x.bin")
    assert done.exit_code == 1
    assert done.stderr.startswith("error: x.bin is not a plan")


@pytest.mark.parametrize("text", ["", HEADER, "a\x00b", "StudentID\n1\n"])
@pytest.mark.parametrize("verb", ["plan", "run"])
def test_a_refused_file_fails_with_a_sentence_and_a_hint(verb: str, text: str, at: Workspace) -> None:
    at.export(text)
    done = at.type(verb, "springfield/students")
    assert done.exit_code == 1, done.stdout
    assert "error: " in done.stderr
    assert "hint: " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_file_fails_and_the_document_says_so(at: Workspace) -> None:
    (at.home / "exports" / "students.csv").unlink()
    document = at.document("run", "springfield/students", code=1)
    assert (document["status"], document["counts"]["added"] or 0) == ("failed", 0)


def test_runs_are_listed_and_shown(at: Workspace) -> None:
    run = at.document("run", "springfield/students")["run"]
    (row,) = at.document("runs")["runs"]
    assert (row["run"], row["status"], row["counts"]["added"]) == (run, "complete", 60)
    assert run in at.type("runs", "springfield/students").stdout
    assert "summary.html" in at.type("runs", "show", run).stdout
    assert at.document("runs", "show", run)["run"] == run


def test_a_shrunk_file_is_taken_once_with_a_reason(at: Workspace) -> None:
    at.type("run", "springfield/students")
    at.export(HEADER + "".join(ROWS.splitlines(keepends=True)[:10]))
    assert at.type("run", "springfield/students").exit_code == 1
    assert at.type("run", "springfield/students", "--accept-input", " ").exit_code == 64
    assert at.type("run", "springfield/students", "--accept-input", "summer school only").exit_code == 0


def test_a_reader_that_leaves_early_does_not_change_the_exit_code(at: Workspace) -> None:
    command = f"{sys.executable} -m runner.cli plan springfield/students --limit 0 --detailed-exitcode | head -1; exit ${{PIPESTATUS[0]}}"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["bash", "-c", command], cwd=at.folder, env=environment, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (2, "")


@pytest.mark.parametrize(
    "text", [HEADER + ROWS, HEADER + ROWS.replace("NORTH", "Canary"), HEADER.replace("HR", "X") + ROWS, HEADER + '"' + ROWS]
)
def test_nothing_about_a_patron_reaches_stderr(text: str, at: Workspace) -> None:
    at.export(text)
    for words in (["plan", "springfield/students"], ["run", "springfield/students"], ["run", "springfield/students", "--json"]):
        err = at.type(*words).stderr
        assert "Canary" not in err
        assert "555-" not in err


def test_quiet_leaves_the_answer_and_nothing_on_stderr(at: Workspace) -> None:
    done = at.start("run", "springfield/students", "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    assert "60" in done.stdout


def test_everything_made_is_private_whatever_the_umask(at: Workspace) -> None:
    at.start("run", "springfield/students", umask=0)
    made = list((at.folder / "var").rglob("*"))
    assert made
    assert [path for path in [at.folder / "var", *made] if path.stat().st_mode & 0o077] == []
