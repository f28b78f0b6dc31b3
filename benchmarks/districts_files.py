"""Writes the files of benchmarks/districts.py: `python -m benchmarks.districts_files DISTRICTS PATRONS FOLDER`.

Each district has its own people.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import polars as pl

from benchmarks.columns import DISTRICT_SITES
from benchmarks.write_files import people, write_file


def write_districts(districts: int, patrons: int, folder: Path) -> None:
    """Writes first.csv and nightly.csv into a folder for each district."""
    for number in range(districts):
        begin, end = number * patrons, (number + 1) * patrons
        write_file(folder / f"d{number:03d}" / "first.csv", begin, end, partial(_people, changed=False))
        write_file(folder / f"d{number:03d}" / "nightly.csv", begin, end, partial(_people, changed=True))


def _people(start: int, stop: int, *, changed: bool) -> pl.DataFrame:
    """The rows of the large files, in fewer schools."""
    site = pl.col("School").str.slice(1).cast(pl.Int64) % DISTRICT_SITES
    return people(start, stop, changed=changed).with_columns(pl.format("S{}", site.cast(pl.String).str.zfill(3)).alias("School"))


if __name__ == "__main__":
    write_districts(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
