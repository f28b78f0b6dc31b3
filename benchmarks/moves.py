"""Nights in which everybody moves: `python -m benchmarks.moves [--rows N] [--rounds N]`.

Whole `runner plan` processes over the store of a first load, by turns: a file in which everybody has another homeroom, one in which
everybody goes to another school, one in which the patrons of each pair have each other's barcode. Guards allow all of it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

from benchmarks.cases import load_first
from benchmarks.contestants import OURS, Place, answered, start
from benchmarks.machine import describe
from benchmarks.measure import Broken
from benchmarks.page import write_page
from benchmarks.parts import keep
from benchmarks.places import DATA, PARTS, PEERS

PLAIN = "another homeroom"
# what changes: the file, and the count that everybody has to be in
NIGHTS = {
    PLAIN: ("homerooms.csv", "updated"),
    "another school": ("schools.csv", "transferred"),
    "barcodes swapped in pairs": ("barcodes.csv", "updated"),
}
_ALLOWED = "guards: {update: {percent: 100}, transfer: {percent: 100}}\n"


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.moves", description="Measure plans in which everybody moves.")
    parser.add_argument("--rows", type=int, default=1_000_000, help="how many patrons, an even number (default 1,000,000)")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    if given.rows % 2:
        parser.error("--rows: barcodes are swapped in pairs, so their number has to be even")
    began = dict(describe(PEERS))
    place = Place(DATA / f"{given.rows}-moves", PEERS, _ALLOWED)
    if not all(place.file(file).exists() for file, _ in NIGHTS.values()):
        print(f"Writing the files of {given.rows:,} rows ...", flush=True)
        subprocess.run([sys.executable, "-m", "benchmarks.moves_files", str(given.rows), str(place.folder / "files")], check=True)
    try:
        rounds = _measured(place, given.rows, given.rounds)
    except Broken as broken:
        print(broken, file=sys.stderr)
        return 1
    keep(f"moves-{given.rows}", {"rows": given.rows, "plain": PLAIN, "rounds": rounds}, folder=PARTS, began=began)
    write_page()
    return 0


def _measured(place: Place, rows: int, rounds: int) -> dict[str, list[tuple[float, float, int]]]:
    load_first(place, OURS)
    found: dict[str, list[tuple[float, float, int]]] = {name: [] for name in NIGHTS}
    for number in range(rounds):
        for name, (file, counted) in NIGHTS.items():
            run = start(OURS, place, place.file(file), "plan", "--full")
            counts = answered(place)
            if counts[counted] != rows or counts["held"]:
                raise Broken(f"{name}: {counts[counted]:,} {counted} and {counts['held']:,} held, and it ought to be {rows:,} and none")
            found[name].append(run.plain())
            against = run.seconds / found[PLAIN][-1][0]
            print(f"  round {number + 1}: {name:<28}{run.seconds:>8.2f} s{run.peak / 1e6:>8,.0f} MB{against:>8.2f} x", flush=True)
    return found


if __name__ == "__main__":
    raise SystemExit(main())
