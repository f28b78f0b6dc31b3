"""Bytes that clean text never has: NUL, and the carriage returns by which other systems end their lines.

A module of its own that loads no library: a local file is looked at for them while it is copied, when its bytes are at hand.
"""

from __future__ import annotations

ODD_BYTES = (b"\0", b"\r")


def has_odd_bytes(block: bytes) -> bool:
    """Whether one of them is in `block`."""
    return any(odd in block for odd in ODD_BYTES)
