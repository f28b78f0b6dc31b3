"""The lines that are no plain record: records over several lines, malformed rows, unseen characters, the header again.

They are few as a rule, so they are read one by one, straight from the file's bytes, by the grammar of RFC 4180: a quote opens a
cell only where the cell begins. What is set aside is never less than a parser would have swallowed: all lines of a broken
record go, and each of them that could be a row of its own counts as malformed, so that a stray quote cannot make rows
disappear uncounted (the removal gate counts them, docs/domain.md section 6).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from mmap import mmap

from msgspec import Struct, field

from runner.intake import refusals
from runner.intake.clean_text import MAX_LINE
from runner.intake.grammar import UNSEEN, Grammar

# Malformed rows refuse the file when there are more of them than both of these (docs/domain.md section 7).
MOST_MALFORMED = 100
MOST_MALFORMED_SHARE = 0.01

_UNSEEN = re.compile(f"[{UNSEEN}]")


class Findings(Struct):
    """What the odd lines turned out to be. All numbers are physical lines from 0.

    `malformed`: (line, reason) in file order; `gone`: lines of records that are malformed or without a value; `continuing`: lines of
    good records but their first; `unseen`: (first line, characters) of good records that hold unseen characters.
    """

    malformed: list[tuple[int, str]] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    continuing: list[int] = field(default_factory=list)
    unseen: list[tuple[int, str]] = field(default_factory=list)


def examine(data: bytes | mmap, odd: Iterable[tuple[int, int]], grammar: Grammar, header: Sequence[str], lines: int) -> Findings:
    """What the odd lines are. `data` is the clean text, `odd` gives (line from 0, offset of its first byte) in file order, `header` the
    column names ([] for a file without a header), `lines` how many lines the file has.

    Raises FileRefused: file-quote-unclosed; file-malformed-rows as soon as the rest of the file cannot change that.
    """
    found, next_free = Findings(), 0
    enough = max(MOST_MALFORMED, MOST_MALFORMED_SHARE * lines)
    for line, start in odd:
        if line < next_free:
            continue  # inside the record before it
        record, fault = _read_record(data, line, start, grammar)
        texts = record.removesuffix(b"\n").split(b"\n")
        fault = fault or _fault_of_well_formed(texts, grammar, header)
        next_free = line + len(texts)
        if fault is not None:
            _set_aside(texts, line, fault, grammar, found)
            if len(found.malformed) > enough:
                raise refusals.too_many_malformed(
                    len(found.malformed), f"{lines:,} lines, the rest not looked at,", found.malformed[0][0] + 1, found.malformed[0][1]
                )
        elif grammar.nothing.fullmatch(record):
            found.gone += range(line, next_free)
        else:
            found.continuing += range(line + 1, next_free)
            if not record.isascii() and (unseen := "".join(sorted(set(_UNSEEN.findall(record.decode()))))):
                found.unseen.append((line, unseen))
    return found


def _read_record(data: bytes | mmap, line: int, start: int, grammar: Grammar) -> tuple[bytes, str | None]:
    """The record that begins at `start`, and why it is not well-formed."""
    limit = min(start + MAX_LINE + 1, len(data))
    whole = grammar.record.match(data, start, limit)
    if whole and (limit == len(data) or whole[0].endswith(b"\n")):
        return whole[0], None
    end, cells, sound = _walk(data, line, start, grammar)
    record = data[start:end]
    if cells != grammar.cells:
        return record, f"wrong number of cells: {cells} instead of {grammar.cells}"
    if not sound:
        return record, "broken quoting"
    return record, "control characters" if grammar.control.search(record) else f"a record of over {MAX_LINE:,} bytes"


def _fault_of_well_formed(texts: list[bytes], grammar: Grammar, header: Sequence[str]) -> str | None:
    if len(texts) > 1:
        return "a whole record inside a quoted cell" if _swallows(texts, grammar) else None
    if not header:
        return None
    cells = next(csv.reader([texts[0].decode().removeprefix("\ufeff")], delimiter=grammar.delimiter), None)
    return "the header again" if cells == list(header) else None


def _swallows(texts: list[bytes], grammar: Grammar) -> bool:
    """Whether two stray quotes made one record of several rows: a line wholly inside a cell could be a row, or two lines could."""
    could_be_rows = [text for text in texts if _could_be_row(text, grammar)] if grammar.cells > 1 else []
    inside = any(b'"' not in text.replace(b'""', b"") for text in texts[1:-1] if text in could_be_rows)
    return inside or len(could_be_rows) > 1


def _set_aside(texts: list[bytes], line: int, fault: str, grammar: Grammar, found: Findings) -> None:
    """All lines of a broken record go, and those that could be rows count, each with its own line number."""
    found.gone += range(line, line + len(texts))
    found.malformed.append((line, fault))
    inside = f"inside the broken record that begins in line {line + 1}"
    found.malformed += [(n, inside) for n, text in enumerate(texts[1:], line + 1) if text.strip() and _could_be_row(text, grammar)]


def _could_be_row(line: bytes, grammar: Grammar) -> bool:
    return line.count(grammar.mark) >= grammar.cells - 1


def _walk(data: bytes | mmap, line: int, start: int, grammar: Grammar) -> tuple[int, int, bool]:
    """Reads a record cell by cell as the csv module does: its end, its cells, whether its quoting is sound. Text after
    a closing quote ends it with its line. Raises FileRefused for a quote that does not close."""
    at, cells, sound = start, 0, True
    while True:
        cells += 1
        if data[at : at + 1] == b'"':
            cell = grammar.quoted.match(data, at, min(at + MAX_LINE, len(data)))
            if cell is None:
                raise refusals.unclosed_quote(line + data[start:at].count(b"\n") + 1)
        else:
            cell = grammar.bare.match(data, at)
            assert cell is not None  # an empty cell matches too
            sound = sound and b'"' not in cell[0]
        at = cell.end()
        after = data[at : at + 1]
        if after in (b"", b"\n"):
            return at + len(after), cells, sound
        if after != grammar.mark:
            line_end = data.find(b"\n", at)
            return len(data) if line_end < 0 else line_end + 1, grammar.cells, False
        at += 1
