"""A file on an SFTP server: waited for until whole, fetched into a private file, exactly as long as the server said, then renamed.

A fault that may pass (network) is tried again with growing pauses and resumes where it stopped; one that will not pass (login,
host key, no right to read) is not. The server's times are compared with themselves only, never with this machine's clock.
"""

from __future__ import annotations

import os
import posixpath
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from runner.errors import SourceError
from runner.job.model import Sftp, Source
from runner.source.fetched import MAX_BYTES, Fetched, Progress, shown
from runner.source.hashed_copy import HashedCopy
from runner.source.sftp_about import plain_file
from runner.source.sftp_complete import check_companion_hash, wait_until_complete
from runner.source.sftp_faults import deadline_passed, where
from runner.source.sftp_names import explain_missing
from runner.source.sftp_read import read_ahead
from runner.source.sftp_session import session

if TYPE_CHECKING:
    from paramiko import SFTPClient

_FIRST_PAUSE = 2.0  # seconds; each further pause is four times as long


class _Wanted(Struct, frozen=True):
    """What one try works on. `ends` is on the monotonic clock."""

    source: Source
    place: Sftp
    path: str
    folder: Path
    ends: float
    max_bytes: int
    progress: Progress | None


class _Remote(Struct, frozen=True):
    """The file as it was before the transfer."""

    size: int
    modified: int


def fetch_from_sftp(
    source: Source,
    folder: Path,
    now: datetime,
    progress: Progress | None = None,
    *,
    max_bytes: int = MAX_BYTES,
    first_pause: float = _FIRST_PAUSE,
) -> Fetched:
    """A private copy of the remote file. `now` is not asked: how old the file is is judged by its age, not by a waiting time.

    Raises SourceError; `retry` says that even the last try failed for a reason that may pass. Nothing of a failed fetch is left."""
    del now
    place = source.place
    assert isinstance(place, Sftp)
    ends = time.monotonic() + place.deadline.total_seconds()
    wanted = _Wanted(source, place, remote_path(source), folder, ends, max_bytes, progress)
    try:
        return _tried(wanted, first_pause)
    finally:
        for part in folder.glob("input.*.part"):
            part.unlink(missing_ok=True)


def remote_path(source: Source) -> str:
    """The file's path on the server, relative to the login folder where the address names no folder."""
    assert isinstance(source.place, Sftp)
    return posixpath.normpath(posixpath.join(source.place.folder, source.file))


def address(place: Sftp, path: str) -> str:
    """The file for people: `sftp://host:port/path`."""
    return f"sftp://{where(place)}/{shown(path).lstrip('/')}"


def _tried(wanted: _Wanted, first_pause: float) -> Fetched:
    for attempt in range(wanted.place.retries + 1):
        try:
            return _one_try(wanted)
        except SourceError as error:
            pause = first_pause * 4**attempt
            if not error.retry or attempt == wanted.place.retries or time.monotonic() + pause >= wanted.ends:
                raise
            time.sleep(pause)
    raise AssertionError("the last try returns or raises")


def _one_try(wanted: _Wanted) -> Fetched:
    place, path = wanted.place, wanted.path
    with session(place, ends=wanted.ends) as client:
        try:
            attributes = wait_until_complete(client, path, place.complete, wanted.ends)
            remote = _Remote(attributes.st_size or 0, attributes.st_mtime or 0)
            _refuse_what_is_too_big(remote, wanted)
            part, sha256 = _transfer(client, remote, wanted)
            check_companion_hash(client, path, place.complete, sha256)
        except FileNotFoundError:
            raise explain_missing(client, path) from None
    copy = part.replace(wanted.folder / "input.raw")
    return Fetched(copy, sha256, remote.size, datetime.fromtimestamp(remote.modified, UTC), address(place, path))


def _transfer(client: SFTPClient, remote: _Remote, wanted: _Wanted) -> tuple[Path, str]:
    """Reads exactly the size seen before, resuming a part that belongs to the same size and time; gives the file and its SHA-256."""
    part = wanted.folder / f"input.{remote.size}.{remote.modified}.part"
    opened = os.open(part, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(opened, "r+b", buffering=0) as out, HashedCopy(out) as copy:
        file = client.open(wanted.path, "rb")
        handle: bytes = file.handle  # type: ignore[assignment]  # what it is, whatever the stubs say
        _read_to_the_end(read_ahead(client, handle, copy.size, remote.size), copy, remote, wanted)
        file.close()  # not where the reading broke off: answers that nobody waits for are still on the line
        sha256 = copy.sha256()  # no fsync: this copy ends with its run, and a machine that goes down fetches anew
    after = plain_file(client, wanted.path)
    if (after.st_size, after.st_mtime) != (remote.size, remote.modified):
        part.unlink()
        raise _changed(wanted.path)
    return part, sha256


def _read_to_the_end(pieces: Iterator[bytes], copy: HashedCopy, remote: _Remote, wanted: _Wanted) -> None:
    for piece in pieces:
        if time.monotonic() > wanted.ends:
            raise deadline_passed(wanted.place)
        copy.take(piece)
        if wanted.progress:
            wanted.progress(copy.size, remote.size)
    if copy.size < remote.size:
        raise SourceError(
            f"{shown(wanted.path)} ended after {copy.size:,} of {remote.size:,} bytes",
            "see whether the sender writes it anew; best let it write another name and rename the file at the end",
            code="source-short",
            retry=True,
        )


def _refuse_what_is_too_big(remote: _Remote, wanted: _Wanted) -> None:
    if remote.size > wanted.max_bytes:
        raise SourceError(
            f"{shown(wanted.path)} is too big: {remote.size:,} bytes, and at most {wanted.max_bytes:,} are read",
            "check that the export wrote the right file",
            code="source-too-big",
        )


def _changed(path: str) -> SourceError:
    return SourceError(
        f"{shown(path)} changed while it was fetched",
        "best let the export write another name and rename the file at the end",
        code="source-changing",
        retry=True,
    )
