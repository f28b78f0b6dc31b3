"""Is a remote file whole? The ways of `source.complete`, surest first: hash beside it, marker beside it, promise to rename, quiet time."""

from __future__ import annotations

import hmac
import re
import stat
import time
from typing import TYPE_CHECKING

from runner.counted import seconds
from runner.errors import SourceError
from runner.job.model import Complete
from runner.source.fetched import shown
from runner.source.sftp_about import attributes_of, plain_file

if TYPE_CHECKING:
    from paramiko import SFTPAttributes, SFTPClient

_LOOKS = 4  # how often a quiet time is looked at
_LEAST_PAUSE = 0.5
_HASH_FILE_BYTES = 4096
# Beside it may stand the file's name (sha256sum, shasum), words (certutil), or a NUL to each letter (PowerShell writes UTF-16).
_HASH = re.compile(rb"(?<![0-9A-Za-z])[0-9a-fA-F]{64}(?![0-9A-Za-z])")


def wait_until_complete(client: SFTPClient, path: str, complete: Complete, ends: float) -> SFTPAttributes:
    """The file's attributes once it counts as whole. `ends` is on the monotonic clock.

    Raises FileNotFoundError, and SourceError with code source-not-a-file, source-unreadable, source-changing, marker-missing or
    marker-stale (the last three may pass)."""
    first = plain_file(client, path)
    if complete.marker is not None:
        _refuse_a_stale_marker(client, path, complete.marker, first)
    elif complete.sha256 is not None:
        _companion(client, path, complete.sha256)  # how old it is is no matter: its hash fits the file or not
    elif complete.quiet is not None and not complete.rename:
        return _settled(client, path, first, complete.quiet.total_seconds(), ends)
    return first


def check_companion_hash(client: SFTPClient, path: str, complete: Complete, sha256: str) -> None:
    """Compares with the hash that the companion holds. Raises SourceError hash-differs (may pass: an upload may go on)."""
    if complete.sha256 is None:
        return
    companion, _ = _companion(client, path, complete.sha256)
    try:
        with client.open(companion, "rb") as file:
            said = _HASH.search(file.read(_HASH_FILE_BYTES).replace(b"\0", b""))
    except PermissionError:
        raise _denied(companion) from None
    if said is None or not hmac.compare_digest(said.group().lower(), sha256.encode()):
        raise SourceError(
            f"{shown(path)} does not have the SHA-256 that {shown(companion)} says" if said else f"{shown(companion)} holds no SHA-256",
            "wait until the upload has finished, or let the sender write the hash again",
            code="hash-differs",
            retry=True,
        )


def _refuse_a_stale_marker(client: SFTPClient, path: str, pattern: str, data: SFTPAttributes) -> None:
    companion, beside = _companion(client, path, pattern)
    if (beside.st_mtime or 0) < (data.st_mtime or 0):
        raise SourceError(
            f"{shown(companion)} is older than the file, so it belongs to an earlier upload",
            "let the sender write it after the file",
            code="marker-stale",
            retry=True,
        )


def _companion(client: SFTPClient, path: str, pattern: str) -> tuple[str, SFTPAttributes]:
    """The companion's path and attributes. Raises SourceError marker-missing."""
    folder, _, name = path.rpartition("/")
    beside = pattern.replace("{name}", name)
    companion = f"{folder}/{beside}" if path.startswith("/") or folder else beside
    try:
        about = attributes_of(client, companion)
    except PermissionError:
        raise _denied(companion) from None
    except FileNotFoundError:
        raise SourceError(
            f"{shown(companion)} is not there yet, so the upload counts as unfinished",
            "see whether the sender writes it; its name comes from source.complete",
            code="marker-missing",
            retry=True,
        ) from None
    if not stat.S_ISREG(about.st_mode or 0):
        raise SourceError(
            f"{shown(companion)} is no plain file, so the upload counts as unfinished",
            "let the sender write a file of that name; its name comes from source.complete",
            code="marker-missing",
            retry=True,
        )
    return companion, about


def _denied(companion: str) -> SourceError:
    return SourceError(
        f"{shown(companion)}, the companion of the file, cannot be read: the server does not allow it",
        "ask the server's keeper for the right to read it; its name comes from source.complete",
        code="source-denied",
    )


def _settled(client: SFTPClient, path: str, first: SFTPAttributes, quiet: float, ends: float) -> SFTPAttributes:
    """Looks until size and time have stayed the same for the quiet time; a change starts the time anew, until `ends`."""
    seen, since = first, time.monotonic()
    while time.monotonic() - since < quiet:
        pause = max(quiet / _LOOKS, min(_LEAST_PAUSE, quiet))
        if time.monotonic() + pause > ends:
            raise SourceError(
                f"{shown(path)} had not been still for {seconds(quiet)} when the deadline came",
                "run later, or raise source.deadline",
                code="source-changing",
                retry=True,
            )
        time.sleep(pause)
        now = plain_file(client, path)
        if (now.st_size, now.st_mtime) != (seen.st_size, seen.st_mtime):
            seen, since = now, time.monotonic()
    return seen
