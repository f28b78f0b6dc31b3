"""What a CSV file looks like: encoding, delimiter, which column is which field, how its dates are written, which sites it names.

Guesses for `runner new` alone, from the file's first rows; the intake of a run guesses nothing.
"""

from __future__ import annotations

import csv
import stat
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from runner.cli.guess_values import by_values, cells_of
from runner.errors import UsageError
from runner.intake.header import HEADER_WITHIN, read_header
from runner.job.characters import code_of
from runner.job.model import Format
from runner.job.usual_names import USUAL_NAMES, letters_of

_BYTES, _ROWS, _SITES = 8 << 20, 20_000, 300
_NEARLY_ALL = 0.95
_REFERENCE = "${"
_DATES = ("%Y-%m-%d", "%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y", "%d.%m.%Y", "%m-%d-%Y", "%d-%m-%Y", "%Y/%m/%d", "%Y%m%d", "%d-%b-%Y")


class Guess(Struct, frozen=True):
    """`columns`: field to column; `dates`: field to strptime format; `ambiguous` fields have dates that fit two formats; `sites`: the
    site column's values, the commonest first; `unused`: columns that no field takes; `encoding` is a name of the job schema. Without a
    header line (`named` False) columns are called by their positions: "1", "2", ... `bare`: there was no row to
    look at."""

    encoding: str
    delimiter: str
    header: tuple[str, ...]
    columns: Mapping[str, str]
    dates: Mapping[str, str]
    ambiguous: tuple[str, ...]
    sites: tuple[str, ...]
    unused: tuple[str, ...]
    named: bool = True
    bare: bool = False


def guess(file: Path, *, named: bool = True) -> Guess:
    """What the file looks like. `named`: its first line names the columns. Raises UsageError when it is no CSV file, or has no column for a
    key; FileRefused when no run would take its header."""
    raw = _start_of(file)
    encoding, text = _decoded(raw, file)
    delimiter = _delimiter(text, file)
    header, columns, cells = _named(text, delimiter, file) if named else _by_position(text, delimiter, file)
    first_lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n", HEADER_WITHIN)[:HEADER_WITHIN]
    read_header(first_lines, Format(encoding, delimiter, named), delimiter, tuple(columns.values()))
    dates = {field: _date_formats(cells[field]) for field in ("birth_date", "card_expires") if field in columns}
    usable = {field: column for field, column in columns.items() if field not in dates or dates[field]}
    return Guess(
        encoding=encoding,
        delimiter=delimiter,
        header=header,
        columns=usable,
        dates={field: formats[0] for field, formats in dates.items() if formats},
        ambiguous=tuple(field for field, formats in dates.items() if len(formats) > 1),
        sites=_common(cells.get("site", ())),
        unused=tuple(name for name in header if name not in usable.values()),
        named=named,
        bare=not any(cells.values()),
    )


_Columns = tuple[tuple[str, ...], dict[str, str], dict[str, list[str]]]

# What stands above a header: a title, the date, Excel's sep=;
_NO_HEADER = (
    "name a CSV file with a header line after --from; if lines stand above the header, leave them out of a copy, guess from that, and "
    "write format.skip_rows into the job"
)


def _named(text: str, delimiter: str, file: Path) -> _Columns:
    """All columns, field to column, field to cells, of a file whose first line names the columns."""
    rows = _rows(text, delimiter, file)
    header = tuple(rows[0])
    columns = _columns(header)
    if "district_id" not in columns and "barcode" not in columns:
        _refuse_a_number_that_stands_twice(header, file)
        raise UsageError(
            # Names only: the first line of a file without a header is somebody's record.
            f"no column that the first line of {file} names looks like a student's or employee's number or a barcode",
            "name one of them StudentID; if the file has no header line, add --no-header; or write the job by hand after "
            "docs/job-reference.md",
        )
    whole = [row for row in rows[1:] if len(row) == len(header)]
    return header, columns, {field: [row[header.index(column)] for row in whole] for field, column in columns.items()}


def _refuse_a_number_that_stands_twice(header: Sequence[str], file: Path) -> None:
    usual = {*USUAL_NAMES["district_id"], *USUAL_NAMES["barcode"]}
    for name in header:
        if letters_of(name) in usual and (times := header.count(name)) > 1:
            raise UsageError(
                f"{name} stands {times} times in the first line of {file}, so nobody can say which column it means",
                "let the export leave one of them out or name it otherwise; or write the job by hand, with header: false and columns by "
                "position from 1",
            )


