"""The quick look at a file tells of clean text what the closer one tells, or nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.errors import FileRefused
from runner.intake import clean_text as closer
from runner.intake import plain_text as quick
from runner.intake.clean_text import CleanText
from runner.intake.odd_bytes import has_odd_bytes
from tests.intake.reading import cells, codes, malformed, read

_ATOMS = [b"a", b"bc", b",", b'"', b"\n", b"\n", "é".encode(), b"\r\n", b"\r", b"\0", b"\x1a", b"\xff", b"\xef\xbb\xbf", b"x" * 9]
BYTES = st.lists(st.sampled_from(_ATOMS), max_size=30).map(b"".join)


@pytest.fixture(autouse=True, scope="module")
def every_file_is_large() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUNNER_FAST_PATHS", "on")
        yield


def closely(path: Path) -> CleanText | str:
    with TemporaryDirectory() as folder:
        try:
            return closer.clean_text(path, "utf-8", ",", folder=Path(folder))
        except FileRefused as refused:
            return refused.code


@settings(max_examples=400, deadline=None)
@given(data=BYTES)
def test_what_it_tells_is_what_the_closer_look_tells_or_that_the_file_is_not_utf_8(data: bytes) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        for module in (quick, closer):
            patch.setattr(module, "MAX_LINE", 12)
        patch.setattr(quick, "_PIECE", os.sysconf("SC_PAGE_SIZE"))
        path = Path(folder) / "given"
        path.write_bytes(data)
        told, known = quick.plain_text(path, "utf-8", ","), closely(path)
        assert quick.plain_text(path, "utf-8", ",", odd_bytes=has_odd_bytes(data)) == told
    assert told in (None, known) or known == "file-undecodable"


@settings(max_examples=150, deadline=None)
@given(data=BYTES.map(lambda data: b"a,bc\n" + data))
def test_a_file_is_read_or_refused_the_same_either_way(data: bytes) -> None:
    answers: list[object] = []
    for setting in ("on", "off"):
        with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
            patch.setenv("RUNNER_FAST_PATHS", setting)
            try:
                rows = read(Path(folder), data, ("a",))
                answers.append((cells(rows), malformed(rows), codes(rows)))
            except FileRefused as refused:
                answers.append((refused.code, refused.line, refused.text))
    assert answers[0] == answers[1]


def test_a_plain_file_is_taken_by_the_quick_look(tmp_path: Path) -> None:
    path = tmp_path / "given"
    path.write_bytes("id,name\n1,Zoë\n".encode())
    assert quick.plain_text(path, "utf-8", ",") == CleanText(path, False, 15, True, False, ",")


@pytest.mark.parametrize(
    ("data", "encoding", "delimiter"), [(b"a\r\n", "utf-8", ","), (b"a\n", "windows-1252", ","), (b"a\n", "utf-8", "¦")]
)
def test_a_file_that_must_be_changed_or_decoded_is_not(tmp_path: Path, data: bytes, encoding: str, delimiter: str) -> None:
    path = tmp_path / "given"
    path.write_bytes(data)
    assert quick.plain_text(path, encoding, delimiter) is None


def test_a_long_line_is_named_as_such_by_the_closer_look(tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as refused:
        read(tmp_path, b"id\n" + b"x" * 1_000_001 + b"\n", ("id",))
    assert refused.value.code == "file-line-too-long"
