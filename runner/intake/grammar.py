"""What a well-formed record looks like, as regular expressions: RFC 4180 with one delimiter and a known number of cells.

`line` and `blank` are for polars (Rust's linear-time engine, on whole lines of text); `record` and `quoted` are for the few places
that are not so plain (Python's engine, on bytes, possessive throughout and therefore linear too). No bounded repeats over
characters: they made the line pattern thirty times slower.
"""

from __future__ import annotations

import re

from msgspec import Struct

# Controls that no cell may hold; a tab may stand anywhere, a line feed within quotes.
_CONTROLS = frozenset([*range(0x09), *range(0x0B, 0x20), 0x7F])

# Characters that nobody sees (C1 controls, zero width, writing direction, noncharacters), and U+FFFD, which stands for a letter that
# was lost before the file came here. The joiners U+200C and U+200D stay out: names and emoji need them.
UNSEEN = "\x80-\x84\x86-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufffd-\uffff"
LOST = "\ufffd"

# Beyond this many cells the automaton of the counting line pattern outgrows its cache and gets ten times slower.
MOST_COUNTED = 300


class Grammar(Struct, frozen=True):
    """The patterns for `cells` cells between `delimiter` (one ASCII character).

    `line` (polars): the line is a whole record without unseen characters, of `cells` cells if `counted`; `blank` (polars): a line
    without any value; `record` (bytes): a whole record with its line end, over as many lines as it takes; `quoted` (bytes): a quoted cell;
    `bare` (bytes): an unquoted cell; `control` (bytes): a control character that makes a row malformed; `nothing` (bytes):
    a whole record without any value; `mark`: the delimiter as bytes.
    """

    delimiter: str
    cells: int
    counted: bool
    line: str
    blank: str
    record: re.Pattern[bytes]
    quoted: re.Pattern[bytes]
    bare: re.Pattern[bytes]
    control: re.Pattern[bytes]
    nothing: re.Pattern[bytes]
    mark: bytes


def grammar(delimiter: str, cells: int) -> Grammar:
    """The grammar of a file."""
    mark = ord(delimiter)
    controls = sorted(_CONTROLS - {mark})
    return Grammar(
        delimiter=delimiter,
        cells=cells,
        counted=cells <= MOST_COUNTED,
        line=_line(mark, f"{{{cells - 1}}}" if cells <= MOST_COUNTED else "*", controls),
        blank=_blank(mark),
        record=_record(mark, cells, controls),
        quoted=re.compile(rb'"[^"]*+(?:""[^"]*+)*+"'),
        bare=re.compile(b"[^" + _byte(mark) + rb"\n]*+"),
        control=re.compile(b"[" + b"".join(map(_byte, controls)) + b"]"),
        nothing=_nothing(mark),
        mark=delimiter.encode(),
    )


def _line(mark: int, repeat: str, controls: list[int]) -> str:
    never = "".join(f"\\x{{{code:x}}}" for code in controls) + "\\n" + UNSEEN
    cell = f'(?:"[^"{never}]*(?:""[^"{never}]*)*"|[^"\\x{{{mark:x}}}{never}]*)'
    return f"^{cell}(?:\\x{{{mark:x}}}{cell}){repeat}$"


def _blank(mark: int) -> str:
    cell = '(?:\\s*|"\\s*")'
    return f"^{cell}(?:\\x{{{mark:x}}}{cell})*$"


def _nothing(mark: int) -> re.Pattern[bytes]:
    blank = rb"[^\S" + _byte(mark) + b"]*+"
    cell = b'(?:"' + blank + b'"|' + blank + b")"
    return re.compile(cell + b"(?:" + _byte(mark) + cell + b")*+\\n?")


def _record(mark: int, cells: int, controls: list[int]) -> re.Pattern[bytes]:
    never = b"".join(map(_byte, controls))
    cell = b'(?:"[^"' + never + b']*+(?:""[^"' + never + b']*+)*+"|[^"' + _byte(mark) + never + rb"\n]*+)"
    return re.compile(cell + b"(?:" + _byte(mark) + cell + b"){%d}(?:\\n|\\Z)" % (cells - 1))


def _byte(code: int) -> bytes:
    return b"\\x%02x" % code
