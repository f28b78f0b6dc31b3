"""The counts beside what is usual, and both sums checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from msgspec import Struct

from runner.report.model import PastRun, RunReport
from runner.report.wording import count_labels, number

RUNS_COMPARED = 10
# Outcomes in the order of the bar; each is a term of the second sum.
OUTCOMES = ("unchanged", "updated", "added", "transferred", "associated", "deleted", "duplicate", "held", "refused")
_GROUPS = {
    "The file": ("rows_read", "skipped", "malformed", "records_read"),
    "What became of each record": OUTCOMES,
    "Besides": ("warnings", "reactivated", "inactivated", "removed"),
}
_FIRST_GROUP = {"undo": "What was looked at", "approve": "What waited"}
NO_RESULT = ("running", "failed", "interrupted", "missed", "lost")
_FINISHED = ("complete", "incomplete", "held", "undone", "rejected", "superseded")


class Figure(Struct, frozen=True):
    """One count; `usual` is the median of earlier runs, None without any; `differs` says how far off it is, when that is worth a look."""

    key: str
    label: str
    value: int | None
    usual: float | None
    differs: str | None


class FigureGroup(Struct, frozen=True):
    title: str
    figures: tuple[Figure, ...]


class Sum(Struct, frozen=True):
    """A sum of docs/domain.md section 8 with its numbers: `total = terms`; `holds` tells whether they agree."""

    total: tuple[str, int]
    terms: tuple[tuple[str, int], ...]
    holds: bool


def figure_groups(report: RunReport) -> tuple[FigureGroup, ...]:
    """Every count beside its median over the last ten finished runs; a run that came to no result has no counts, which is not nought."""
    past = finished(report.history)[:RUNS_COMPARED]
    counts: Mapping[str, int] = {} if report.status in NO_RESULT else report.counts
    labels = count_labels(report.kind)
    groups = {_FIRST_GROUP.get(report.kind, title) if title == "The file" else title: keys for title, keys in _GROUPS.items()}
    return tuple(
        FigureGroup(title, tuple(_figure(key, labels[key], counts.get(key), past) for key in keys)) for title, keys in groups.items()
    )


def finished(history: Sequence[PastRun]) -> list[PastRun]:
    """The earlier runs that came to an end with counts of their own, newest first."""
    return [run for run in history if run.status in _FINISHED]


def sums(counts: Mapping[str, int]) -> tuple[Sum, Sum]:
    """Both sums of docs/domain.md section 8, with what they come to."""
    return _sum(counts, "rows_read", ("skipped", "malformed", "records_read")), _sum(counts, "records_read", OUTCOMES)


def _figure(key: str, label: str, value: int | None, past: Sequence[PastRun]) -> Figure:
    known = [run.counts[key] for run in past if key in run.counts]
    usual = median(known) if known else None
    differs = _difference(value, usual) if value is not None and usual is not None and len(known) >= 3 else None
    return Figure(key, label, value, usual, differs)


def _difference(value: int, usual: float) -> str | None:
    """Words for a value off by more than 5 and by more than a quarter of what is usual."""
    gap = abs(value - usual)
    if not gap > max(5, usual / 4):
        return None
    way = "more" if value > usual else "fewer"
    if not value:
        return "none this time"
    if not usual or gap > 9 * usual:
        return f"{number(gap)} {way} than usual"
    return f"{round(100 * gap / usual)}% {way} than usual"


def _sum(counts: Mapping[str, int], total: str, terms: Sequence[str]) -> Sum:
    numbers = tuple((term, counts.get(term, 0)) for term in terms)
    return Sum((total, counts.get(total, 0)), numbers, counts.get(total, 0) == sum(value for _, value in numbers))
