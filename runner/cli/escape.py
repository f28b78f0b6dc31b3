"""Text from files and people, made safe to print: nothing in a name can move the cursor, change colours or turn the line round."""

from __future__ import annotations

import re

# C0 and DEL, C1, line and paragraph separators, marks and overrides of writing direction, zero-width characters, the byte order mark, lone
# surrogates: each can make a terminal show something else than what the data says.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def visible(value: object) -> str:
    """The text of `value` on one line, with control, bidi and invisible characters written as escapes such as `\\x1b` or `\\u202e`."""
    return _UNSAFE.sub(_escape, str(value))


def visible_lines(value: object) -> str:
    """Like `visible`, but line feeds stay: for whole texts of our own that may quote data."""
    return "\n".join(visible(line) for line in str(value).split("\n"))


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
