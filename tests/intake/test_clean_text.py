"""Bytes become clean text: encodings, line ends, end marks, and the refusals that name a byte and a line."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.errors import FileRefused
from runner.intake.clean_text import clean_text
from runner.intake.encodings import ENCODINGS
from tests.intake.reading import cells, codes, read

HEAD = ("id", "name", "room")
TRUTH = [("1", "García", "Zoë’s"), ("2", "O’Brien", "a,b"), ("3", "Müller", 'q"q')]
CODECS = {
    "utf-8": "utf-8",
    "utf-8 with mark": "utf-8-sig",
    "utf-16 little": "utf-16-le",
    "utf-16 big": "utf-16-be",
    "windows-1252": "cp1252",
    "mac-roman": "mac_roman",
}
MARKS = {"utf-16 little": b"\xff\xfe", "utf-16 big": b"\xfe\xff"}
LINE_ENDS = ("\n", "\r\n", "\r", "\r\r\n")


def as_csv(line_end: str) -> str:
    quoted = [HEAD, *TRUTH]
    return "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + line_end for row in quoted)


def cleaned(folder: Path, data: bytes, encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    (folder / "given").write_bytes(data)
    return clean_text(folder / "given", encoding, delimiter, folder=folder).path.read_bytes()


def refusal(folder: Path, data: bytes, encoding: str = "utf-8") -> FileRefused:
    with pytest.raises(FileRefused) as refused:
        cleaned(folder, data, encoding)
    return refused.value


@pytest.mark.parametrize(("name", "line_end"), list(itertools.product(CODECS, LINE_ENDS)))
def test_every_encoding_and_line_end_gives_the_same_rows(tmp_path: Path, name: str, line_end: str) -> None:
    data = MARKS.get(name, b"") + as_csv(line_end).encode(CODECS[name])
    rows = read(tmp_path, data, HEAD, encoding=name.split(" ")[0])
    assert cells(rows) == [(line, *row) for line, row in enumerate(TRUTH, start=2)]
    assert codes(rows) == []


@pytest.mark.parametrize("line_end", LINE_ENDS)
def test_iso_8859_1_is_read_as_declared(tmp_path: Path, line_end: str) -> None:
    rows = read(tmp_path, line_end.join(["id,name", "1,Zoë", ""]).encode("latin-1"), ("name",), encoding="iso-8859-1")
    assert cells(rows) == [(2, "Zoë")]


def test_every_encoding_of_the_job_schema_can_be_read() -> None:
    assert set(ENCODINGS) == {"utf-8", "utf-16", "windows-1252", "mac-roman", "iso-8859-1"}


def test_a_clean_file_is_not_written_again(tmp_path: Path) -> None:
    (tmp_path / "given").write_bytes("id,Zoë\n".encode())
    clean = clean_text(tmp_path / "given", "utf-8", ",", folder=tmp_path)
    assert (clean.path, clean.ours) == (tmp_path / "given", False)


def test_a_difference_far_into_the_file_keeps_what_came_before(tmp_path: Path) -> None:
    start = b"abc,\xc3\xbc\n" * 100_000
    assert cleaned(tmp_path, start + b"x\r\ny") == start + b"x\ny"


@pytest.mark.parametrize("at", range(131_060, 131_080))
def test_characters_and_line_ends_across_blocks_stay_whole(tmp_path: Path, at: int) -> None:
    filler = b"x" * 70 + b"\n"
    data = (filler * 2_000)[: at - 1] + b"\n"
    assert cleaned(tmp_path, data + "é€\U0001f469\r\r\nz\r\n\rq\r".encode()) == data + "é€\U0001f469\nz\n\nq\n".encode()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.sampled_from("a\r\n\x1aé,"), max_size=30), st.integers(0, 20))
def test_line_ends_become_one_line_feed_wherever_blocks_end(tmp_path: Path, text: str, before: int) -> None:
    filler = "y" * 99 + "\n"
    data = filler * 1_310 + "z" * (131_072 - 131_000 - before) + text + "end"
    assert cleaned(tmp_path, data.encode()).decode() == data.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize("end", [b"\x1a", b"\x1a\x1a\x1a", b"\r\n\x1a"])
def test_the_end_mark_of_dos_is_dropped_with_a_note(tmp_path: Path, end: bytes) -> None:
    rows = read(tmp_path, b"id,name\r\n1,Ann\r\n2,Bob" + end, ("id",))
    assert cells(rows) == [(2, "1"), (3, "2")]
    assert "dos-end-of-file" in codes(rows)


def test_a_substitute_character_elsewhere_is_a_control_character(tmp_path: Path) -> None:
    rows = read(tmp_path, b"id,name\n1,A\x1ab\n2,Bob\n", ("id",))
    assert cells(rows) == [(3, "2")]


@pytest.mark.parametrize(
    ("data", "encoding", "line"),
    [
        (b"id,name\r\n1,Garc\xeda\r\n", "utf-8", 2),
        (b"id,name\r\r\n\r\r\n1,A\x81\r\r\n", "windows-1252", 3),
        (b"id\n" * 100_000 + b"\xff", "utf-8", 100_001),
        (b"id\r" * 100_000 + b"\xff", "utf-8", 100_001),
        (b"id\n1,Jos\xc3", "utf-8", 2),
        (b"id\nA\xc0\xafB\n", "utf-8", 2),
        (b"id\nA\xed\xa0\x80B\n", "utf-8", 2),
        (b"\xff\xfe" + "id\r\nab\r\n".encode("utf-16-le") + b"\x00\xd8a\x00", "utf-16", 3),
        ("id\r\nab\r\n".encode("utf-16-le"), "utf-16", 1),
        (b"\xff\xfei\x00d\x00\n\x00x", "utf-16", 2),
    ],
)
def test_undecodable_bytes_refuse_the_file_and_name_the_line(tmp_path: Path, data: bytes, encoding: str, line: int) -> None:
    found = refusal(tmp_path, data, encoding)
    assert (found.code, found.line) == ("file-undecodable", line)


def test_the_byte_of_an_undecodable_place_is_named(tmp_path: Path) -> None:
    assert "byte 200,004," in refusal(tmp_path, "é".encode() * 100_000 + b"\nabc\xe9def").text


def test_the_byte_is_right_for_a_character_across_blocks(tmp_path: Path) -> None:
    assert "byte 131,071," in refusal(tmp_path, b"x\n" * 65_535 + b"x\xc3(" + b"abc").text


@pytest.mark.parametrize(
    ("data", "encoding", "line"),
    [
        (b"id,name\n1,A\0B\n", "utf-8", 2),
        (b"id,name\r1,Ann\r" + b"\0" * 4096, "windows-1252", 3),
        (b"\xff\xfe" + "id\nab\0c".encode("utf-16-le"), "utf-16", 2),
        ("id\nab".encode("utf-16-le"), "utf-8", 1),
    ],
)
def test_a_nul_refuses_the_file_and_names_the_line(tmp_path: Path, data: bytes, encoding: str, line: int) -> None:
    found = refusal(tmp_path, data, encoding)
    assert (found.code, found.line) == ("file-nul", line)


@pytest.mark.parametrize(("lines", "line"), [(0, 1), (3, 4)])
def test_a_line_of_over_a_megabyte_refuses_the_file(tmp_path: Path, lines: int, line: int) -> None:
    found = refusal(tmp_path, b"ab\r\n" * lines + b"x" * 1_000_001 + b"\n")
    assert (found.code, found.line) == ("file-line-too-long", line)


def test_a_line_of_a_megabyte_is_taken(tmp_path: Path) -> None:
    data = b"a\n" + b"x" * 1_000_000 + b"\nb\n"
    assert cleaned(tmp_path, data) == data


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (b"\x1f\x8b\x08", "gzip"),
        (b"PK\x03\x04", "zip"),
        (b"%PDF-1.7", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
        (b"\x7fELF", "program"),
    ],
)
def test_what_is_no_text_is_named(tmp_path: Path, start: bytes, name: str) -> None:
    found = refusal(tmp_path, start + b"\0" * 100)
    assert found.code == "file-not-text"
    assert name in found.text


def test_nothing_is_left_behind_by_a_refusal(tmp_path: Path) -> None:
    refusal(tmp_path, b"id\r\n" * 100_000 + b"\0")
    assert [path.name for path in tmp_path.iterdir()] == ["given"]


def test_progress_reaches_the_end(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    (tmp_path / "given").write_bytes(b"abc\n" * 100_000)
    clean_text(tmp_path / "given", "utf-8", ",", folder=tmp_path, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (400_000, 400_000)
    assert seen == sorted(seen)
