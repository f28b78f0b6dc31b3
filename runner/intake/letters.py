"""Whether the letters of a text look right: a score for text decoded with the wrong table, and letters in pieces.

A file in MacRoman read as Windows-1252 decodes without an error into wrong letters, so only their company shows it. Only letters that
the one-byte tables hold can come of that: other scripts and emoji prove nothing. Measured on samples of Western names: the right
encoding scores 0.00, the wrong ones 0.38 and more.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from msgspec import Struct, field

# Warn from this share on, and not before there are enough such characters to judge by.
SUSPECT_SHARE = 0.2
SUSPECT_COUNT = 5

_HIGH = bytes(range(0x80, 0x100))
_FROM_TABLES = frozenset("".join(_HIGH.decode(codec, "ignore") for codec in ("cp1252", "mac_roman", "latin-1")))
_APOSTROPHES = "\u2018\u2019"
# What UTF-8 read as a one-byte encoding begins its pairs with.
_PAIR_STARTS = "\u00c2\u00c3"
_DASHES = "\u2013\u2014"
# Signs that stand at a word's edge in honest text, and only in wrong text within a word.
_SIGNS = frozenset("\u2026\u201c\u201d\u00b0\u00ba\u00aa\u00a7\u00ab\u00bb\u20ac\u00a3")


class Letters(Struct):
    """What was seen: characters beyond ASCII, how many of them look wrong, some of those with their neighbours, and whether a
    letter came as a base letter and a separate accent."""

    seen: int = 0
    odd: int = 0
    samples: list[str] = field(default_factory=list)
    in_pieces: bool = False

    @property
    def suspect(self) -> bool:
        """Whether the text was probably decoded with the wrong table."""
        return self.seen >= SUSPECT_COUNT and self.odd > SUSPECT_SHARE * self.seen


def judge(lines: Iterable[str]) -> Letters:
    """What the letters of some lines look like. `samples` holds up to five different odd characters, never a whole word."""
    found = Letters()
    for line in lines:
        found.in_pieces = found.in_pieces or not unicodedata.is_normalized("NFC", line)
        before = ""
        for here, after in zip(line, line[1:] + " ", strict=True):
            if here > "\x7f":
                found.seen += 1
                if _looks_wrong(before, here, after):
                    found.odd += 1
                    if here not in found.samples and len(found.samples) < 5:
                        found.samples.append(here)
            before = here
    return found


def _looks_wrong(before: str, here: str, after: str) -> bool:
    if here not in _FROM_TABLES:
        return False
    if here in _APOSTROPHES:
        return not after.isupper()
    if (here in _PAIR_STARTS and after > "\x7f") or (before and before in _PAIR_STARTS):
        return True
    if here in _DASHES:
        return before.isalpha() or after.isalpha()
    if here in _SIGNS:
        return before.isalpha() and after.isalpha()
    if here == "\u00a0":
        return False
    return not here.isalnum() or (here.isupper() and before.islower())
