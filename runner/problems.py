"""A problem in a file that people write: where, what, and what to type instead."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from msgspec import Struct


class Place(Struct, frozen=True):
    """A point in a text file; `line` and `column` count from 1."""

    line: int
    column: int


TOP = Place(1, 1)  # of a problem of the file as a whole


class Problem(Struct, frozen=True):
    """One thing wrong in one file. `code` is kebab-case; `hint` says what to type instead; `key` is the dotted path of the key."""

    path: Path
    place: Place | None
    code: str
    text: str
    hint: str | None = None
    key: str | None = None
    severity: Literal["error", "warning"] = "error"
