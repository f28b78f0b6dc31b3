"""What people do to a job file in an ordinary editor, a word processor or after years with other tools: the sentence is true and helps."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from runner.job.load import check_paths
from runner.problems import Problem

GOOD = Path(__file__).parent / "good" / "district.yaml"
JOB = """\
version: 1
kind: patrons
name: students
description: Nightly
source: {type: directory, path: exports, file: students.csv}
properties:
  match_by: district_id
  fields:
    district_id: StudentID
    site: School
    barcode: {template: "P {StudentID}"}
    last_name: Last
    first_name: First
schedule:
  at: "02:00"
  weekdays: full
"""


@pytest.fixture
def district(tmp_path: Path) -> Path:
    folder = tmp_path / "jobs" / "springfield"
    folder.mkdir(parents=True)
    (folder / "district.yaml").write_bytes(GOOD.read_bytes())
    return folder


def said(district: Path, old: str, new: str) -> list[Problem]:
    """The problems of the job in which one text stands in another's place."""
    assert JOB.count(old) == 1
    (district / "students.yaml").write_text(JOB.replace(old, new), encoding="utf-8")
    return check_paths([district / "students.yaml"])


def first(district: Path, old: str, new: str) -> tuple[str, int, str, str]:
    """Code, line, sentence and hint of the first problem."""
    problem = said(district, old, new)[0]
    assert problem.place is not None
    return problem.code, problem.place.line, problem.text, problem.hint or ""


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("description: Nightly", 'description: "Nightly', 4),
        ("description: Nightly", "description: 'Nightly", 4),
        ('at: "02:00"', 'at: "02:00', 15),
        ("last_name: Last", 'last_name: "Last', 12),
        ("last_name: Last", "last_name: 'Last", 12),
    ],
)
def test_a_quote_that_is_never_closed_is_told_where_it_opens(district: Path, old: str, new: str, line: int) -> None:
    assert first(district, old, new)[:3] == ("yaml-syntax", line, "a quote is opened here and never closed")


@pytest.mark.parametrize("new", ["description: 'Today's students'", 'description: "The "big" job"', 'description: "Nightly" students'])
def test_a_quote_that_closes_too_early_is_told_as_that(district: Path, new: str) -> None:
    code, line, text, hint = first(district, "description: Nightly", new)
    assert (code, line, text) == ("yaml-syntax", 4, "something stands behind a closing quote")
    assert "an apostrophe is written twice" in hint


@pytest.mark.parametrize(("old", "new", "line"), [("last_name: Last", "last_name:Last", 12), ("name: students\n", "name:students\n", 3)])
def test_a_blank_that_is_missing_after_a_colon_is_named(district: Path, old: str, new: str, line: int) -> None:
    assert first(district, old, new) == ("yaml-syntax", line, "a blank is missing after the colon", "write `key: value`")


def test_a_hyphen_before_a_key_is_named(district: Path) -> None:
    assert first(district, "    last_name: Last", "    - last_name: Last")[2:] == (
        "a hyphen begins a list, and here stands a key of the section above",
        "take the hyphen away",
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('barcode: {template: "P {StudentID}"}', "barcode: {template: \u201cP {StudentID}\u201d}"),
        ("file: students.csv}", "file: students.csv, format: {delimiter: \u201c,\u201d}}"),
        ("last_name: Last", "last_name: \u201cLast\u201d"),
        ('at: "02:00"', "at: \u201c02:00\u201d"),
    ],
)
def test_typographic_quotes_are_named(district: Path, old: str, new: str) -> None:
    assert any("type straight ones" in (problem.hint or "") for problem in said(district, old, new))


def test_a_description_may_have_them(district: Path) -> None:
    assert said(district, "description: Nightly", "description: \u201cNightly\u201d") == []


@pytest.mark.parametrize("typed", [r"\1", r"\2-\1", r"\g<1>", r"\g<name>"])
def test_a_group_as_other_programs_write_it_is_an_error(district: Path, typed: str) -> None:
    regex = f"last_name: {{column: Last, steps: [{{regex: {{find: '^(?P<name>.)(.)', replace: '{typed}'}}}}]}}"
    code, line, _, hint = first(district, "last_name: Last", regex)
    assert (code, line) == ("pattern-group-unknown", 12)
    assert hint in ("a group is written ${1}", "a group is written ${2}", "a group is written ${name}")


