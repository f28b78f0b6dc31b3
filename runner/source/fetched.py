"""What every source gives: one open-and-checked local file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Fetched:
    """A private copy (0600) of the input, safe from later changes of the original.

    `sha256` hashes the original bytes; `size` in bytes; `modified` the original's time in UTC; `shown_as` names it for people
    (control characters escaped). `warnings` are sentences, such as: the source file can be written by anybody.
    """

    path: Path
    sha256: str
    size: int
    modified: datetime
    shown_as: str
    warnings: tuple[str, ...] = ()
