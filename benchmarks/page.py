"""docs/performance.md and its charts, from the parts that this machine has measured."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from benchmarks.cases import restored
from benchmarks.growth_chart import growth_chart
from benchmarks.growth_page import growth_section, sizes_of
from benchmarks.machine import describe
from benchmarks.nights_page import bars, chart, rivals, rounds_told
from benchmarks.parts import Part, kept, largest
from benchmarks.places import PARTS, PEERS
from benchmarks.sections import districts_section, moves_section
from benchmarks.stages import Stage, stage_table

NIGHTS = "nights"
_PAGE, _IMAGES = Path("docs/performance.md"), Path("docs/images")
_HEAD = """# Performance

Written by `make bench`. The numbers are of one machine, and the ratios travel better than the seconds. Each part says when it was
measured, and with which version of the program; the tables of nights are of one session: {origin}.

The work: {rows:,} patrons in a CSV of 25 quoted columns ({size:.0f} MB), 22 fields mapped with trims, cuts, two value maps, two dates and
a pattern; the store on disk, synced as in production. *Nightly* is the same file with 1% of its rows changed. Times are whole processes,
start to exit, taken by turns: each round runs everybody once, and a ratio is the median over rounds of our time by theirs in that round.
{rounds}

Every contestant's table has its key declared. What the others do is less: they write rows. `runner` also checks the file, compares
every field, keeps what is locked or owned by staff, judges conflicts, guards and leavers, journals each change so that it can be
undone, and writes the report. The policy is on.

![Seconds by night and contestant](images/performance.svg)
"""
_END = """`make bench` measures the nights again; `make bench QUICK=1` takes 100,000 rows and two minutes, and writes no page. Growth,
districts and moves take longer, and `make bench EVERYTHING=1` measures them as well. benchmarks/ has all of it.
"""


def write_page() -> bool:
    """Writes docs/performance.md and its charts from what this machine has measured; gives whether there was enough for a page."""
    parts = kept(PARTS, dict(describe(PEERS)))
    if NIGHTS not in parts:
        print(f"\nKept in {PARTS}; {_PAGE} is written once `make bench` has measured the nights here.")
        return False
    _IMAGES.mkdir(exist_ok=True)
    for name, drawing in drawings(parts).items():
        (_IMAGES / name).write_text(drawing, encoding="utf-8")
    _PAGE.write_text(page(parts), encoding="utf-8")
    print(f"\nWritten: {_PAGE}")
    return True


def page(parts: Mapping[str, Part]) -> str:
    """The page as Markdown. What was not measured here has no section."""
    nights = parts[NIGHTS]
    results, small = [restored(each) for each in nights.data["results"]], restored(nights.data["small"])
    head = _HEAD.format(origin=nights.origin, rows=results[0].rows, size=nights.data["size"], rounds=rounds_told(results))
    sections = [
        ("Against the others", rivals(results)),
        ("Against the bar", bars(results, small, [run[0] for run in nights.data.get("help", [])])),
        ("Where the time of a night goes", _stages(nights)),
        *_own_parts(parts),
        ("Where it was measured", _machine(nights.machine)),
    ]
    return "\n".join([head, *(f"## {title}\n\n{text}" for title, text in sections), _END])


def drawings(parts: Mapping[str, Part]) -> dict[str, str]:
    """The charts as SVG, by file name."""
    found = {"performance.svg": chart([restored(each) for each in parts[NIGHTS].data["results"]])}
    if sizes := sizes_of(parts):
        found["growth.svg"] = growth_chart(sizes)
    return found


def _own_parts(parts: Mapping[str, Part]) -> list[tuple[str, str]]:
    """The sections of what has a command of its own."""
    found = []
    if sizes := sizes_of(parts):
        found.append(("How it grows", growth_section(sizes)))
    if part := largest(parts, "districts", "people"):
        found.append(("Many districts", districts_section(part)))
    if part := largest(parts, "moves", "rows"):
        found.append(("When everybody moves", moves_section(part)))
    return found


def _stages(nights: Part) -> str:
    stages = [Stage(**each) for each in nights.data["stages"]]
    return f"One more run of the nightly full, with `runner run --timings`.\n\n{stage_table(stages)}"


def _machine(machine: Mapping[str, str]) -> str:
    return "\n".join(["| | |", "|---|---|", *(f"| {thing} | {what} |" for thing, what in machine.items())]) + "\n"