def test_a_pattern_is_refused_with_what_the_engine_has_against_it(district: Path) -> None:
    regex = "last_name: {column: Last, steps: [{regex: {find: '^([^@+@.*$', replace: ''}}]}"
    assert first(district, "last_name: Last", regex)[2].endswith("is not a pattern that can be used: unclosed character class")


@pytest.mark.parametrize(
    ("step", "hint"),
    [
        ("lowercase", "write trim or a mapping such as {case: lower}"),
        ("upper", "write trim or a mapping such as {case: lower}"),
    ],
)
def test_a_word_that_is_no_step_gets_the_form_that_steps_have(district: Path, step: str, hint: str) -> None:
    assert first(district, "last_name: Last", f"last_name: {{column: Last, steps: [{step}]}}")[3] == hint


def test_a_condition_of_the_policy_may_be_a_mapping_and_the_hint_says_so(district: Path) -> None:
    policy = "schedule:\n"
    removal = "removal:\n  scope: everyone\n  delete: {inactive: {days: 30, only_if: fines_below}}\nschedule:\n"
    assert "{fines_below: 5.00}" in first(district, policy, removal)[2]


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        (r"graduating_grades: .*", "graduating_grades: 12", 'write a list: ["12"]'),
        (r'aliases: \["018"\]', "aliases: 17", 'write a list: ["17"]'),
        (r'aliases: \["018"\]', "aliases: West", "write a list: [West]"),
        (r"patron_types:\n(  - .*\n)+", "patron_types: Student\n", "write a list, such as [{name: Student, persona: student}]"),
    ],
)
def test_a_list_is_shown_as_it_would_be_taken(district: Path, old: str, new: str, hint: str) -> None:
    changed, count = re.subn(old, new, GOOD.read_text(encoding="utf-8"))
    assert count == 1
    (district / "district.yaml").write_text(changed, encoding="utf-8")
    assert check_paths([district / "district.yaml"])[0].hint == hint


def test_a_no_break_space_is_to_be_typed_anew_and_not_deleted(district: Path) -> None:
    assert first(district, "    last_name: Last", "\u00a0   last_name: Last")[3].startswith("type an ordinary blank")


@pytest.mark.parametrize("name", ["staff.yaml.txt", "staff.YAML", "staff.yml.TXT"])
def test_a_file_that_an_editor_gave_another_ending_is_not_overlooked(district: Path, name: str) -> None:
    (district / "students.yaml").write_text(JOB, encoding="utf-8")
    (district / name).write_text(JOB, encoding="utf-8")
    (found,) = check_paths([district.parent])
    assert (found.code, found.path.name, found.hint, found.severity) == ("file-not-read", name, "rename it to staff.yaml", "warning")


def test_a_job_beside_the_districts_is_told_and_the_districts_are_checked_all_the_same(district: Path) -> None:
    (district / "students.yaml").write_text("version: 2\n", encoding="utf-8")
    (district.parent / "staff.yaml").write_text(JOB, encoding="utf-8")
    stray, *others = check_paths([district.parent])
    assert (stray.code, stray.path.name, stray.hint) == ("file-not-read", "staff.yaml", "move it into the folder of its district")
    assert {problem.path.name for problem in others} == {"students.yaml"}


@pytest.mark.parametrize("key", ["password", "passphrase"])
def test_a_secret_in_braces_is_not_shown(district: Path, key: str) -> None:
    source = f"source: {{type: sftp, url: sftp://a.example/out, file: students.csv, user: lib, {key}: {{CLEARpw1}}}}"
    found = said(district, "source: {type: directory, path: exports, file: students.csv}", source)
    assert "unquoted-braces" in {problem.code for problem in found}
    assert not any("CLEARpw1" in f"{problem.text} {problem.hint}" for problem in found)
