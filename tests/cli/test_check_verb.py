"""`runner check`: ten ways to break a job file, and what is said of each."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

# (what is written, what stands there instead, the problem's line, part of its code, words that the sentence or hint must have)
BROKEN = [
    ("match_by: district_id", "match_by: distrct_id", 9, "value", ["district_id"]),
    ("  match_by: district_id\n", "", 8, "missing", ["match_by"]),
    ("    homeroom:", "    homerom:", 16, "unknown-key", ["homeroom"]),
    ('at: "02:30"', "at: 2:30", 18, "", ["HH:MM"]),
    ("weekends: none", "weekends: sometimes", 20, "value", ["full", "incremental", "none"]),
    ('{template: "P {StudentID}"}', "{template: {StudentID}}", 13, "", ['"']),
    ("    last_name: Last\n", "    last_name: Last\n    last_name: First\n", 15, "duplicate", ["last_name"]),
    ("  path: exports", "  path: ../exports", 6, "path", [".."]),
    ("source:", "source: &here", 4, "", ["anchor"]),
    ("  first_name: First", "\tfirst_name: First", 15, "", ["tab"]),
    ("    site: School\n", "    site: {column: School, map: {\"017\": WEST}}\n", 12, "", ["WEST"]),
    ("kind: patrons\n", "kind: patrons\nremoval: {when_records_read_over: 10, delete: {graduated_seniors: true}}\n", 3, "", ["scope"]),
]  # fmt: skip


def break_job(workspace: Path, old: str, new: str) -> Path:
    file = workspace / "jobs" / "springfield" / "students.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    return file


@pytest.mark.parametrize(("old", "new", "line", "code", "words"), BROKEN, ids=[new.strip()[:30] or old.strip() for old, new, *_ in BROKEN])
def test_a_broken_job_is_told_with_place_code_and_what_to_type(
    old: str, new: str, line: int, code: str, words: list[str], workspace: Path, typed: Any
) -> None:
    break_job(workspace, old, new)
    answer = typed("check")
    assert answer.exit_code == 1
    errors = [told for told in answer.stdout.split("\n\n") if ": error " in told]
    mine = [told for told in errors if told.startswith(f"jobs/springfield/students.yaml:{line}:") and code in told.splitlines()[0]]
    assert mine, answer.stdout
    assert all(word in "".join(mine) for word in words), answer.stdout
    assert "  hint: " in "".join(mine)
    assert "^" in "".join(mine)


def test_a_good_workspace_is_said_to_be_good(typed: Any) -> None:
    answer = typed("check")
    assert (answer.exit_code, answer.stdout) == (0, "2 files checked: 0 errors, 0 warnings\n")


def test_all_problems_of_all_files_are_told_at_once(workspace: Path, answered: Any) -> None:
    break_job(workspace, "weekends: none", "weekends: some")
    break_job(workspace, "match_by: district_id", "match_by: x")
    (workspace / "jobs" / "springfield" / "staff.yaml").write_text("version: 2\n")
    problems = answered("check")["problems"]
    assert len({(each["path"], each["line"]) for each in problems}) >= 3


def test_the_json_document_has_place_code_and_hint(workspace: Path, answered: Any) -> None:
    break_job(workspace, "homeroom", "homerom")
    (problem,) = answered("check")["problems"]
    assert problem["path"] == "jobs/springfield/students.yaml"
    assert problem["line"] == 16
    assert set(problem) == {"path", "line", "column", "severity", "code", "key", "text", "hint"}


def test_format_json_is_the_same_as_json(workspace: Path, typed: Any) -> None:
    break_job(workspace, "homeroom", "homerom")
    assert json.loads(typed("check", "--format", "json").stdout) == json.loads(typed("check", "--json").stdout)


def test_concise_is_one_line_a_problem_and_nothing_else(workspace: Path, typed: Any) -> None:
    break_job(workspace, "homeroom", "homerom")
    (line,) = typed("check", "--format", "concise").stdout.splitlines()
    assert line.startswith("jobs/springfield/students.yaml:16:5: error unknown-key: ")


def test_github_shows_the_problem_beside_the_line(workspace: Path, typed: Any) -> None:
    break_job(workspace, "homeroom", "homerom")
    (line,) = typed("check", "--format", "github").stdout.splitlines()
    assert line.startswith("::error file=jobs/springfield/students.yaml,line=16,col=5,title=unknown-key::")


@pytest.mark.parametrize("words", [("springfield/studens",), ("studens",), ("studens", "--district", "springfield")])
def test_an_unknown_job_is_answered_with_the_nearest(words: tuple[str, ...], typed: Any) -> None:
    answer = typed("check", *words)
    assert answer.exit_code == 64
    assert "did you mean springfield/students?" in answer.stderr


@pytest.mark.parametrize("words", [("springfeld",), ("--district", "springfeld")])
def test_an_unknown_district_is_answered_with_the_nearest(words: tuple[str, ...], typed: Any) -> None:
    answer = typed("check", *words)
    assert answer.exit_code == 64
    assert "did you mean springfield?" in answer.stderr


def test_a_job_may_be_named_within_its_district(typed: Any) -> None:
    assert typed("check", "students", "--district", "springfield").exit_code == 0


@pytest.mark.parametrize("word", ["springfield/students", "jobs/springfield/students.yaml", "jobs/springfield", "jobs", "springfield"])
def test_a_file_a_folder_or_a_job_may_be_named(word: str, typed: Any) -> None:
    assert typed("check", word).exit_code == 0


def test_a_path_that_is_not_there_is_a_wrong_word(typed: Any) -> None:
    assert typed("check", "nowhere.yaml").exit_code == 64


def test_a_folder_without_jobs_is_not_a_success(workspace: Path, typed: Any) -> None:
    (workspace / "empty").mkdir()
    answer = typed("check", "--jobs", "empty")
    assert answer.exit_code == 64
    assert "no job files" in answer.stderr


def test_a_missing_jobs_folder_is_said(typed: Any) -> None:
    assert typed("check", "--jobs", "nowhere").exit_code == 64


def test_a_line_of_the_file_cannot_act_on_the_terminal(workspace: Path, typed: Any) -> None:
    break_job(workspace, "name: students", "name: stu\x1b[2Jdents\u202e")
    answer = typed("check")
    assert answer.exit_code == 1
    assert not set("\x1b\u202e") & set(answer.stdout + answer.stderr)


def test_a_secret_in_clear_is_not_printed_again(workspace: Path, typed: Any) -> None:
    break_job(
        workspace,
        "  type: directory\n  path: exports\n",
        "  type: sftp\n  url: sftp://sis.example.org/x\n  username: l\n  password: Zaphod42\n  host_key: SHA256:" + "a" * 43 + "\n",
    )
    answer = typed("check")
    assert answer.exit_code == 1
    assert "Zaphod42" not in answer.stdout + answer.stderr


def test_a_job_file_that_is_a_pipe_does_not_hold_it_up(workspace: Path, typed: Any) -> None:
    os.mkfifo(workspace / "jobs" / "springfield" / "pipe.yaml")
    answer = typed("check")
    assert answer.exit_code == 1
    assert "pipe.yaml" in answer.stdout
