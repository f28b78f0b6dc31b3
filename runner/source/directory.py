"""A file in a folder of this machine: opened without following links and without waiting, copied, watched for change, hashed.

Everything is done on one open descriptor, so that nobody can swap the file between the check and the read. Each part of the
path is opened from the one before it with O_NOFOLLOW; a pipe or a device cannot hold us up, for the open never blocks and
only a regular file is read. (docs/decisions/0200-a-private-copy-first.md.)
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from runner.errors import SourceError
from runner.job.model import Directory, Source
from runner.source.fetched import MAX_BYTES, Fetched, Progress, shown
from runner.source.file_copy import FileCopy
from runner.source.place import enter_folder, explain_missing, refuse_what_is_no_file

_COPY_NAME = "input.raw"  # never the source's own name: it may be 255 bytes long or mean something to a shell


def fetch_from_directory(
    source: Source, folder: Path, now: datetime, progress: Progress | None = None, *, max_bytes: int = MAX_BYTES
) -> Fetched:
    """A private copy of `source.file` in the folder `source.place.path`. `now` is not asked: a local file needs no waiting time.

    Raises SourceError with code source-missing, source-denied, source-not-a-file, source-too-big, source-changing (retry),
    source-unreadable or disk-full.
    """
    del now
    assert isinstance(source.place, Directory)
    if source.file in ("", ".", "..") or "/" in source.file or "\0" in source.file:
        raise SourceError(
            f"{shown(source.file)!r} is no bare file name",
            "write the folder under path and only the name under file",
            code="source-not-a-file",
        )
    shown_as = shown(str(source.place.path / source.file))
    with _opened(source.place.path, source.file, shown_as) as (file, folder_mode):
        before = os.fstat(file)
        refuse_what_is_no_file(before.st_mode, shown_as)
        if before.st_size > max_bytes:
            raise SourceError(
                f"{shown_as} is too big: {before.st_size:,} bytes, and at most {max_bytes:,} are read",
                "check that the export wrote the right file",
                code="source-too-big",
            )
        copy = folder / _COPY_NAME
        try:
            sha256, odd = _copied(file, copy, before.st_size, shown_as, progress)
            _refuse_a_change(before, os.fstat(file), shown_as)
        except BaseException:
            copy.unlink(missing_ok=True)
            raise
    modified = datetime.fromtimestamp(before.st_mtime, UTC)
    return Fetched(copy, sha256, before.st_size, modified, shown_as, _warnings(before.st_mode, folder_mode, shown_as), odd)


@contextmanager
def _opened(folder: Path, name: str, shown_as: str) -> Iterator[tuple[int, int]]:
    """A descriptor of the file, and the mode of its folder."""
    with enter_folder(folder) as place:
        try:
            file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=place)
        except OSError as error:
            raise explain_missing(error, place, name, shown_as) from None
        try:
            yield file, os.fstat(place).st_mode
        finally:
            os.close(file)


def _copied(file: int, path: Path, size: int, shown_as: str, progress: Progress | None) -> tuple[str, bool]:
    """Copies exactly `size` bytes; a file that grows is not chased. Gives their SHA-256, and whether some of them are odd (odd_bytes)."""
    path.unlink(missing_ok=True)
    try:
        out = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            with FileCopy(file, out) as copy:
                while copy.size < size:
                    if not copy.grow(size):
                        raise _changing(shown_as)
                    if progress:
                        progress(copy.size, size)
                return copy.sha256(), copy.odd_bytes()
        finally:
            os.close(out)
    except OSError as error:
        raise _failed(error, shown_as) from None


def _refuse_a_change(before: os.stat_result, after: os.stat_result, shown_as: str) -> None:
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise _changing(shown_as)


def _changing(shown_as: str) -> SourceError:
    return SourceError(
        f"{shown_as} changed while it was read",
        "wait until the export has finished; best let it write another name and rename the file at the end",
        code="source-changing",
        retry=True,
    )


def _failed(error: OSError, shown_as: str) -> SourceError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return SourceError(f"there is no room for a copy of {shown_as}", "free some space where var/ lies", code="disk-full")
    return SourceError(
        f"{shown_as} cannot be copied ({error.strerror})", "check the disk and the network share", code="source-unreadable", retry=True
    )


def _warnings(file_mode: int, folder_mode: int, shown_as: str) -> tuple[str, ...]:
    found = []
    if file_mode & stat.S_IWOTH:
        found.append(f"anybody on this machine can write to {shown_as}: whoever does can change patrons (chmod o-w)")
    if folder_mode & stat.S_IWOTH and not folder_mode & stat.S_ISVTX:
        found.append(f"anybody on this machine can replace {shown_as}: its folder can be written by all (chmod o-w)")
    return tuple(found)
