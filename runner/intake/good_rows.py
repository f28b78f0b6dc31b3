"""The frame of the good rows: the clean text as polars reads it, with each row's physical line.

Polars sees well-formed records alone. Where some lines hold none, a text without them is written first; that costs a copy of
the file and no parsing.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from runner.intake.clean_text import SWAPPED_DELIMITER, CleanText
from runner.intake.header import Header
from runner.intake.irregular import Findings
from runner.intake.spans import spans_of, write_spans
from runner.intake.survey import BLANK, PLAIN

_ROW = "\0row"  # no column of a file can have this name


def row_lines(lines: pl.DataFrame, findings: Findings, header: Header) -> pl.DataFrame:
    """The lines below the header: `line` UInt32 (from 1), `start`, `bytes`, `kept` (part of a good row), `begins` (a good row begins on
    it), `alone` (that row is the whole line, and nothing about it is odd), and what else the survey told of them (`hash`, `known`)."""
    number = pl.int_range(pl.len(), dtype=pl.UInt32)
    continuing = number.is_in(pl.Series(findings.continuing, dtype=pl.UInt32).implode())
    gone = ((pl.col("kind") == BLANK) & ~continuing) | number.is_in(pl.Series(findings.gone, dtype=pl.UInt32).implode())
    told = [name for name in ("hash", "known") if name in lines.columns]
    return lines.select(
        "start",
        "bytes",
        *told,
        line=number + 1,
        kept=~gone,
        begins=~gone & ~continuing,
        alone=~gone & ~continuing & ~continuing.shift(-1, fill_value=False) & (pl.col("kind") == PLAIN),
    ).slice(header.lines_before)


def good_rows(
    clean: CleanText,
    marked: pl.DataFrame,
    header: Header,
    wanted: Sequence[str],
    *,
    delimiter: str,
    path: Path,
    every_line: bool = True,
) -> pl.LazyFrame:
    """`line` UInt32 (from 1) and the `wanted` columns as String, empty cells as "", in file order.

    `marked`: the lines below the header (`every_line`, or some of them) with `line`, `start`, `bytes`, `kept`, `begins` (row_lines); a
    text of the kept lines alone is written to `path` where some are not. `delimiter` as the job writes it.
    """
    begun = marked.filter(pl.col("begins") & pl.col("kept"))
    begins = begun["line"]
    if begins.is_empty():
        return pl.LazyFrame(schema={"line": pl.UInt32, **dict.fromkeys(wanted, pl.String)})
    marks = _mark_at(clean.path, begun["start"][0])
    if every_line and marked["kept"].all() and not marks:
        rows = _scan(clean.path, clean.delimiter, len(header.names), skip=header.lines_before)
    else:
        # `marks` goes first: polars takes one byte order mark away, which here would be the first cell's own.
        rows = _scan(write_spans(clean.path, spans_of(marked), path, first=marks), clean.delimiter, len(header.names), skip=0)
    plain = every_line and begins.len() == marked.height
    line = pl.col(_ROW) + header.lines_before + 1 if plain else pl.lit(begins).gather(pl.col(_ROW))
    columns = [_cell(header.position(name), clean.delimiter, delimiter).alias(name) for name in dict.fromkeys(wanted)]
    return rows.select(line.cast(pl.UInt32).alias("line"), *columns)


def _mark_at(path: Path, start: int) -> bytes:
    """A byte order mark that stands there."""
    with path.open("rb") as file:
        file.seek(start)
        found = file.read(len(BOM_UTF8))
    return found if found == BOM_UTF8 else b""


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
