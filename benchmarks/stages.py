"""Where the time of a run goes: the table that `runner run --timings` prints, read back, and its place on the page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.measure import Broken

_HEADINGS = ["stage", "seconds", "share", "processor s", "peak MB"]
_GAP = re.compile(r"\s{2,}")
_MEANS = {
    "fetch": "a private copy of the file, hashed",
    "read": "which lines are new; their cells",
    "map": "values as the job wants them",
    "compare": "match, judge, compare with the store, guards",
    "policy": "who left, who graduated",
    "apply": "one transaction: patrons and journal",
    "report": "pages, spreadsheets, JSON",
    "conclude": "what the next night remembers",
    "start-up and between": "Python, its libraries, the job's files",
}
ALL = "all"


@dataclass(frozen=True, slots=True)
class Stage:
    """One line of the table; `peak` is the most that the process had held by the stage's end, in MB."""

    name: str
    seconds: float
    share: int
    cpu: float
    peak: float


def read_stages(said: str) -> list[Stage]:
    """The stages that a run with --timings told among all that it said. Raises Broken where there is no table."""
    lines = [_GAP.split(line.strip()) for line in said.splitlines()]
    if _HEADINGS not in lines:
        raise Broken(f"a run with --timings told no stages:\n{said[-1000:]}")
    stages = []
    for cells in lines[lines.index(_HEADINGS) + 1 :]:
        if len(cells) != len(_HEADINGS):
            break
        name, seconds, share, cpu, peak = cells
        stages.append(Stage(name, float(seconds), int(share.rstrip("%")), float(cpu), float(peak.replace(",", ""))))
    return stages


def stage_table(stages: Sequence[Stage]) -> str:
    """The table as Markdown."""
    lines = ["| stage | what it does | seconds | share | CPU seconds | peak memory so far |", "|---|---|---:|---:|---:|---:|"]
    for each in stages:
        name = f"**{each.name}**" if each.name == ALL else each.name
        measured = f"{each.seconds:.2f} | {each.share}% | {each.cpu:.2f} | {each.peak:,.0f} MB"
        lines.append(f"| {name} | {_MEANS.get(each.name, '')} | {measured} |")
    return "\n".join(lines) + "\n"
