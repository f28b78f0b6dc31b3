"""The shapes of the charts: bars over the last runs, and one bar of what became of the records. Templates draw them as inline SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate

from msgspec import Struct

from runner.report.figures import OUTCOMES, finished
from runner.report.model import NIGHTS, PastRun
from runner.report.wording import COUNT_LABELS, number

RUNS_DRAWN = 30
_CHANGES = ("added", "updated", "transferred", "associated", "deleted", "inactivated", "removed")


class Spark(Struct, frozen=True):
    """One number over the runs, oldest first, this run last: bars of a drawing `width` x `height`, each (x, y, wide, high).
    `current`: the last one is the run that the drawing belongs to, and not an earlier one."""

    label: str
    width: int
    height: int
    bars: tuple[tuple[float, float, float, float], ...]
    words: str
    low: int
    high: int
    current: bool


class Segment(Struct, frozen=True):
    """A part of the bar of outcomes, in thousandths of its length."""

    key: str
    label: str
    value: int
    share: str
    x: float
    wide: float


def sparks(history: Sequence[PastRun], counts: Mapping[str, int] | None = None, *, current: bool = True) -> tuple[Spark, ...]:
    """Records and changes over the last nights, `counts` (this run's) last; none with fewer than two to compare.
    `current`: whether the last one is the run that they are drawn for."""
    nights = [run for run in history if run.kind in NIGHTS]
    rows = [run.counts for run in reversed(finished(nights)[: RUNS_DRAWN - 1])] + ([counts] if counts is not None else [])
    if len(rows) < 2:
        return ()
    records = [row.get("records_read", 0) for row in rows]
    changes = [sum(row.get(key, 0) for key in _CHANGES) for row in rows]
    return _spark("Records judged", records, current=current), _spark("Changes made", changes, current=current)


def segments(counts: Mapping[str, int], labels: Mapping[str, str] = COUNT_LABELS) -> tuple[Segment, ...]:
    """The bar of outcomes. A part that is there at all is wide enough to see, so small parts are drawn wider than they are."""
    present = [(key, counts.get(key, 0)) for key in OUTCOMES if counts.get(key, 0)]
    total = sum(value for _, value in present)
    raw = [max(1000 * value / total, 9.0) for _, value in present]
    wide = [1000 * each / sum(raw) for each in raw]
    starts = [0.0, *accumulate(wide)]
    return tuple(
        Segment(key, labels[key], value, _share(value, total), round(x, 2), round(w, 2))
        for (key, value), x, w in zip(present, starts, wide, strict=False)
    )


def _spark(label: str, values: Sequence[int], width: int = 240, height: int = 48, *, current: bool) -> Spark:
    """Bars from zero, so that a shrunk file looks shrunk."""
    top, step = max(values) or 1, width / max(len(values), 12)
    bars = tuple(
        (round(i * step, 2), round(height - max(height * value / top, 1), 2), round(step * 0.72, 2), round(max(height * value / top, 1), 2))
        for i, value in enumerate(values)
    )
    words = f"{label} over the last {len(values)} runs: from {number(min(values))} to {number(max(values))}, last {number(values[-1])}"
    return Spark(label, width, height, bars, words, min(values), max(values), current)


def _share(value: int, total: int) -> str:
    percent = 100 * value / total
    return f"{percent:.1f}%" if percent >= 0.1 else "under 0.1%"
