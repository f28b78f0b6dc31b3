"""A copy made by the system itself, and hashed beside it: whole, and told apart by its hash, whatever the system can and cannot do."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from runner.source import file_copy
from runner.source.file_copy import PIECE, FileCopy

WHOLE = bytes(range(32, 127)) * (2 * PIECE // 95) + b"the end"


def copied(tmp_path: Path, content: bytes, wanted: int | None = None) -> tuple[FileCopy, bytes]:
    (tmp_path / "file").write_bytes(content)
    file, out = os.open(tmp_path / "file", os.O_RDONLY), os.open(tmp_path / "copy", os.O_RDWR | os.O_CREAT)
    try:
        with FileCopy(file, out) as copy:
            size = len(content) if wanted is None else wanted
            while copy.size < size and copy.grow(size):
                pass
    finally:
        os.close(file)
        os.close(out)
    return copy, (tmp_path / "copy").read_bytes()


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, len(WHOLE)])
def test_the_copy_and_its_hash_are_those_of_the_file(tmp_path: Path, size: int) -> None:
    copy, found = copied(tmp_path, WHOLE[:size])
    assert found == WHOLE[:size]
    assert copy.sha256() == hashlib.sha256(found).hexdigest()
    assert not copy.odd_bytes()


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOSYS, errno.EXDEV])
def test_where_the_system_cannot_copy_by_itself_the_bytes_are_read_and_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def cannot(*_: Any) -> int:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "sendfile", cannot)
    copy, found = copied(tmp_path, WHOLE)
    assert found == WHOLE
    assert copy.sha256() == hashlib.sha256(WHOLE).hexdigest()


def test_a_system_that_copies_little_at_a_time_copies_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    send = os.sendfile
    monkeypatch.setattr(os, "sendfile", lambda out, file, begins, wanted: send(out, file, begins, min(wanted, 1_000_003)))
    copy, found = copied(tmp_path, WHOLE)
    assert found == WHOLE
    assert copy.sha256() == hashlib.sha256(WHOLE).hexdigest()


def test_no_more_is_copied_than_is_wanted(tmp_path: Path) -> None:
    copy, found = copied(tmp_path, WHOLE, PIECE + 10)
    assert found == WHOLE[: PIECE + 10]
    assert copy.size == PIECE + 10


def test_a_file_that_ends_early_ends_the_copy(tmp_path: Path) -> None:
    copy, found = copied(tmp_path, WHOLE, len(WHOLE) + 10)
    assert found == WHOLE
    assert copy.size == len(WHOLE)


@pytest.mark.parametrize("at", [0, PIECE - 1, PIECE, len(WHOLE) - 1])
@pytest.mark.parametrize("odd", [b"\0", b"\r"])
def test_an_odd_byte_is_seen_wherever_it_stands(tmp_path: Path, at: int, odd: bytes) -> None:
    copy, _ = copied(tmp_path, WHOLE[:at] + odd + WHOLE[at + 1 :])
    assert copy.odd_bytes()


def test_any_other_fault_of_the_disk_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "sendfile", full)
    with pytest.raises(OSError, match="No space"):
        copied(tmp_path, WHOLE)


def test_a_piece_that_could_not_be_looked_at_leaves_no_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unmapped(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENODEV, "No such device")

    monkeypatch.setattr(file_copy, "mmap", unmapped)
    copy, _ = copied(tmp_path, WHOLE)
    with pytest.raises(OSError, match="No such device"):
        copy.sha256()
