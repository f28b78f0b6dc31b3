"""What the file health gate says when it refuses a file: one place, so that its sentences agree. (docs/domain.md section 7.)

Every code begins with `file-`. No sentence quotes a cell: column names and numbers only.
"""

from __future__ import annotations

from collections.abc import Sequence

from runner.counted import counted
from runner.errors import FileRefused


def empty() -> FileRefused:
    return FileRefused("the file holds no text", "check that the export ran and wrote its rows", code="file-empty")


def header_only() -> FileRefused:
    return FileRefused(
        "the file has a header and no row",
        "an empty list never means that everybody left; check that the export ran",
        code="file-header-only",
    )


def not_text(name: str) -> FileRefused:
    return FileRefused(
        f"the file is {name}, not text", "let the export write plain CSV, neither packed nor encrypted", code="file-not-text"
    )


def nul(offset: int, line: int) -> FileRefused:
    return FileRefused(
        f"there is a NUL at byte {offset:,}, line {line:,}: the file is damaged, or it is UTF-16",
        "for a file saved by Excel as Unicode text write `encoding: utf-16`; else have it exported again",
        code="file-nul",
        line=line,
    )


def undecodable(encoding: str, offset: int, line: int) -> FileRefused:
    return FileRefused(
        f"byte {offset:,}, in line {line:,}, is not {encoding}",
        "write the encoding that the export uses under source.format.encoding; most Windows programs write windows-1252",
        code="file-undecodable",
        line=line,
    )


def no_byte_order_mark() -> FileRefused:
    return FileRefused(
        "the job says utf-16, and the file does not begin with a byte order mark",
        "write the encoding that the export uses under source.format.encoding, or let it write the mark",
        code="file-undecodable",
        line=1,
    )


def line_too_long(line: int, most: int) -> FileRefused:
    return FileRefused(
        f"line {line:,} is longer than {most:,} bytes",
        "check that the export ends its lines, and that this is the right file",
        code="file-line-too-long",
        line=line,
    )


def broken_header(line: int, why: str, hint: str = "the header is one line of column names, the same each night") -> FileRefused:
    return FileRefused(f"the header in line {line:,} {why}", hint, code="file-header-broken", line=line)


def missing_columns(line: int, missing: Sequence[str], hint: str) -> FileRefused:
    word = "column" if len(missing) == 1 else "columns"
    return FileRefused(f"the file has no {word} {_listed(missing)}", hint, code="file-columns-missing", line=line)


def duplicate_columns(line: int, names: Sequence[str]) -> FileRefused:
    word = "column" if len(names) == 1 else "columns"
    return FileRefused(
        f"the header names the {word} {_listed(names)} more than once",
        "nothing says which one the job means; let the export name each column once",
        code="file-columns-duplicate",
        line=line,
    )


def unclosed_quote(line: int) -> FileRefused:
    return FileRefused(
        f"a quote that opens in line {line:,} is never closed",
        'quotes stand around a whole cell, and a quote inside one is doubled ("")',
        code="file-quote-unclosed",
        line=line,
    )


def too_many_malformed(malformed: int, among: str, first_line: int, reason: str) -> FileRefused:
    return FileRefused(
        f"{malformed:,} of {among} are malformed, the first in line {first_line:,}: {reason}",
        "have the file exported again; over 100 and over 1% of the rows is more than chance",
        code="file-malformed-rows",
        line=first_line,
    )


def shrunk(rows: int, before: int, percent: float, malformed: int) -> FileRefused:
    aside = f" (and {malformed:,} malformed)" if malformed else ""
    return FileRefused(
        f"the file has {counted(rows, 'good row', 'good rows')}{aside} and the last accepted one had {before:,}: under {percent:g}%",
        "if this is right, run the job once with --accept-input and the reason",
        code="file-shrunk",
    )


def reshaped(column: str, pattern: str, before: float, now: float) -> FileRefused:
    return FileRefused(
        f"the values of {column!r} look different: {before:.0%} were like {pattern} last time, {now:.0%} are now",
        "if the numbers really changed, run the job once with --accept-input and the reason",
        code="file-reshaped",
    )


def site_gone(site: str, before: int) -> FileRefused:
    had = counted(before, "row", "rows")
    return FileRefused(
        f"the last accepted file had {had} of the site {site!r}, and district.yaml has no site of that short name any more: by site and "
        "barcode nobody of them would be found, and all would be added anew",
        "give the site its short name back, for `name` is what people read and may change; if the school is closed, run the job once with "
        "--accept-input and the reason",
        code="site-gone",
    )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:8])
    return f"{shown} and {len(names) - 8} more" if len(names) > 8 else shown
