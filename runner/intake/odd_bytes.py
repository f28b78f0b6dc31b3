"""Bytes that clean text never has: NUL, and the carriage returns by which other systems end their lines.

A module of its own that loads no library: a local file is looked at for them while it is copied, when its bytes are at hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmap import mmap

_ODD = (b"\0", b"\r")


def has_odd_bytes(data: bytes | mmap, begins: int = 0, ends: int | None = None) -> bool:
    """Whether one of them is in `data`, or in the part of it from `begins` up to `ends`."""
    end = len(data) if ends is None else ends
    return any(data.find(odd, begins, end) >= 0 for odd in _ODD)
