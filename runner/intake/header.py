"""The header: where it stands, which columns it names, and whether the job's columns are all there exactly once."""

from __future__ import annotations

import csv
import difflib
from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from runner.composed import compose
from runner.intake import refusals
from runner.intake.encodings import begins_with_mark_of_utf_8
from runner.intake.not_text import looks_like
from runner.job.model import Format

# How far below the title lines the header may be: enough for blank lines, too little to read a wrong file for long.
HEADER_WITHIN = 1_000

MAX_COLUMNS = 500
RESERVED = "line"  # the rows' own column of line numbers
_OTHER_DELIMITERS = {";": '";"', "\t": '"\\t" (a tab)', "|": '"|"', ",": '","', ":": '":"'}


class Header(Struct, frozen=True):
    """`names` in file order; `line_text` is the header's own line ("" without a header); `lines_before` counts the physical
    lines before the first row: title lines left out, blank lines, the header."""

    names: tuple[str, ...]
    line_text: str
    lines_before: int

    @property
    def signature(self) -> tuple[str, ...]:
        """What lines below two headers must have in common to be read alike: the header's own line, and the names."""
        return (self.line_text, *self.names)

    def position(self, name: str) -> int:
        """Which column, from 0, has the name."""
        return self.names.index(name)


def read_header(first_lines: Sequence[str], fmt: Format, delimiter: str, wanted: Sequence[str]) -> Header:
    """The header of a text of which `first_lines` are the first lines (without line ends; more than `fmt.skip_rows`).

    `delimiter` is that of the clean text. Without a header in the file the columns are named "1", "2", ... after its first row.
    Raises FileRefused: file-empty, file-header-broken, file-columns-missing, file-columns-duplicate.
    """
    at = next((number for number in range(fmt.skip_rows, len(first_lines)) if _has_value(first_lines[number], delimiter)), None)
    if at is None:
        raise refusals.empty()
    cells = _cells(first_lines[at], delimiter)
    names = _as_wanted(_named(cells, at, first_lines[at]), wanted) if fmt.header else tuple(str(n) for n in range(1, len(cells or ()) + 1))
    if len(names) > MAX_COLUMNS:
        raise refusals.broken_header(at + 1, f"has {len(names):,} columns; at most {MAX_COLUMNS} are read")
    if RESERVED in wanted:
        raise refusals.broken_header(
            at + 1, f"has a column {RESERVED!r}, a name that is taken here for line numbers", "let the export name it otherwise"
        )
    missing = [name for name in dict.fromkeys(wanted) if name not in names]
    if missing:
        raise refusals.missing_columns(at + 1, missing, _hint(missing, names, first_lines, at, fmt, delimiter, wanted))
    twice = [name for name, count in Counter(names).items() if count > 1 and name in set(wanted)]
    if twice:
        raise refusals.duplicate_columns(at + 1, twice)
    return Header(names, first_lines[at] if fmt.header else "", at + 1 if fmt.header else at)


def _has_value(line: str, delimiter: str) -> bool:
    return bool(line.replace(delimiter, "").replace('"', "").strip())


def _cells(line: str, delimiter: str) -> list[str] | None:
    """The cells of one line; None where its quoting is broken or goes on in the next line."""
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration):
        return None


def _named(cells: list[str] | None, at: int, line: str) -> tuple[str, ...]:
    if cells is not None:
        return tuple(cells)
    other = looks_like(line)
    why = f"is {other}" if other else "has a quote that does not close in the line, or text after a closing quote"
    raise refusals.broken_header(at + 1, why)


def _as_wanted(names: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
    """The names, in the job's form where it wants one with the same letters."""
    forms = {compose(name): name for name in wanted}
    return tuple(name if name in wanted else forms.get(compose(name), name) for name in names)


def _hint(
    missing: list[str], names: Sequence[str], first_lines: Sequence[str], at: int, fmt: Format, delimiter: str, wanted: Sequence[str]
) -> str:
    """The likeliest reason why columns are missing."""
    if not fmt.header:
        return f"the first row has {len(names)} cells; without a header, columns are given by position from 1"
    if begins_with_mark_of_utf_8(first_lines[0], fmt.encoding):
        return "the file begins with the mark of UTF-8; write `encoding: utf-8` under source.format"
    if other := looks_like(first_lines[at]):
        return f"the file is {other}"
    if mark := _other_delimiter(first_lines[at], delimiter, missing):
        return f"the file looks separated by {mark}; write that under source.format.delimiter"
    for number in range(at + 1, min(at + 30, len(first_lines))):
        if set(missing) <= set(_cells(first_lines[number], delimiter) or ()):
            return f"the header seems to be in line {number + 1}; write `skip_rows: {number}` under source.format"
    return _near(missing, names, wanted)


def _other_delimiter(line: str, delimiter: str, missing: list[str]) -> str | None:
    for mark, shown in _OTHER_DELIMITERS.items():
        if mark != delimiter and mark in line and set(missing) & set(_cells(line, mark) or ()):
            return shown
    return None


def _near(missing: list[str], names: Sequence[str], wanted: Sequence[str]) -> str:
    """Names of the header that are nearly the missing ones; names must agree to the letter."""
    plain = {_plain(name): name for name in reversed(names)}
    # Where nothing of the line is a name that the job knows, its cells may be somebody's: Emile for Email is no misspelling then.
    is_header = any(_plain(name) in plain for name in wanted)
    found = []
    for name in missing:
        same = plain.get(_plain(name))
        near = difflib.get_close_matches(name, [n for n in names if n], n=1, cutoff=0.75) if is_header else []
        found += [f"{other!r} instead of {name!r}" for other in ([same] if same else near)]
    if found:
        said = "the header has " + ", ".join(found[:8]) + "; write the names in the job exactly as they stand in the file"
        return f"{said}, \\ and what follows it in double quotes" if "\\" in said else said
    return "compare the names in the job with the first line of the file, or write `header: false` if it has none"


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
