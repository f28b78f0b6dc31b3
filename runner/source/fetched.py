"""What every source gives: one open-and-checked local file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from msgspec import Struct

# Called with (bytes done, bytes in all), once per block read.
Progress = Callable[[int, int], None]

# Larger files are refused before a byte is read: no district's patrons need more, and a sparse file can claim a terabyte.
MAX_BYTES = 16 * 1024**3


class Fetched(Struct, frozen=True):
    """A private copy (0600) of the input, safe from later changes of the original.

    `sha256` is that of the original bytes, in hex; `size` in bytes; `modified` the original's time in UTC; `shown_as` names it for people
    (control characters escaped). `warnings` are sentences, such as: the source file can be written by anybody. `odd_bytes`: whether a
    byte of runner.intake.odd_bytes is among its own (None: nobody looked).
    """

    path: Path
    sha256: str
    size: int
    modified: datetime
    shown_as: str
    warnings: tuple[str, ...] = ()
    odd_bytes: bool | None = None


def shown(name: str) -> str:
    """`name` for people: one line, control and other unprintable characters escaped, undecodable bytes too."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape", "surrogatepass").decode("ascii") for letter in name)
