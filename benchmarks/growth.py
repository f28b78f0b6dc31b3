"""How time and memory grow with the file: `python -m benchmarks.growth [--smallest ROWS] [--largest ROWS]`.

Each size from 10,000 rows on, ten times the one before, is a part of its own, so that ten million (2.2 GB of CSV, twice, and a store of
several GB) can be measured on another day than the rest. A round begins with no store and goes on with the one it made: first
load, nightly full with 1% changed, then further jobs that bring the same few rows whatever the store's size. Nothing is copied.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.contestants import FLOOR, OURS, Place, answered, forget, start
from benchmarks.growth_page import FEW, FEW_ROWS, FIRST, NIGHTLY
from benchmarks.machine import describe
from benchmarks.measure import Broken, Measured
from benchmarks.page import write_page
from benchmarks.parts import keep
from benchmarks.places import DATA, PARTS, PEERS, with_files

_SMALLEST, _LARGEST = 10_000, 10_000_000
_ROUNDS, _ONE_ROUND_ABOVE = 3, 1_000_000
_FEW_JOBS = 5  # a round: so short a run is told from the machine's moods only by several
_DISK_PER_ROW = 2_000  # bytes: two files, the store with its journal, what a commit writes beside it


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description="Measure how time and memory grow with the file.")
    parser.add_argument("--smallest", type=int, default=_SMALLEST, metavar="ROWS", help="the first size (default 10,000)")
    parser.add_argument("--largest", type=int, default=_LARGEST, metavar="ROWS", help="the last size (default 10,000,000)")
    parser.add_argument("--rounds", type=int, default=_ROUNDS, help="rounds of each size up to a million (default 3); above it is one")
    given = parser.parse_args()
    try:
        for rows in _sizes(given.smallest, given.largest):
            rounds = given.rounds if rows <= _ONE_ROUND_ABOVE else 1
            began = dict(describe(PEERS))
            keep(f"growth-{rows}", {"rows": rows, "rounds": _measured(rows, rounds)}, folder=PARTS, began=began)
    except Broken as broken:
        print(broken, file=sys.stderr)
        return 1
    write_page()
    return 0


def _sizes(smallest: int, largest: int) -> Iterator[int]:
    rows = smallest
    while rows <= largest:
        yield rows
        rows *= 10


def _measured(rows: int, rounds: int) -> dict[str, list[tuple[float, float, int]]]:
    """What each round measured, by night."""
    free = shutil.disk_usage(DATA.parent).free
    if free < rows * _DISK_PER_ROW:
        raise Broken(f"{rows:,} rows need about {rows * _DISK_PER_ROW / 1e9:.0f} GB of disk, and {free / 1e9:.0f} GB are free")
    place = with_files(rows)
    few = _few(place, rows)
    found: dict[str, list[tuple[float, float, int]]] = {FIRST: [], NIGHTLY: [], FEW: [], FLOOR: []}
    for number in range(rounds):
        for night, measured in _round(place, few, rows):
            found[night].append(measured.plain())
            print(
                f"  {rows:>10,} rows, round {number + 1}: {night:<26}{measured.seconds:>8.2f} s{measured.peak / 1e6:>8,.0f} MB", flush=True
            )
    return {night: runs for night, runs in found.items() if runs}


def _round(place: Place, few: tuple[Path, Path], rows: int) -> Iterator[tuple[str, Measured]]:
    forget(OURS, place)
    yield FIRST, start(OURS, place, place.file("first.csv"), "run", "--full")
    _expect(place, "added", rows)
    yield NIGHTLY, start(OURS, place, place.file("nightly.csv"), "run", "--full")
    _expect(place, "updated", rows // 100)
    for number in range(_FEW_JOBS):
        yield FEW, start(OURS, place, few[number % 2], "run", "--incremental", job=f"few-{number + 1}")
        _expect(place, "updated", min(rows, FEW_ROWS) // 100)
    forget(OURS, place)
    try:
        yield FLOOR, start(FLOOR, place, place.file("first.csv"))
    except Broken:
        print(f"  {rows:>10,} rows: the floor ended early, as it does where it gets too little memory; it has no figure", flush=True)


def _expect(place: Place, what: str, rows: int) -> None:
    if (counted := answered(place)[what]) != rows:
        raise Broken(f"{counted:,} {what}, and it ought to be {rows:,}")


def _few(place: Place, rows: int) -> tuple[Path, Path]:
    """The same first rows of every size, before the night and after it: by turns, each job changes one row in a hundred."""
    return _beginning(place, "first", rows), _beginning(place, "nightly", rows)


def _beginning(place: Place, night: str, rows: int) -> Path:
    path = place.file(f"few-{night}.csv")
    if not path.exists():
        with place.file(f"{night}.csv").open("rb") as whole, path.open("wb") as out:
            out.writelines(line for _, line in zip(range(min(rows, FEW_ROWS) + 1), whole, strict=False))
    return path


if __name__ == "__main__":
    raise SystemExit(main())
