"""A file on an SFTP server: waited for until whole, fetched into a private file, exactly as long as the server said, then renamed.

A fault that may pass (network) is tried again with growing pauses and resumes where it stopped; one that will not pass (login, host key, no right
to read) is not. The server's times are compared with themselves only, never with this machine's clock.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
import stat
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import SourceError
from runner.job.model import Sftp, Source
from runner.source.fetched import MAX_BYTES, Fetched, Progress, shown
from runner.source.sftp_complete import check_companion_hash, wait_until_complete
from runner.source.sftp_session import session, translated

if TYPE_CHECKING:
    from paramiko import SFTPAttributes, SFTPClient

_BLOCK = 32 * 1024  # paramiko's own request size: larger reads are split anyway
_FIRST_PAUSE = 2.0


@dataclass(frozen=True, slots=True)
class _Remote:
    """The file as it was before the transfer."""

    path: str
    size: int
    modified: int


def fetch_from_sftp(
    source: Source, folder: Path, now: datetime, progress: Progress | None = None, *, max_bytes: int = MAX_BYTES, first_pause: float = _FIRST_PAUSE
) -> Fetched:
    """A private copy of the remote file. `now` is not asked. Raises SourceError; `retry` says that even the last try failed for a passing reason."""
    del now
    place = source.place
    assert isinstance(place, Sftp)
    ends = time.monotonic() + place.deadline.total_seconds()
    for attempt in range(place.retries + 1):
        try:
            return _one_try(source, place, folder, ends, max_bytes, progress)
        except SourceError as error:
            pause = first_pause * 4**attempt
            if not error.retry or attempt == place.retries or time.monotonic() + pause >= ends:
                raise
            time.sleep(pause)
    raise AssertionError("the last try returns or raises")


def _one_try(source: Source, place: Sftp, folder: Path, ends: float, max_bytes: int, progress: Progress | None) -> Fetched:
    path = posixpath.join(place.folder, source.file)
    with session(place) as client:
        try:
            attributes = wait_until_complete(client, path, place.complete, ends)
            remote = _Remote(path, attributes.st_size or 0, attributes.st_mtime or 0)
            if remote.size > max_bytes:
                raise SourceError(f"{shown(path)} is too big: {remote.size:,} bytes", "check that the export wrote the right file", code="source-too-big")
            copy, sha256 = _transfer(client, remote, folder, ends, progress)
            check_companion_hash(client, path, place.complete, sha256)
        except FileNotFoundError:
            raise _missing(client, path) from None
        except Exception as error:
            raise translated(error, place) from None
    shown_as = shown(f"sftp://{place.host}:{place.port}{path if path.startswith('/') else '/' + path}")
    return Fetched(copy, sha256, remote.size, datetime.fromtimestamp(remote.modified, UTC), shown_as)


def _transfer(client: SFTPClient, remote: _Remote, folder: Path, ends: float, progress: Progress | None) -> tuple[Path, str]:
    """Reads exactly the size seen before, resuming a part that belongs to the same size and time; gives the file and its SHA-256."""
    part = folder / f"input.{remote.size}.{remote.modified}.part"
    opened = os.open(part, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(opened, "r+b") as out:
        digest, done = hashlib.sha256(), 0
        while block := out.read(1 << 20):
            digest.update(block)
            done += len(block)
        with client.open(remote.path, "rb") as file:
            file.seek(done)
            file.prefetch(remote.size)  # from where we are to the end; a limit on it races and is never given
            while done < remote.size:
                if time.monotonic() > ends:
                    raise _too_slow(done, remote.size)
                block = file.read(min(_BLOCK, remote.size - done))
                if not block:
                    raise SourceError(f"{shown(remote.path)} ended after {done:,} of {remote.size:,} bytes", None, code="source-short", retry=True)
                out.write(block)
                digest.update(block)
                done += len(block)
                if progress:
                    progress(done, remote.size)
        out.flush()
        os.fsync(out.fileno())
    _refuse_a_change(client.stat(remote.path), remote, part)
    whole = folder / "input.raw"
    part.replace(whole)
    return whole, digest.hexdigest()


def _refuse_a_change(after: SFTPAttributes, remote: _Remote, part: Path) -> None:
    if (after.st_size, after.st_mtime) != (remote.size, remote.modified):
        part.unlink()
        raise SourceError(
            f"{shown(remote.path)} changed while it was fetched",
            "best let the export write another name and rename the file at the end",
            code="source-changing",
            retry=True,
        )


def _too_slow(done: int, size: int) -> SourceError:
    return SourceError(f"only {done:,} of {size:,} bytes came before the deadline", "raise source.deadline, or look at the line", code="deadline", retry=True)


def _missing(client: SFTPClient, path: str) -> SourceError:
    """Names the nearest file of the folder, for most often only the case differs."""
    import difflib

    folder, name = posixpath.split(path)
    hint = "check source.url and source.file; upper and lower case differ"
    try:
        names = [each.filename for each in client.listdir_attr(folder or ".") if not stat.S_ISDIR(each.st_mode or 0)]
    except OSError:
        return SourceError(f"there is no folder {shown(folder)} on the server", "check the path in source.url", code="source-missing", retry=True)
    same = [each for each in names if each.casefold() == name.casefold()]
    near = same or difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        hint = f"there is {shown(near[0])}; upper and lower case differ"
    return SourceError(f"there is no {shown(name)} in {shown(folder) or 'the login folder'} on the server", hint, code="source-missing", retry=True)
