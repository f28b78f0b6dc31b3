"""Files that this program writes once, never changes and reads again another night: is one still what it was?

A seal holds the file's SHA-256 and what the system said of the file when it was written: which one it is, its size and its times. While
the system says the same and has not been started anew, nobody has written to the file, and it need not be read to be believed. A copy
of it, a restored backup and what a power cut left of bytes that were not synced look different, and are read and hashed.
(docs/decisions/0507-sealed-files.md)
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from io import BufferedRandom, BufferedReader

# One name for each start of the system; other systems than Linux have none, and there a file is always hashed.
_START = Path("/proc/sys/kernel/random/boot_id")


def seal(file: BufferedRandom) -> str:
    """The seal of an open file to which nothing more will be written. Raises OSError."""
    file.seek(0)  # and with that what was buffered is written
    return f"{hashlib.file_digest(file, 'sha256').hexdigest()} {_looks(file)}"


def is_whole(path: Path, sealed: str) -> bool:
    """Whether the file is what it was when it was sealed. Raises OSError."""
    digest, _, looks = sealed.partition(" ")
    with path.open("rb") as file:
        if looks and looks == _looks(file):
            return True
        return hashlib.file_digest(file, "sha256").hexdigest() == digest


def _looks(file: BufferedReader | BufferedRandom) -> str:
    """What the system says of a file, and since which start of it; empty where it does not name its starts."""
    start = ""
    with suppress(OSError):
        start = _START.read_text("ascii").strip()
    if not start:
        return ""
    now = os.fstat(file.fileno())
    return f"{start}:{now.st_dev}:{now.st_ino}:{now.st_size}:{now.st_mtime_ns}:{now.st_ctime_ns}"
