"""Report files on disk."""

from __future__ import annotations

import os
import stat

import pytest

from runner.report.write import write_files


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_files_are_private_whatever_the_umask(tmp_path):
    old = os.umask(0)
    try:
        contents: dict[str, bytes | str] = {"summary.txt": "García", "changes.csv": b"\xef\xbb\xbfx"}
        made = write_files(tmp_path / "run" / "report", contents)
    finally:
        os.umask(old)
    assert made["summary.txt"].read_text(encoding="utf-8") == "García"
    assert made["changes.csv"].read_bytes() == b"\xef\xbb\xbfx"
    assert {mode(path) for path in made.values()} == {0o600}
    assert mode(tmp_path / "run" / "report") == 0o700


def test_a_file_of_before_is_replaced_and_private(tmp_path):
    (tmp_path / "summary.txt").write_text("old")
    (tmp_path / "summary.txt").chmod(0o644)
    write_files(tmp_path, {"summary.txt": "new"})
    assert (tmp_path / "summary.txt").read_text() == "new"
    assert mode(tmp_path / "summary.txt") == 0o600


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path, monkeypatch):
    (tmp_path / "summary.txt").write_text("old")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_files(tmp_path, {"summary.txt": "new"})
    assert [path.name for path in tmp_path.iterdir()] == ["summary.txt"]
    assert (tmp_path / "summary.txt").read_text() == "old"


def test_a_link_in_the_place_of_a_file_is_replaced_not_followed(tmp_path):
    (tmp_path / "elsewhere").write_text("untouched")
    (tmp_path / "summary.txt").symlink_to(tmp_path / "elsewhere")
    write_files(tmp_path, {"summary.txt": "new"})
    assert (tmp_path / "elsewhere").read_text() == "untouched"
    assert not (tmp_path / "summary.txt").is_symlink()