def _by_position(text: str, delimiter: str, file: Path) -> _Columns:
    """The same of a file without a header line; a column is called by its position."""
    rows = _rows(text, delimiter, file)
    width = max({len(row) for row in rows}, key=lambda size: sum(len(row) == size for row in rows))
    whole = [row for row in rows if len(row) == width]
    columns = by_values(whole, _date_formats)
    if "district_id" not in columns:
        raise UsageError(
            f"no column of {file} has a number of its own in each row, as a student's or employee's number would be",
            "write the job by hand, with header: false and columns by position from 1, such as district_id: 1; see docs/job-reference.md",
        )
    return tuple(str(number) for number in range(1, width + 1)), columns, cells_of(whole, columns)


def _start_of(file: Path) -> bytes:
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            raise UsageError(f"{file} is not a file", "name a CSV file after --from")
        with file.open("rb") as opened:
            raw = opened.read(_BYTES)
    except FileNotFoundError:
        raise UsageError(f"there is no file {file}", "name a CSV file after --from") from None
    if not raw.strip():
        raise UsageError(f"{file} is empty", "name a CSV file with a header line after --from")
    if raw[:2] in (b"PK", b"\x1f\x8b"):
        raise UsageError(f"{file} is packed (zip or gzip)", "unpack it first")
    # The last line may be cut in two, and a character with it.
    return raw if len(raw) < _BYTES else raw[: raw.rfind(b"\n") + 1]


def _decoded(raw: bytes, file: Path) -> tuple[str, str]:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16", raw.decode("utf-16", "replace")
    if b"\0" in raw:
        raise UsageError(f"{file} is not text: it holds NUL bytes", "export it as CSV; in a spreadsheet: Save As, CSV UTF-8")
    try:
        return "utf-8", raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "windows-1252", raw.decode("cp1252", "replace")


def _delimiter(text: str, file: Path) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    counts = {each: first.count(each) for each in (",", ";", "\t", "|")}
    best = max(counts, key=lambda each: counts[each])
    if not counts[best]:
        raise UsageError(f"the first line of {file} has no comma, semicolon, tab or bar", _NO_HEADER)
    return best


def _rows(text: str, delimiter: str, file: Path) -> list[list[str]]:
    reader = csv.reader(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), delimiter=delimiter)
    rows: list[list[str]] = []
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append(row)
            if len(rows) > _ROWS:
                break
    except csv.Error:
        raise UsageError(f"{file} cannot be read as CSV near line {reader.line_num}", "put its quotes right, then try again") from None
    return rows


def _columns(header: Sequence[str]) -> dict[str, str]:
    """Field to column. A name that is blank or comes twice is nobody's, nor one that no job can hold; each column serves one field."""
    usable = [name for name in header if name.strip() and header.count(name) == 1 and _may_be_written(name)]
    plain = {letters_of(name): name for name in reversed(usable)}
    return {field: plain[found] for field, names in USUAL_NAMES.items() if (found := next((name for name in names if name in plain), None))}


def _date_formats(cells: Iterable[str]) -> list[str]:
    """The formats that the most of the sampled dates fit, if nearly all do: a few slips of the hand are no other format."""
    texts = {cell.strip() for cell in cells if cell.strip()}
    if not texts:
        return []
    fitting = {form: sum(_fits(text, form) for text in texts) for form in _DATES}
    most = max(fitting.values())
    return [form for form, count in fitting.items() if count == most] if most >= _NEARLY_ALL * len(texts) else []


def _fits(text: str, form: str) -> bool:
    try:
        made = datetime.strptime(text, form)
    except ValueError:
        return False
    return 1900 <= made.year <= 2199


def _common(cells: Iterable[str]) -> tuple[str, ...]:
    counts: dict[str, int] = {}
    for cell in cells:
        if cell.strip() and _may_be_written(cell) and _can_be_seen(cell):
            counts[cell.strip()] = counts.get(cell.strip(), 0) + 1
    # A column with hundreds of values names no schools.
    return tuple(sorted(counts, key=lambda site: -counts[site])) if len(counts) <= _SITES else ()


def _may_be_written(text: str) -> bool:
    """Whether a job can hold the text, with escapes at least, and would follow it as no reference."""
    return _REFERENCE not in text and not any(each not in "\t\n\r" and code_of(each) == "control-character" for each in text)


def _can_be_seen(text: str) -> bool:
    """Whether all of the text but odd spaces can be seen: a site that looks like another one is a slip, and no other site."""
    return not any(each.strip() and code_of(each) for each in text)
