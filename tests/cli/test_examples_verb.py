"""`runner test`: examples beside a job, run through its mapping and the planner."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import FINES

SCHEMA = Path(__file__).parents[2] / "schemas" / "test.schema.json"
HEAD = "version: 1\nexamples:\n"
ROW = 'row: {StudentID: "1000017", School: "017", Last: Lee, First: Ann, HR: "204"}'


@pytest.fixture
def examples(workspace: Path) -> Any:
    """Writes examples beside the job."""

    def write(*each: str) -> None:
        text = HEAD + "".join(
            f"  - name: example {at}\n" + "".join(f"    {line}\n" for line in one.split("\n")) for at, one in enumerate(each, 1)
        )
        (workspace / "jobs/springfield/students_test.yaml").write_text(text)

    return write


def differences(answered: Any, *words: str) -> list[list[str]]:
    return [each["differences"] for each in answered("test", *words)["results"]]


def test_an_example_that_comes_out_is_no_news(examples: Any, typed: Any) -> None:
    examples(f'{ROW}\nexpect: {{site: NORTH, barcode: "P 1000017", homeroom: "204"}}')
    answer = typed("test")
    assert (answer.exit_code, answer.stdout) == (0, "1 example of springfield/students: all as expected\n")


def test_the_schemas_own_example_comes_out_in_a_job_such_as_the_pages_show(answered: Any, workspace: Path) -> None:
    job = workspace / "jobs/springfield/students.yaml"
    job.write_text(job.read_text().replace("site: School", 'site: {column: School, map: {"0017": NORTH, default: SOUTH}}'))
    told = json.loads(SCHEMA.read_text())["properties"]["examples"]
    (workspace / "jobs/springfield/students_test.yaml").write_text(json.dumps({"version": 1, "examples": told["examples"][0]}))
    assert differences(answered) == [[]]


def test_a_difference_names_field_expected_and_got(examples: Any, typed: Any) -> None:
    examples(f"{ROW}\nexpect: {{site: SOUTH}}")
    answer = typed("test", "springfield/students")
    assert answer.exit_code == 1
    assert "FAILED springfield/students: example 1 (jobs/springfield/students_test.yaml:3)" in answer.stdout
    assert "site: expected 'SOUTH', got 'NORTH'" in answer.stdout
    assert "1 failed" in answer.stdout


def test_absent_blank_and_filled_are_three_things(examples: Any, answered: Any) -> None:
    row = 'row: {StudentID: "1", School: "017", Last: Lee, First: "", HR: ""}'
    examples(f'{row}\nexpect: {{homeroom: "", first_name: null, last_name: Lee}}', f'{row}\nexpect: {{homeroom: null, first_name: ""}}')
    assert differences(answered) == [
        [],
        ["homeroom: expected nothing (absent), got blank", "first_name: expected blank, got nothing (absent)"],
    ]


def test_a_refusal_is_expected_by_its_code(examples: Any, answered: Any) -> None:
    row = 'row: {StudentID: "1", School: "099", Last: Lee}'
    examples(f"{row}\nexpect: {{refused: site-unknown}}", f"{row}\nexpect: {{refused: site-missing}}", f"{row}\nexpect: {{last_name: Lee}}")
    first, second, third = differences(answered)
    assert first == []
    assert second[0].startswith("expected the refusal site-missing, but the record was refused: site-unknown")
    assert third[0].startswith("expected a record, but the record was refused: site-unknown")


def test_a_refusal_that_only_a_new_patron_meets_depends_on_the_store(examples: Any, answered: Any) -> None:
    row = 'row: {StudentID: "1", School: "017", Last: "", HR: "9"}'
    examples(
        f"{row}\nexpect: {{refused: last-name-missing}}", f'{row}\nstore: {{last_name: Lee}}\nexpect: {{homeroom: "9", last_name: null}}'
    )
    assert differences(answered) == [[], []]


def test_a_refusal_that_does_not_come_is_a_difference(examples: Any, answered: Any) -> None:
    examples(f"{ROW}\nexpect: {{refused: site-unknown}}")
    assert differences(answered) == [["expected the refusal site-unknown, but the record was added"]]


def test_a_skipped_row_is_expected_or_a_difference(examples: Any, answered: Any, workspace: Path) -> None:
    file = workspace / "jobs/springfield/students.yaml"
    file.write_text(file.read_text().replace("schedule:", "  skip_when: {any: [{column: HR, in: [X]}]}\nschedule:"))
    row = 'row: {StudentID: "1", School: "017", Last: Lee, HR: X}'
    examples(f"{row}\nexpect: {{skipped: true}}", f"{row}\nexpect: {{last_name: Lee}}", f"{ROW}\nexpect: {{skipped: true}}")
    assert differences(answered) == [
        [],
        ["expected a record, but the row was skipped"],
        ["expected that the row is skipped, but the record was added"],
    ]


def test_what_the_store_keeps_is_absent(examples: Any, answered: Any, workspace: Path) -> None:
    file = workspace / "jobs/springfield/students.yaml"
    file.write_text(file.read_text().replace("    first_name: First", "    first_name: {column: First, write: if_empty}"))
    examples(
        f'{ROW}\nstore: {{first_name: Anna, homeroom: "204", last_name: Li}}\nexpect: {{first_name: null, homeroom: "204", last_name: Lee}}'
    )
    assert differences(answered) == [[]]


def test_a_column_that_the_job_does_not_read_is_a_difference(examples: Any, answered: Any) -> None:
    examples('row: {StudentID: "1", School: "017", Last: Lee, Frist: Ann}\nexpect: {last_name: Lee}')
    assert differences(answered) == [["the job reads no column 'Frist'; did you mean First?"]]


@pytest.mark.parametrize("words", [(), ("springfield/students",)])
def test_no_examples_is_no_success(words: tuple[str, ...], typed: Any) -> None:
    answer = typed("test", *words)
    assert answer.exit_code == 1
    assert "there are no examples to run" in answer.stderr


def test_invalid_examples_start_nothing(examples: Any, typed: Any) -> None:
    examples(f"{ROW}\nexpect: {{nosuch: x}}")
    answer = typed("test")
    assert answer.exit_code == 78
    assert "students_test.yaml" in answer.stderr


def test_an_invalid_job_is_not_left_out_in_silence(examples: Any, typed: Any, workspace: Path) -> None:
    examples(f"{ROW}\nexpect: {{site: NORTH}}")
    (workspace / "jobs/springfield/staff.yaml").write_text("version: 1\n")
    assert typed("test").exit_code == 78


def test_no_file_is_read_and_no_store_is_made(examples: Any, typed: Any, workspace: Path) -> None:
    examples(f"{ROW}\nexpect: {{site: NORTH}}")
    (workspace / "jobs/springfield/exports/students.csv").unlink()
    assert typed("test").exit_code == 0
    assert not (workspace / "var").exists()


def test_examples_of_a_circulation_job_have_amounts_as_people_write_them(workspace: Path, answered: Any) -> None:
    (workspace / "jobs/springfield/fines.yaml").write_text(FINES)
    row = 'row: {StudentID: "1", School: "017", Amount: "%s"}'
    texts = [f'{row % "3.5"}\n    expect: {{amount: "3.50", site: NORTH}}', f'{row % "1.234"}\n    expect: {{refused: amount-invalid}}',
             f'{row % "-2"}\n    expect: {{amount: "2.00"}}']  # fmt: skip
    each = "".join(f"  - name: example {at}\n    {text}\n" for at, text in enumerate(texts))
    (workspace / "jobs/springfield/fines_test.yaml").write_text(HEAD + each)
    assert differences(answered, "springfield/fines") == [[], [], ["amount: expected '2.00', got '-2.00'"]]
