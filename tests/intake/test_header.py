"""The header gate: what is missing, what is there twice, and what the hint says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runner.errors import FileRefused
from tests.intake.reading import cells, read

ROWS = "1,Ann,7\n"


def refusal(folder: Path, data: str | bytes, *wanted: str, **fmt: Any) -> FileRefused:
    with pytest.raises(FileRefused) as refused:
        read(folder, data, wanted or ("StudentID", "Last"), **fmt)
    return refused.value


def test_a_missing_column_is_named_with_the_near_name(tmp_path: Path) -> None:
    found = refusal(tmp_path, "studentid,Last ,HR\n" + ROWS)
    assert found.code == "file-columns-missing"
    assert found.hint is not None
    assert "'studentid' instead of 'StudentID'" in found.hint
    assert "'Last ' instead of 'Last'" in found.hint


def test_a_person_in_the_place_of_the_header_is_not_told_of(tmp_path: Path) -> None:
    """Names of people are near to those of columns: what is said of a file goes to logs and mails."""
    found = refusal(tmp_path, "1000017,Emile,Grades,lasty@example.org\n", "StudentID", "Email", "Grade", "Last")
    assert found.code == "file-columns-missing"
    assert not [cell for cell in ("1000017", "Emile", "Grades", "lasty") if cell in f"{found.text} {found.hint}"]


def test_a_near_name_is_told_where_another_shows_that_it_is_a_header(tmp_path: Path) -> None:
    found = refusal(tmp_path, "StudentID,Grades\n1,7\n", "StudentID", "Grade")
    assert found.hint is not None
    assert "'Grades' instead of 'Grade'" in found.hint


def test_a_column_is_found_whatever_the_form_of_its_letters(tmp_path: Path) -> None:
    rows = read(tmp_path, "Pre\u0301nom,ID\nAnn,1\n", ("Pr\u00e9nom",))
    assert rows.frame.collect()["Pr\u00e9nom"].to_list() == ["Ann"]


def test_a_wanted_column_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    found = refusal(tmp_path, "StudentID,Last,Last\n" + ROWS)
    assert found.code == "file-columns-duplicate"
    assert "'Last'" in found.text


@pytest.mark.parametrize(("mark", "shown"), [(";", '";"'), ("\t", '"\\t"'), ("|", '"|"')])
def test_another_delimiter_is_recognised(tmp_path: Path, mark: str, shown: str) -> None:
    found = refusal(tmp_path, "StudentID,Last,HR\n1,Ann,7\n".replace(",", mark))
    assert found.hint is not None
    assert f"looks separated by {shown}" in found.hint


def test_title_lines_before_the_header_are_recognised(tmp_path: Path) -> None:
    found = refusal(tmp_path, "Export of today\n\nStudentID,Last,HR\n" + ROWS)
    assert found.hint is not None
    assert "skip_rows: 2" in found.hint


@pytest.mark.parametrize(
    ("start", "told"),
    [("<!DOCTYPE html><html>", "web page"), ('{"error": 507}', "JSON"), ("-----BEGIN PGP MESSAGE-----", "encrypted")],
)
def test_what_is_no_table_is_named(tmp_path: Path, start: str, told: str) -> None:
    found = refusal(tmp_path, start + "\n")
    assert told in f"{found.text} {found.hint}"


def test_a_header_over_two_lines_is_broken(tmp_path: Path) -> None:
    assert refusal(tmp_path, 'StudentID,"La\nst"\n1,Ann\n').code == "file-header-broken"


def test_too_many_columns_are_refused(tmp_path: Path) -> None:
    found = refusal(tmp_path, ",".join(f"c{n}" for n in range(501)) + "\n", "c1")
    assert found.code == "file-header-broken"


def test_blank_lines_before_the_header_are_passed_over(tmp_path: Path) -> None:
    assert cells(read(tmp_path, "\n  \nStudentID,Last,HR\n" + ROWS, ("Last",))) == [(4, "Ann")]


def test_a_position_beyond_the_first_row_is_missing(tmp_path: Path) -> None:
    found = refusal(tmp_path, ROWS, "4", header=False)
    assert found.code == "file-columns-missing"
    assert found.hint is not None
    assert "3 cells" in found.hint


def test_a_hint_never_quotes_a_person_where_the_header_is_missing(tmp_path: Path) -> None:
    found = refusal(tmp_path, "1000001,Canary,Casey\n1000002,Wren,Robin\n")
    assert "Canary" not in f"{found.text} {found.hint}"


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\n \r\n\r\n", b"\n" * 5_000, b"\x1a", b',,\n"",\n'])
def test_no_text_is_empty(tmp_path: Path, data: bytes) -> None:
    assert refusal(tmp_path, data).code == "file-empty"


@pytest.mark.parametrize("encoding", ["windows-1252", "mac-roman", "iso-8859-1"])
def test_a_file_with_the_mark_of_utf_8_in_another_encoding_is_told_as_utf_8(tmp_path: Path, encoding: str) -> None:
    found = refusal(tmp_path, ("StudentID,Last,HR\n" + ROWS).encode("utf-8-sig"), encoding=encoding)
    assert found.hint == "the file begins with the mark of UTF-8; write `encoding: utf-8` under source.format"
