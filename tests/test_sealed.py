"""Sealed files: believed unread only while nobody can have written to them."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from time import sleep

import pytest

from runner import sealed
from runner.sealed import is_whole, seal

CONTENT = b"columns of a million patrons"


def written(path: Path) -> str:
    """A file with CONTENT, and its seal."""
    with path.open("w+b") as file:
        file.write(CONTENT)
        file.flush()
        made = seal(file)
    sleep(0.02)  # older systems count a file's times in ticks of up to 10 ms
    return made


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Gets a word each time a file is hashed."""
    asked: list[str] = []
    real = hashlib.file_digest

    def noted(file: object, name: str) -> object:
        asked.append(name)
        return real(file, name)  # type: ignore[arg-type]

    monkeypatch.setattr(hashlib, "file_digest", noted)
    return asked


@pytest.fixture
def a_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which the system names its start."""
    path = tmp_path / "boot_id"
    path.write_text("5b6e2b1c\n")
    monkeypatch.setattr(sealed, "_START", path)
    return path


def test_a_file_that_nobody_touched_is_believed_unread(tmp_path: Path, a_start: Path, hashed: list[str]) -> None:
    made = written(tmp_path / "file")
    hashed.clear()
    assert is_whole(tmp_path / "file", made)
    assert not hashed


def same_length(path: Path) -> None:
    path.write_bytes(CONTENT.replace(b"columns", b"Columns"))


def same_length_and_times(path: Path) -> None:
    before = path.stat()
    path.write_bytes(CONTENT.replace(b"columns", b"Columns"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def cut(path: Path) -> None:
    os.truncate(path, 5)


def another_in_its_place(path: Path) -> None:
    path.unlink()
    path.write_bytes(CONTENT[::-1])


@pytest.mark.parametrize("damage", [same_length, same_length_and_times, cut, another_in_its_place])
def test_a_file_with_other_bytes_is_not_believed(tmp_path: Path, a_start: Path, damage: Callable[[Path], None]) -> None:
    made = written(tmp_path / "file")
    damage(tmp_path / "file")
    assert not is_whole(tmp_path / "file", made)


def test_a_copy_is_hashed_and_believed(tmp_path: Path, a_start: Path, hashed: list[str]) -> None:
    made = written(tmp_path / "file")
    shutil.copy2(tmp_path / "file", tmp_path / "copy")
    hashed.clear()
    assert is_whole(tmp_path / "copy", made)
    assert hashed == ["sha256"]


def test_after_a_new_start_a_file_is_hashed(tmp_path: Path, a_start: Path, hashed: list[str]) -> None:
    made = written(tmp_path / "file")
    a_start.write_text("77aa01d9\n")
    hashed.clear()
    assert is_whole(tmp_path / "file", made)
    assert hashed == ["sha256"]


def test_a_system_that_names_no_start_hashes_always(tmp_path: Path, a_start: Path, hashed: list[str]) -> None:
    a_start.unlink()
    made = written(tmp_path / "file")
    hashed.clear()
    assert made == hashlib.sha256(CONTENT).hexdigest() + " "
    assert is_whole(tmp_path / "file", made)
    assert hashed == ["sha256"]


def test_a_hash_alone_is_a_seal(tmp_path: Path, a_start: Path) -> None:
    written(tmp_path / "file")
    assert is_whole(tmp_path / "file", hashlib.sha256(CONTENT).hexdigest())
    assert not is_whole(tmp_path / "file", "")


def test_a_missing_file_says_so(tmp_path: Path, a_start: Path) -> None:
    with pytest.raises(FileNotFoundError):
        is_whole(tmp_path / "none", "")
