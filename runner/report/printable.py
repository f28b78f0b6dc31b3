"""Text from files, made safe to show: nothing in a name can move a cursor, turn a line round or hide (docs/domain.md section 9)."""

from __future__ import annotations

import re
from textwrap import TextWrapper
from unicodedata import east_asian_width

# C0 and DEL, C1, line and paragraph separators, overrides of the writing direction, zero-width characters that join nothing, lone
# surrogates. The joiners U+200C and U+200D stay: names in Persian and in Indian scripts need them.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]")


def printable(text: str) -> str:
    """The text with each control, bidi and invisible character shown as its escape, such as `\\x1b` or `\\u202e`."""
    # Of what is unsafe nothing is printable; of what is not printable a little is safe.
    return text if text.isprintable() else _UNSAFE.sub(_escape, text)


def wrapped(text: str, width: int, first: str = "", rest: str | None = None) -> list[str]:
    """The text as lines of at most `width` columns; `first` begins the first line and `rest` (default: as many blanks) the others."""
    indent = " " * len(first) if rest is None else rest
    padded = _padded(printable(text))
    room = width - ("\0" in padded)  # a line may end between a wide letter and what stands for its second column
    wrapper = TextWrapper(width=room, initial_indent=first, subsequent_indent=indent, break_long_words=True, break_on_hyphens=False)
    lines = [line for line in wrapper.wrap(padded) if line.strip("\0 ")]
    return [line.replace("\0", "") for line in lines] or [first.rstrip()]


def _padded(text: str) -> str:
    """A NUL, which no printable text has, after each letter that takes two columns."""
    return text if text.isascii() else "".join(f"{letter}\0" if east_asian_width(letter) in "WF" else letter for letter in text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
