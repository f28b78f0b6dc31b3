"""The frame of the good rows: the clean text as polars reads it, with each row's physical line.

Polars sees well-formed records alone. Where some lines hold none, a text without them is written first; that costs a copy of
the file and no parsing.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Sequence
from mmap import mmap
from pathlib import Path

import polars as pl

from runner.intake.clean_text import SWAPPED_DELIMITER, CleanText
from runner.intake.header import Header
from runner.intake.irregular import Findings
from runner.intake.survey import BLANK
from runner.intake.work_file import create_work_file

_ROW = "\0row"  # no column of a file can have this name


def good_rows(
    clean: CleanText,
    data: bytes | mmap,
    lines: pl.DataFrame,
    findings: Findings,
    header: Header,
    wanted: Sequence[str],
    *,
    delimiter: str,
    folder: Path,
) -> tuple[pl.LazyFrame, int]:
    """`line` UInt32 (from 1) and the `wanted` columns as String, empty cells as "", in file order; and how many rows there are.

    `lines` is the survey with `start` (offset of the line's first byte); `delimiter` as the job writes it.
    """
    number = pl.int_range(pl.len(), dtype=pl.UInt32)
    continuing = number.is_in(pl.Series(findings.continuing, dtype=pl.UInt32).implode())
    gone = ((pl.col("kind") == BLANK) & ~continuing) | number.is_in(pl.Series(findings.gone, dtype=pl.UInt32).implode())
    marked = lines.select("start", "bytes", number=number, kept=~gone, begins=~gone & ~continuing).slice(header.lines_before)
    begins = marked.filter("begins")["number"] + 1
    if begins.is_empty():
        return pl.LazyFrame(schema={"line": pl.UInt32, **dict.fromkeys(wanted, pl.String)}), 0
    first = lines["start"][begins[0] - 1]
    marks = BOM_UTF8 if data[first : first + len(BOM_UTF8)] == BOM_UTF8 else b""
    if marked["kept"].all() and not marks:
        rows = _scan(clean.path, clean.delimiter, len(header.names), skip=header.lines_before)
    else:
        rows = _scan(_without_gone(data, marked, folder, marks), clean.delimiter, len(header.names), skip=0)
    plain = marked["begins"].all()
    line = pl.col(_ROW) + header.lines_before + 1 if plain else pl.lit(begins).gather(pl.col(_ROW))
    columns = [_cell(header.position(name), clean.delimiter, delimiter).alias(name) for name in dict.fromkeys(wanted)]
    return rows.select(line.cast(pl.UInt32).alias("line"), *columns), len(begins)


def _scan(path: Path, delimiter: str, cells: int, *, skip: int) -> pl.LazyFrame:
    """All records of a text without header, all text; columns by position, as names may be empty or come twice."""
    return pl.scan_csv(
        path,
        has_header=False,
        skip_lines=skip,
        separator=delimiter,
        schema={f"{_ROW}{position}": pl.String for position in range(cells)},
        empty_string_is_null=False,
        glob=False,
        row_index_name=_ROW,
    )


def _cell(position: int, inner: str, delimiter: str) -> pl.Expr:
    cell = pl.col(f"{_ROW}{position}")
    return cell.str.replace_all(SWAPPED_DELIMITER, delimiter, literal=True) if inner != delimiter else cell


def _without_gone(data: bytes | mmap, marked: pl.DataFrame, folder: Path, marks: bytes) -> Path:
    """A text of the kept lines alone (0600), copied in runs of neighbouring lines. `marks` goes first: polars takes one byte order
    mark away, which here would be the first cell's own."""
    kept, end = pl.col("kept"), pl.col("start") + pl.col("bytes") + 1
    runs = marked.select(
        kept,
        "start",
        end=end,
        opens=kept & ~kept.shift(1, fill_value=False),
        closes=kept & ~kept.shift(-1, fill_value=False),
    )
    spans = zip(runs.filter("opens")["start"].to_list(), runs.filter("closes")["end"].to_list(), strict=True)
    path = folder / "input.rows"
    with create_work_file(path) as out, memoryview(data) as view:
        out.write(marks)
        for start, stop in spans:
            out.write(view[start:stop])
    return path
