"""Writes the files of benchmarks/moves.py: `python -m benchmarks.moves_files ROWS FOLDER`. first.csv, and three nights after it."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import polars as pl

from benchmarks.columns import SITES
from benchmarks.write_files import people, write_file


def write_moves(rows: int, folder: Path) -> None:
    """Writes the four files."""
    number = pl.col("StudentID").cast(pl.Int64) - 10_000_000
    site = (pl.col("School").str.slice(1).cast(pl.Int64) + 1) % SITES
    partner = number + 1 - 2 * (number % 2)
    nights = {
        "first.csv": pl.col("HR"),
        "homerooms.csv": pl.format("N{}", "HR").alias("HR"),
        "schools.csv": pl.format("S{}", site.cast(pl.String).str.zfill(3)).alias("School"),
        "barcodes.csv": (partner + 20_000_000_000).cast(pl.String).alias("Card"),
    }
    for name, changed in nights.items():
        write_file(folder / name, 0, rows, partial(_people, changed))


def _people(changed: pl.Expr, start: int, stop: int) -> pl.DataFrame:
    return people(start, stop).with_columns(changed)


if __name__ == "__main__":
    write_moves(int(sys.argv[1]), Path(sys.argv[2]))
