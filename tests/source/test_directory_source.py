"""A file in a folder: what is opened and what is not, and that the copy is private, whole and told apart by its hash."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from runner.errors import SourceError
from runner.job.model import Directory, Format, Source
from runner.source import FETCHERS, Fetched, fetch
from runner.source.directory import fetch_from_directory
from runner.source.file_copy import PIECE

NOW = datetime(2026, 10, 15, 2, tzinfo=UTC)
CONTENT = b"id,name\r\n1,Ann\r\n"


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    folder = tmp_path / "exports"
    folder.mkdir(mode=0o755)
    (folder / "patrons.csv").write_bytes(CONTENT)
    (folder / "patrons.csv").chmod(0o644)
    return folder


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def alarm() -> Iterator[None]:
    """Two seconds: a pipe or a device must not hold us up."""

    def ring(*_: Any) -> None:
        raise AssertionError("it hangs")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(2)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def source(folder: Path, name: str = "patrons.csv") -> Source:
    return Source(Directory(folder), name, None, 50.0, 0, Format())


def got(folder: Path, work: Path, name: str = "patrons.csv", **more: Any) -> Fetched:
    return fetch(source(folder, name), work, now=NOW, **more)


def refusal(folder: Path, work: Path, name: str = "patrons.csv") -> SourceError:
    with pytest.raises(SourceError) as refused:
        got(folder, work, name)
    assert list(work.iterdir()) == []
    return refused.value


def test_the_copy_is_the_file_byte_for_byte_with_its_fingerprint(exports: Path, work: Path) -> None:
    os.utime(exports / "patrons.csv", (1_790_000_000, 1_790_000_000))
    fetched = got(exports, work)
    assert fetched.path.read_bytes() == CONTENT
    assert fetched.path.parent == work
    assert (fetched.sha256, fetched.size) == (hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))
    assert fetched.modified == datetime.fromtimestamp(1_790_000_000, UTC)
    assert fetched.shown_as == str(exports / "patrons.csv")
    assert fetched.warnings == ()


def test_the_copy_is_private_whatever_the_umask_and_the_original_say(exports: Path, work: Path) -> None:
    (exports / "patrons.csv").chmod(0o666)
    before = os.umask(0)
    try:
        fetched = got(exports, work)
    finally:
        os.umask(before)
    assert fetched.path.stat().st_mode & 0o777 == 0o600


def test_a_second_fetch_replaces_the_first(exports: Path, work: Path) -> None:
    got(exports, work)
    (exports / "patrons.csv").write_bytes(b"id\n")
    assert got(exports, work).path.read_bytes() == b"id\n"


@pytest.mark.parametrize(
    ("content", "odd"), [(b"a\nb", False), (b"a\r\nb", True), (b"a\0b", True), (b"", False), (b"a" * 2 * PIECE + b"\r", True)]
)
def test_bytes_that_clean_text_has_not_are_seen_while_the_file_is_copied(content: bytes, odd: bool, exports: Path, work: Path) -> None:
    (exports / "patrons.csv").write_bytes(content)
    assert got(exports, work).odd_bytes is odd


def test_an_empty_file_is_fetched_and_left_to_the_file_gate(exports: Path, work: Path) -> None:
    (exports / "patrons.csv").write_bytes(b"")
    assert got(exports, work).size == 0


def test_a_large_file_is_copied_whole_and_progress_reaches_its_end(exports: Path, work: Path) -> None:
    content = os.urandom(1_000_003)
    (exports / "patrons.csv").write_bytes(content)
    seen: list[tuple[int, int]] = []
    fetched = got(exports, work, progress=lambda done, total: seen.append((done, total)))
    assert fetched.path.read_bytes() == content
    assert seen[-1] == (1_000_003, 1_000_003)


@pytest.mark.parametrize("target", ["patrons.csv", "nowhere.csv", "/etc/passwd", "/dev/zero", "link.csv"])
def test_a_link_is_not_followed(exports: Path, work: Path, target: str, alarm: None) -> None:
    (exports / "link.csv").symlink_to(target)
    found = refusal(exports, work, "link.csv")
    assert (found.code, found.retry) == ("source-not-a-file", False)
    assert "a link" in found.text


def test_a_linked_folder_on_the_way_is_not_followed_and_is_named(exports: Path, work: Path, tmp_path: Path) -> None:
    (tmp_path / "linked").symlink_to(exports)
    found = refusal(tmp_path / "linked", work)
    assert found.code == "source-not-a-file"
    assert f"{tmp_path / 'linked'} is a link" in found.text


def test_a_linked_folder_further_up_is_not_followed_either(exports: Path, work: Path, tmp_path: Path) -> None:
    (exports / "deep").mkdir()
    (exports / "deep" / "patrons.csv").write_bytes(CONTENT)
    (tmp_path / "linked").symlink_to(exports)
    assert "linked is a link" in refusal(tmp_path / "linked" / "deep", work).text


def test_dots_in_the_folder_are_solved_before_anything_is_opened(exports: Path, work: Path) -> None:
    opened: list[str] = []
    listening = True
    sys.addaudithook(lambda event, given: opened.append(str(given[0])) if listening and event == "open" else None)
    assert got(exports / ".." / "exports", work).size == len(CONTENT)
    listening = False
    assert "exports" in opened
    assert ".." not in opened


def test_a_pipe_does_not_hold_us_up(exports: Path, work: Path, alarm: None) -> None:
    os.mkfifo(exports / "pipe.csv")
    found = refusal(exports, work, "pipe.csv")
    assert (found.code, "a named pipe" in found.text) == ("source-not-a-file", True)


def test_a_pipe_as_a_folder_does_not_hold_us_up(exports: Path, work: Path, alarm: None) -> None:
    os.mkfifo(exports / "pipe")
    assert refusal(exports / "pipe", work).code == "source-not-a-file"


def test_a_device_is_not_read(work: Path, alarm: None) -> None:
    assert "a device" in refusal(Path("/dev"), work, "zero").text


def test_a_folder_is_not_a_file(exports: Path, work: Path) -> None:
    (exports / "folder.csv").mkdir()
    assert "a folder" in refusal(exports, work, "folder.csv").text


def test_a_socket_is_not_a_file(exports: Path, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(exports)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket.csv")
        assert "a socket" in refusal(exports, work, "socket.csv").text


@pytest.mark.parametrize(
    ("asked", "near"), [("Patrons.CSV", "patrons.csv"), ("patron.csv", "patrons.csv"), ("PATRONS.csv", "patrons.csv"), ("zzz", None)]
)
def test_a_missing_file_names_the_nearest_one(exports: Path, work: Path, asked: str, near: str | None) -> None:
    found = refusal(exports, work, asked)
    assert (found.code, found.retry) == ("source-missing", True)
    assert found.hint is not None
    assert (f"there is {near!r}" in found.hint) == (near is not None)


def test_a_missing_folder_names_the_nearest_one(exports: Path, work: Path, tmp_path: Path) -> None:
    found = refusal(tmp_path / "Exports" / "today", work)
    assert found.code == "source-missing"
    assert found.hint == "there is 'exports': check the path in the job"


def test_a_file_in_the_place_of_a_folder_is_told(exports: Path, work: Path) -> None:
    assert "is no folder" in refusal(exports / "patrons.csv", work).text


@pytest.mark.parametrize("name", ["", ".", "..", "../patrons.csv", "/etc/passwd", "a/b.csv", "a\0b"])
def test_a_file_is_a_bare_name(exports: Path, work: Path, name: str) -> None:
    assert refusal(exports, work, name).code == "source-not-a-file"


@pytest.mark.parametrize(
    "name", ["patrons[1].csv", "star*.csv", "-rf.csv", "http:x.csv", "~", "<b>&name.csv", "l" * 251 + ".csv", "{x}.csv"]
)
def test_a_name_means_itself(exports: Path, work: Path, name: str) -> None:
    (exports / name).write_bytes(b"its own")
    assert got(exports, work, name).path.read_bytes() == b"its own"


@pytest.mark.parametrize(
    ("name", "shown"), [("new\nline.csv", "new\\nline.csv"), ("esc\x1b[2J.csv", "esc\\x1b[2J.csv"), ("\u202egpj.csv", "\\u202egpj.csv")]
)
def test_a_name_is_shown_on_one_line_without_control_characters(exports: Path, work: Path, name: str, shown: str) -> None:
    (exports / name).write_bytes(CONTENT)
    assert got(exports, work, name).shown_as == str(exports / shown)


@pytest.mark.parametrize("name", ["new\nline.csv", "esc\x1b[2J.csv", "\u202egpj.csv"])
def test_a_missing_name_is_told_on_one_line_without_control_characters(exports: Path, work: Path, name: str) -> None:
    assert refusal(exports, work, name).text.isprintable()


def test_a_name_that_is_no_utf_8_can_be_fetched_and_shown(exports: Path, work: Path) -> None:
    name = os.fsdecode(b"caf\xe9.csv")
    (exports / name).write_bytes(CONTENT)
    assert got(exports, work, name).shown_as.endswith("caf\\udce9.csv")


def test_a_terabyte_is_refused_before_a_byte_is_read(exports: Path, work: Path, alarm: None) -> None:
    with (exports / "sparse.csv").open("wb") as file:
        file.truncate(1 << 40)
    assert refusal(exports, work, "sparse.csv").code == "source-too-big"


def test_the_limit_itself_is_taken(exports: Path, work: Path) -> None:
    place = source(exports)
    assert fetch_from_directory(place, work, NOW, max_bytes=len(CONTENT)).size == len(CONTENT)
    with pytest.raises(SourceError):
        fetch_from_directory(place, work, NOW, max_bytes=len(CONTENT) - 1)


def _append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"2,Bob\r\n")


def _rewrite(path: Path) -> None:
    os.utime(path, ns=(0, 1))


def _cut(path: Path) -> None:
    os.truncate(path, 200_000)


@pytest.mark.parametrize("change", [_append, _rewrite, _cut])
def test_a_file_that_changes_while_it_is_read_is_never_taken_as_whole(exports: Path, work: Path, change: Any) -> None:
    file = exports / "patrons.csv"
    file.write_bytes(b"x" * 2 * PIECE)
    calls: list[int] = []

    def meanwhile(done: int, total: int) -> None:
        if not calls:
            change(file)
        calls.append(done)

    with pytest.raises(SourceError) as refused:
        got(exports, work, progress=meanwhile)
    assert (refused.value.code, refused.value.retry) == ("source-changing", True)
    assert list(work.iterdir()) == []


def test_a_file_renamed_over_while_it_is_read_gives_the_old_one_whole(exports: Path, work: Path) -> None:
    file = exports / "patrons.csv"
    file.write_bytes(b"x" * 2 * PIECE)
    (exports / "new").write_bytes(b"y" * 2 * PIECE)
    fetched = got(exports, work, progress=lambda *_: (exports / "new").exists() and (exports / "new").rename(file))
    assert fetched.path.read_bytes() == b"x" * 2 * PIECE


def test_a_file_that_anybody_can_write_is_warned_of(exports: Path, work: Path) -> None:
    (exports / "patrons.csv").chmod(0o666)
    [warning] = got(exports, work).warnings
    assert "anybody" in warning


@pytest.mark.parametrize(("mode", "warned"), [(0o777, True), (0o1777, False)])
def test_a_folder_in_which_anybody_can_replace_files_is_warned_of(exports: Path, work: Path, mode: int, warned: bool) -> None:
    exports.chmod(mode)
    assert bool(got(exports, work).warnings) == warned


def test_a_denied_file_says_what_to_do(exports: Path, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    really_open = os.open

    def deny(path: Any, *given: Any, **more: Any) -> int:
        if path == "patrons.csv":
            raise PermissionError(13, "Permission denied")
        return really_open(path, *given, **more)

    monkeypatch.setattr(os, "open", deny)
    found = refusal(exports, work)
    assert (found.code, found.retry) == ("source-denied", False)


def test_a_full_disk_is_told_and_leaves_nothing_behind(exports: Path, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "sendfile", full)
    assert refusal(exports, work).code == "disk-full"


def test_no_descriptor_is_left_open(exports: Path, work: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for _ in range(5):
        assert got(exports, work).sha256  # it is being made until then
    for name in ("missing.csv", "..", "patrons.csv/"):
        with pytest.raises(SourceError):
            got(exports, work, name)
    with pytest.raises(SourceError):
        got(exports / "none" / "deep", work)
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_a_place_that_nobody_can_fetch_from_is_told(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(FETCHERS, Directory)
    with pytest.raises(SourceError) as refused:
        got(Path("/tmp"), work)
    assert refused.value.code == "source-unsupported"
