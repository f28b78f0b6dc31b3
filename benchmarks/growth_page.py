"""What the page says of growth: a line for each size, what ten times the rows cost, and both against their bar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from benchmarks.contestants import FLOOR
from benchmarks.measure import Measured
from benchmarks.parts import Part

FIRST, NIGHTLY, FEW = "first load", "nightly full, 1% changed", "the same 10,000 rows"
NIGHTS = (FIRST, NIGHTLY, FLOOR)
FEW_ROWS = 10_000
_MILLION, _TEN = 1_000_000, 10_000_000
_TIMES, _UNCHANGED, _GIGABYTES = 11.0, 1.1, 6.0

_INTRODUCTION = """One line a size, medians of its rounds. A round begins with no store: first load, then the night with 1% changed, then
five further jobs of the district, one after the other, each of which brings the same 10,000 rows for the first time (100 of them changed
since the job before) into the store, however large that has become.

![Seconds and peak memory by number of patrons](images/growth.svg)
"""


@dataclass(frozen=True, slots=True)
class Size:
    """What was measured of one size, by night, one value a round; five a round of the same few rows."""

    rows: int
    rounds: Mapping[str, Sequence[Measured]]
    origin: str

    def seconds(self, night: str) -> float | None:
        """The median time, or None where it has no figure."""
        runs = self.rounds.get(night)
        return median(run.seconds for run in runs) if runs else None

    def peak(self, night: str) -> float | None:
        """The median peak of memory in bytes, or None."""
        runs = self.rounds.get(night)
        return median(run.peak for run in runs) if runs else None


def sizes_of(parts: Mapping[str, Part]) -> list[Size]:
    """The sizes that were measured, smallest first."""
    return sorted((_size(part) for name, part in parts.items() if name.startswith("growth-")), key=lambda size: size.rows)


def _size(part: Part) -> Size:
    data: Mapping[str, Any] = part.data
    rounds = {night: [Measured(*run) for run in runs] for night, runs in data["rounds"].items()}
    return Size(data["rows"], rounds, part.origin)


def growth_section(sizes: Sequence[Size]) -> str:
    """The section's text below its heading."""
    return "\n".join([_INTRODUCTION, _by_size(sizes), _by_tens(sizes), _bars(sizes)])


def _by_size(sizes: Sequence[Size]) -> str:
    lines = [
        "| patrons | first load | a row | peak | nightly full | a row | peak | floor | peak | 10,000 rows | rounds | measured |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|",
    ]
    for size in sizes:
        cells = [f"{size.rows:,}"]
        for night in (FIRST, NIGHTLY):
            cells += [_seconds(size.seconds(night)), _each(size.seconds(night), size.rows), _memory(size.peak(night))]
        cells += [_seconds(size.seconds(FLOOR)), _memory(size.peak(FLOOR)), _seconds(size.seconds(FEW))]
        lines.append(f"| {' | '.join(cells)} | {len(size.rounds[FIRST])} | {size.origin} |")
    return "\n".join(lines) + "\n"


def _by_tens(sizes: Sequence[Size]) -> str:
    """What ten times the rows cost; a size without the one before it has no line."""
    lines = [
        "| ten times the rows | first load | nightly full | floor | a row of the load | a row of the nightly | the same 10,000 rows |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for small, large in _tens(sizes):
        whole = [_times(small.seconds(night), large.seconds(night)) for night in (*NIGHTS, FIRST, NIGHTLY)]
        each = [times / 10 if times is not None else None for times in whole[3:]]
        cells = [*whole[:3], *each, _times(small.seconds(FEW), large.seconds(FEW))]
        shown = " | ".join(f"{times:.2f} x" if times is not None else "" for times in cells)
        lines.append(f"| {small.rows:,} to {large.rows:,} | {shown} |")
    return "\n".join(lines) + "\n"


def _bars(sizes: Sequence[Size]) -> str:
    pair = next((pair for pair in _tens(sizes) if pair[1].rows == _TEN), None)
    if pair is None:
        how = f"`python -m benchmarks.growth --largest {_TEN}`"
        return f"1,000,000 and 10,000,000 patrons have not both been measured on this machine, so their bar is open; {how} does it.\n"
    small, large = pair
    lines = ["| growth | bar | measured | |", "|---|---|---:|---|"]
    for night in (FIRST, NIGHTLY):
        lines.append(
            _bar(f"{night}, {_TEN:,}", f"{_TIMES:g} x the time of {_MILLION:,}", _times(small.seconds(night), large.seconds(night)), _TIMES)
        )
    peak = max(large.peak(night) or 0.0 for night in (FIRST, NIGHTLY)) / 1e9
    lines.append(f"| peak memory, {_TEN:,} | under {_GIGABYTES:g} GB | {peak:.2f} GB | {'met' if peak < _GIGABYTES else 'missed'} |")
    few = _times(small.seconds(FEW), large.seconds(FEW))
    lines.append(_bar(f"the same 10,000 rows, store of {_TEN:,}", f"as with {_MILLION:,} (within a tenth)", few, _UNCHANGED))
    return "\n".join(lines) + "\n"


def _tens(sizes: Sequence[Size]) -> list[tuple[Size, Size]]:
    return [(small, large) for small, large in pairwise(sizes) if large.rows == 10 * small.rows]


def _bar(name: str, bar: str, times: float | None, limit: float) -> str:
    if times is None:
        return f"| {name} | {bar} | | not measured |"
    return f"| {name} | {bar} | {times:.2f} x | {'met' if times <= limit else 'missed'} |"


def _times(small: float | None, large: float | None) -> float | None:
    return large / small if small and large else None


def _seconds(seconds: float | None) -> str:
    return f"{seconds:.2f} s" if seconds is not None else ""


def _each(seconds: float | None, rows: int) -> str:
    return f"{seconds / rows * 1e6:.2f} µs" if seconds is not None else ""


def _memory(peak: float | None) -> str:
    return f"{peak / 1e6:,.0f} MB" if peak is not None else ""
