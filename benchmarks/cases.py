"""The nights that are measured, and the rounds in which everybody runs them by turns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from benchmarks.contestants import DLT, DUCKDB, FLOOR, OURS, PANDAS, SLOW, SQLITE, Place, answered, day_before, forget, start, told
from benchmarks.measure import Broken, Measured
from benchmarks.stages import Stage, read_stages


@dataclass(frozen=True, slots=True)
class Case:
    """One night: the file, the store before (empty, or after the first load), our words, and who else runs it.

    `bar` is (rival, ratio): our time may be at most `ratio` times the rival's. `outcome` and `share` say what has to come of it: this
    count, for one row in `share`. A time of a run that did something else would mean nothing.
    """

    name: str
    file: str
    loaded: bool
    words: tuple[str, ...]
    others: tuple[str, ...]
    bar: tuple[str, float] | None
    outcome: str
    share: int


EVERYBODY = (FLOOR, DUCKDB, SQLITE, PANDAS, DLT)
CASES = (
    Case("first load", "first.csv", False, ("run", "--full"), EVERYBODY, (DUCKDB, 1.5), "added", 1),
    Case("nightly full, 1% changed", "nightly.csv", True, ("run", "--full"), EVERYBODY, (DUCKDB, 0.5), "updated", 100),
    Case("nightly full, nothing changed", "first.csv", True, ("run", "--full"), (FLOOR,), (FLOOR, 1.0), "unchanged", 1),
    Case("incremental, 1% changed", "nightly.csv", True, ("run", "--incremental"), (FLOOR,), (FLOOR, 0.8), "updated", 100),
    Case("dry run of the nightly full", "nightly.csv", True, ("plan", "--full"), (FLOOR,), None, "updated", 100),
)
SMALL = Case("nightly full of a twentieth of the rows", "nightly.csv", True, ("run", "--full"), (), (FLOOR, 1.0), "updated", 100)


@dataclass(slots=True)
class Results:
    """What was measured of one case, by contestant, one value a round; None where a slow one sat a round out."""

    case: Case
    rows: int
    rounds: dict[str, list[Measured | None]] = field(default_factory=dict)

    def seconds(self, who: str) -> float:
        """The median time of a contestant."""
        return median(run.seconds for run in self.rounds[who] if run)

    def cpu(self, who: str) -> float:
        """The median processor time of a contestant; on a busy machine it is steadier than the time on the clock."""
        return median(run.cpu for run in self.rounds[who] if run)

    def peak(self, who: str) -> float:
        """The median peak of memory, in bytes."""
        return median(run.peak for run in self.rounds[who] if run)

    def ratio(self, rival: str) -> float | None:
        """The median over rounds of our time by the rival's in the same round; None where they never met."""
        pairs = zip(self.rounds[OURS], self.rounds.get(rival, ()), strict=False)
        ratios = [ours.seconds / theirs.seconds for ours, theirs in pairs if ours and theirs]
        return median(ratios) if ratios else None

    def plain(self) -> dict[str, Any]:
        """As it is kept on disk."""
        rounds = {who: [run.plain() if run else None for run in runs] for who, runs in self.rounds.items()}
        return {"case": self.case.name, "rows": self.rows, "rounds": rounds}


def restored(plain: Mapping[str, Any]) -> Results:
    """Results as they were before they were kept. Raises KeyError for a case that is measured no more."""
    rounds = {who: [Measured(*run) if run else None for run in runs] for who, runs in plain["rounds"].items()}
    return Results({case.name: case for case in (*CASES, SMALL)}[plain["case"]], plain["rows"], rounds)


def run_case(case: Case, place: Place, here: Sequence[str], rows: int, pairs: int, slow_pairs: int, tell: Callable[[str], None]) -> Results:
    """Measures a case: all contestants by turns, `pairs` rounds, the slow ones only in the first `slow_pairs`."""
    results = Results(case, rows)
    contestants = [OURS, *(who for who in case.others if who in here)]
    for number in range(pairs):
        for who in contestants:
            sits_out = who in SLOW and number >= slow_pairs
            results.rounds.setdefault(who, []).append(None if sits_out else _one(who, case, place, rows))
        tell(f"{case.name}, round {number + 1} of {pairs}: " + _times(results, number))
    return results


def load_first(place: Place, who: str) -> None:
    """Loads the first file, unmeasured: for a place where the first load is no case."""
    forget(who, place)
    start(who, place, place.file("first.csv"))


def stages_of_a_night(place: Place) -> list[Stage]:
    """Where the time of the nightly full goes: one more run of it, which tells its stages."""
    day_before(OURS, place)
    start(OURS, place, place.file("nightly.csv"), "run", "--full", "--timings")
    return read_stages(told(place))


def _one(who: str, case: Case, place: Place, rows: int) -> Measured:
    if who != FLOOR:
        (day_before if case.loaded else forget)(who, place)
    measured = start(who, place, place.file(case.file), *(case.words if who == OURS else ()))
    if who == OURS and (counted := answered(place)[case.outcome]) != rows // case.share:
        raise Broken(f"{case.name}: {counted:,} {case.outcome}, and it ought to be {rows // case.share:,}")
    return measured


def _times(results: Results, number: int) -> str:
    return ", ".join(f"{who} {run.seconds:.2f} s" for who, runs in results.rounds.items() if (run := runs[number]))
