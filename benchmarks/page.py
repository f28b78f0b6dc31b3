"""docs/performance.md and its chart, from what was measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from benchmarks.cases import Results
from benchmarks.contestants import DUCKDB, FLOOR, OURS

_HEAD = """# Performance

Written by `make bench` on {day}; the numbers are of one machine in one session, and the ratios travel better than the seconds.

The work: {rows:,} patrons in a CSV of 25 quoted columns ({size:.0f} MB), 22 fields mapped with trims, cuts, two value maps, two dates and
a pattern; the store on disk, synced as in production. *Nightly* is the same file with 1% of its rows changed. Times are whole processes,
start to exit, taken by turns: each round runs everybody once, and a ratio is the median over rounds of our time by theirs in that round.

Every contestant's table has its key declared. What the others do is less: they write rows. `runner` also checks the file, compares
every field, keeps what is locked or owned by staff, judges conflicts, guards and leavers, journals each change so that it can be
undone, and writes the report. The policy is on.

![Seconds by night and contestant](images/performance.svg)
"""


def page(results: Sequence[Results], small: Results, floor: Results, machine: Iterable[tuple[str, str]], day: str, size: float) -> str:
    """The page as Markdown."""
    rows = results[0].rows
    parts = [
        _HEAD.format(day=day, rows=rows, size=size),
        "## Against the others\n",
        _rivals(results),
        "## Against the bar\n",
        _bars(results, small, floor),
    ]
    parts += ["## Where it was measured\n", "| | |\n|---|---|", *(f"| {thing} | {what} |" for thing, what in machine), ""]
    parts.append("`make bench` measures again; `make bench QUICK=1` takes 100,000 rows and two minutes. benchmarks/ has all of it.\n")
    return "\n".join(parts)


def _rivals(results: Sequence[Results]) -> str:
    lines = ["| night | who | seconds | CPU seconds | peak memory | we take |", "|---|---|---:|---:|---:|---:|"]
    for result in results:
        for who in result.rounds:
            ratio = result.ratio(who)
            met = "" if who == OURS or ratio is None else f"{ratio:.2f} x"
            name = f"**{who}**" if who == OURS else who
            measured = f"{result.seconds(who):.2f} | {result.cpu(who):.2f} | {result.peak(who) / 1e6:,.0f} MB"
            lines.append(f"| {result.case.name} | {name} | {measured} | {met} |")
    return "\n".join(lines) + "\n"


def _bars(results: Sequence[Results], small: Results, floor: Results) -> str:
    lines = ["| night | bar | measured | |", "|---|---|---:|---|"]
    for result in results:
        rival, limit = result.case.bar
        ratio = result.ratio(rival)
        if ratio is not None:
            lines.append(_bar(result.case.name, f"{limit:g} x {rival}", ratio, limit))
    dry, wet = (next(result for result in results if result.case.words == words) for words in (("plan", "--full"), ("run", "--full")))
    night = next(result for result in results if result.case.loaded)
    lines.append(_bar("dry run, against the run itself", "1 x", dry.seconds(OURS) / night.seconds(OURS), 1.05))
    lines.append(
        _bar(f"{small.rows:,} patrons, nightly full", f"1 x {FLOOR} of {wet.rows:,}", small.seconds(OURS) / floor.seconds(FLOOR), 1.0)
    )
    peak = max(result.peak(OURS) for result in results) / 1e9
    lines.append(f"| peak memory, all nights | 1.2 GB for 1,000,000 | {peak:.2f} GB | {'met' if peak <= 1.2 else 'missed'} |")
    return "\n".join(lines) + "\n"


def _bar(name: str, bar: str, ratio: float, limit: float) -> str:
    return f"| {name} | {bar} | {ratio:.2f} x | {'met' if ratio <= limit else 'missed'} |"


def chart(results: Sequence[Results]) -> str:
    """A bar chart as SVG: the first load and the nightly full, everybody's seconds on one scale."""
    shown = [(result, who) for result in results[:2] for who in result.rounds]
    longest = max(result.seconds(who) for result, who in shown)
    parts, y, last = [], 8, ""
    for result, who in shown:
        if result.case.name != last:
            y += 22
            parts.append(f'<text x="8" y="{y}" class="night">{escape(result.case.name)}</text>')
            last = result.case.name
        y += 22
        seconds = result.seconds(who)
        width = max(2.0, 420 * seconds / longest)
        kind = "ours" if who == OURS else "rival" if who == DUCKDB else "other"
        parts.append(f'<text x="150" y="{y}" text-anchor="end">{escape(who)}</text>')
        parts.append(f'<rect x="160" y="{y - 12}" width="{width:.1f}" height="15" rx="2" class="{kind}"/>')
        parts.append(f'<text x="{166 + width:.1f}" y="{y}">{seconds:.1f} s</text>')
    style = (
        "text{font:13px system-ui,sans-serif;fill:#57606a}.night{font-weight:600}"
        ".ours{fill:#1a7f5a}.rival{fill:#8a6d1d}.other{fill:#9aa4ae}"
        "@media(prefers-color-scheme:dark){text{fill:#c9d1d9}.ours{fill:#3fb587}.other{fill:#6e7781}}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 660 {y + 14}" role="img" aria-label="Seconds by night and contestant">'
        f"<style>{style}</style>{''.join(parts)}</svg>\n"
    )
