"""A copy written and hashed beside the transfer: whole, resumable, and gone where a piece could not be written."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Iterator
from io import FileIO
from pathlib import Path

import pytest

from runner.source.hashed_copy import HashedCopy

PIECES = [bytes([number]) * 300_000 for number in range(30)]
WHOLE = b"".join(PIECES)


class Full(FileIO):
    """A disk on which three megabytes fit."""

    def write(self, piece: memoryview) -> int:  # type: ignore[override]
        left = 3_000_000 - self.tell()
        if left <= 0:
            raise OSError(28, "No space left on device")
        return super().write(piece[:left])


class Waiting(FileIO):
    """A disk that takes nothing before `ready`."""

    ready: threading.Event

    def write(self, piece: memoryview) -> int:  # type: ignore[override]
        self.ready.wait(10)
        return super().write(piece)


def copied(path: Path, pieces: Iterable[bytes], disk: type[FileIO] = FileIO) -> str:
    path.touch()
    with disk(path, "r+") as out, HashedCopy(out) as copy:
        for piece in pieces:
            copy.take(piece)
        return copy.sha256()


def cut_after(number: int) -> Iterator[bytes]:
    yield from PIECES[:number]
    raise EOFError


def test_the_copy_and_its_hash_are_those_of_all_pieces(tmp_path: Path) -> None:
    assert copied(tmp_path / "part", PIECES) == hashlib.sha256(WHOLE).hexdigest()
    assert (tmp_path / "part").read_bytes() == WHOLE


def test_what_is_there_already_counts(tmp_path: Path) -> None:
    copied(tmp_path / "part", PIECES[:11])
    assert copied(tmp_path / "part", PIECES[11:]) == hashlib.sha256(WHOLE).hexdigest()


def test_an_empty_copy_has_the_hash_of_nothing(tmp_path: Path) -> None:
    assert copied(tmp_path / "part", []) == hashlib.sha256(b"").hexdigest()


def test_a_transfer_that_breaks_off_leaves_everything_that_came(tmp_path: Path) -> None:
    with pytest.raises(EOFError):
        copied(tmp_path / "part", cut_after(5))
    assert (tmp_path / "part").read_bytes() == b"".join(PIECES[:5])


def test_a_full_disk_is_told_and_leaves_nothing_to_go_on_from(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space"):
        copied(tmp_path / "part", PIECES, Full)
    assert (tmp_path / "part").read_bytes() == b""


def test_a_full_disk_behind_a_transfer_that_breaks_off_leaves_nothing_either(tmp_path: Path) -> None:
    with pytest.raises((EOFError, OSError)):
        copied(tmp_path / "part", cut_after(11), Full)
    assert (tmp_path / "part").read_bytes() == b""


def test_what_comes_quicker_than_it_is_written_waits_with_the_sender(tmp_path: Path) -> None:
    Waiting.ready = threading.Event()
    taken: list[int] = []

    def send() -> Iterator[bytes]:
        for number in range(40):
            taken.append(number)
            yield bytes([number]) * 1_100_000

    sender = threading.Thread(target=copied, args=(tmp_path / "part", send(), Waiting))
    sender.start()
    sender.join(0.3)
    assert sender.is_alive()
    assert len(taken) < 12
    Waiting.ready.set()
    sender.join(10)
    assert (tmp_path / "part").stat().st_size == 40 * 1_100_000


def test_a_copy_that_came_to_nothing_leaves_no_thread(tmp_path: Path) -> None:
    begun = threading.active_count()
    with pytest.raises(OSError, match="No space"):
        copied(tmp_path / "part", PIECES, Full)
    assert threading.active_count() == begun
