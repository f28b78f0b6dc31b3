"""Some lines of a clean text as a text of their own: a copy of bytes, no parsing."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from runner.intake.work_file import create_work_file

_PIECE = 4 * 1024 * 1024


def spans_of(lines: pl.DataFrame) -> list[tuple[int, int]]:
    """Where runs of neighbouring `kept` lines begin and end, line ends included. Takes `kept` Boolean, `start`, `bytes`; lines that are
    not among `lines` are not kept either."""
    kept, end = pl.col("kept"), pl.col("start") + pl.col("bytes") + 1
    joined = kept & kept.shift(1, fill_value=False) & (end.shift(1, fill_value=0) == pl.col("start"))
    runs = lines.select("start", end=end, opens=kept & ~joined, closes=kept & ~joined.shift(-1, fill_value=False))
    return list(zip(runs.filter("opens")["start"].to_list(), runs.filter("closes")["end"].to_list(), strict=True))


def write_spans(text: Path, spans: Iterable[tuple[int, int]], path: Path, *, first: bytes = b"") -> Path:
    """Writes `first` and the spans of the file `text` to `path` (0600); gives the path.

    Read and not mapped: a few lines of every page would bring the whole file into memory."""
    with create_work_file(path) as out, text.open("rb", buffering=0) as given:
        out.write(first)
        for start, stop in spans:
            while start < stop:
                piece = os.pread(given.fileno(), min(_PIECE, stop - start), start)
                if not piece:
                    break  # the last line has no line end
                out.write(piece)
                start += len(piece)
    return path
