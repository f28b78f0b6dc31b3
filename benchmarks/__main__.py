"""`make bench`: measures ours and the peers by turns, prints ratios, writes docs/performance.md.

Not a test: nothing fails for being slow. Peers run in benchmarks/data/.venv; without it, only ours and the floor are measured.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from typing import Any

from benchmarks.cases import CASES, SMALL, Results, load_first, run_case, stages_of_a_night
from benchmarks.contestants import FLOOR, OURS, Place, available, show_help
from benchmarks.machine import describe
from benchmarks.measure import Broken
from benchmarks.page import NIGHTS, write_page
from benchmarks.parts import keep
from benchmarks.places import PARTS, PEERS, with_files

_HELP_ROUNDS = 5
_FEWEST = 2000  # below 1,000 the job's policy trusts no file, and the run is not complete


def main() -> int:
    """The command."""
    given, began = _arguments(), dict(describe(PEERS))
    few = max(_FEWEST, given.rows // 20)
    place, small = with_files(given.rows), with_files(few)
    here = [who for who in available(place) if not given.only or who in given.only or who == OURS]
    print(f"{given.rows:,} rows; measured: {', '.join(here)}", flush=True)
    try:
        results = [run_case(case, place, here, given.rows, given.pairs, given.slow_pairs, _tell) for case in CASES]
        load_first(small, OURS)
        little = run_case(SMALL, small, here, few, given.pairs, given.slow_pairs, _tell)
        _say([*results, little])
        if not given.no_page:
            keep(NIGHTS, _data(results, little, place), folder=PARTS, began=began)
            write_page()
    except Broken as broken:
        print(broken, file=sys.stderr)
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description="Measure ours and the peers.")
    parser.add_argument("--quick", action="store_true", help="100,000 rows, three rounds; writes no page")
    parser.add_argument("--rows", type=int, default=None, help="how many patrons (default 1,000,000)")
    parser.add_argument("--pairs", type=int, default=None, help="rounds (default 5; the slow peers run in fewer)")
    parser.add_argument("--slow-pairs", type=int, default=1, help="rounds of sqlite3, pandas and dlt (default 1)")
    parser.add_argument("--only", action="append", metavar="WHO", help=f"measure this one besides ours, such as {FLOOR!r}; repeatable")
    parser.add_argument("--no-page", action="store_true", help="print only")
    given = parser.parse_args()
    given.rows = given.rows or (100_000 if given.quick else 1_000_000)
    given.pairs = given.pairs or (3 if given.quick else 5)
    given.no_page = given.no_page or given.quick or bool(given.only)  # a page shows everybody
    return given


def _tell(line: str) -> None:
    print(f"  {line}", flush=True)


def _say(results: list[Results]) -> None:
    print(f"\n{'night':<42}{'who':<20}{'seconds':>9}{'CPU s':>9}{'peak MB':>9}{'we take':>10}")
    for result in results:
        for who in result.rounds:
            ratio = result.ratio(who) if who != OURS else None
            met = f"{ratio:.2f} x" if ratio is not None else ""
            measured = f"{result.seconds(who):>9.2f}{result.cpu(who):>9.2f}{result.peak(who) / 1e6:>9,.0f}"
            print(f"{result.case.name:<42}{who:<20}{measured}{met:>10}")


def _data(results: list[Results], little: Results, place: Place) -> dict[str, Any]:
    return {
        "size": place.file("first.csv").stat().st_size / 1e6,
        "results": [result.plain() for result in results],
        "small": little.plain(),
        "help": [show_help(place).plain() for _ in range(_HELP_ROUNDS)],
        "stages": [asdict(stage) for stage in stages_of_a_night(place)],
    }


if __name__ == "__main__":
    raise SystemExit(main())
