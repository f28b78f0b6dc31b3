"""Files of examples: read, and every fault of theirs told."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.errors import InvalidFiles
from runner.job.examples import check_examples, load_examples

GOOD = Path(__file__).parent / "good" / "students_test.yaml"


def test_examples_have_rows_stores_and_expectations() -> None:
    first, second, third, fourth = load_examples(GOOD)
    assert first.row["DOB"] == "08/15/2012"
    assert first.store is None
    assert first.fields == {"barcode": "P 1000017", "site": "NORTH", "birth_date": "2012-08-15", "homeroom": ""}
    assert second.store == {"homeroom": "101"}
    assert second.fields == {"homeroom": "", "nickname": None}
    assert (third.skipped, third.fields, third.refused) == (True, None, None)
    assert fourth.refused == "district-id-missing"
    assert [example.line for example in (first, second, third, fourth)] == [3, 6, 10, 13]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("examples: []", "wrong-length"),
        ("examples: [{name: a, row: {A: 1}, expect: {site: X}}]", "wrong-type"),
        ("examples: [{name: a, row: {A: b}, expect: {sit: X}}]", "unknown-key"),
        ("examples: [{name: a, row: {A: b}, expect: {site: X, skipped: true}}]", "exactly-one"),
        ("examples: [{name: a, row: {A: b}}]", "missing-key"),
        ("examples: [{name: a, row: {A: b}, expect: {site: X}}, {name: a, row: {A: b}, expect: {site: X}}]", "duplicate-item"),
        ("examples: [", "yaml-syntax"),
    ],
)
def test_a_broken_file_of_examples_is_told(tmp_path: Path, text: str, code: str) -> None:
    file = tmp_path / "x_test.yaml"
    file.write_text(text)
    assert [problem.code for problem in check_examples(file)] == [code]
    with pytest.raises(InvalidFiles):
        load_examples(file)
