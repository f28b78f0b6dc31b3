"""Notes on the file as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runner.frames import MESSAGES
from runner.intake.read import read_rows
from runner.job.model import Format
from tests.intake.reading import Given, codes, read


def notes(folder: Path, data: str, *wanted: str) -> list[dict[str, Any]]:
    found = read(folder, data, wanted or ("id", "name")).notes
    assert found.schema == MESSAGES
    return found.to_dicts()


def test_a_plain_file_has_no_notes(tmp_path: Path) -> None:
    assert notes(tmp_path, "id,name\n1,Ann\n") == []


def test_a_missing_last_line_end_is_a_warning(tmp_path: Path) -> None:
    [note] = notes(tmp_path, "id,name\n1,Ann\n2,Bo")
    assert (note["code"], note["severity"], note["line"]) == ("no-final-line-end", "warning", 3)


def test_columns_that_the_job_leaves_out_are_named_once(tmp_path: Path) -> None:
    [note] = notes(tmp_path, "id,ssn,name,\n1,000,Ann,x\n")
    assert (note["code"], note["severity"]) == ("extra-columns", "note")
    assert "'ssn', one without a name" in note["text"]


@pytest.mark.parametrize("unseen", ["\u202e", "\u2066", "\u200b", "\ufeff", "\uffff", "\u0090"])
def test_unseen_characters_are_warned_of_and_kept(tmp_path: Path, unseen: str) -> None:
    data = f"id,name\n1,Ann\n2,A{unseen}nn\n3,B{unseen}ob\n"
    [note] = notes(tmp_path, data)
    assert (note["code"], note["severity"], note["line"]) == ("invisible-characters", "warning", 3)
    assert note["value"] == f"U+{ord(unseen):04X}"
    assert unseen in read(tmp_path, data, ("name",)).frame.collect()["name"][1]


@pytest.mark.parametrize("harmless", ["\u200d", "\u00a0", "\u2028", "\u0085", "\U0001f469"])
def test_characters_that_names_and_emoji_need_are_not_warned_of(tmp_path: Path, harmless: str) -> None:
    assert notes(tmp_path, f"id,name\n1,A{harmless}nn\n") == []


def test_a_lost_letter_is_told_even_where_it_is_the_only_one(tmp_path: Path) -> None:
    [note] = notes(tmp_path, "id,name\n" + "1,Zoë\n" * 50 + "2,Garc\ufffda\n")
    assert (note["code"], note["line"]) == ("mojibake-suspected", 52)


def test_what_the_source_warned_of_is_passed_on(tmp_path: Path) -> None:
    (tmp_path / "given.csv").write_text("id\n1\n")
    rows = read_rows(Given(tmp_path / "given.csv", ("anybody can write to it",)), Format(), ("id",), folder=tmp_path)
    assert codes(rows) == ["source-warning"]


def test_no_note_quotes_a_cell(tmp_path: Path) -> None:
    data = "id,name,x\n" + "1,Canary\ufffd,Canary\u202e\n2,CanarŽ–y,Canarÿ’¢\n" * 10 + "3,Canary,\x1a"
    assert "Canar" not in str(notes(tmp_path, data))
