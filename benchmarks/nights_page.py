"""What the page says of the nights: everybody's times, ours against the bar, and the chart of both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from statistics import median

from benchmarks.cases import Results
from benchmarks.contestants import DUCKDB, FLOOR, OURS, SLOW
from benchmarks.measure import Measured

_HELP = 0.3  # seconds


def rounds_told(results: Sequence[Results]) -> str:
    """How many rounds the medians are of, in a sentence."""
    everybody = _span(len(_measured(result, who)) for result in results for who in result.rounds if who not in SLOW)
    slow = [who for who in SLOW if any(who in result.rounds for result in results)]
    if not slow:
        return f"Times are medians of {everybody}."
    fewer = _span(len(_measured(result, who)) for result in results for who in slow if who in result.rounds)
    return f"Times are medians of {everybody}; of the slow ones ({', '.join(slow)}) of {fewer}."


def rivals(results: Sequence[Results]) -> str:
    """Everybody's medians as a table."""
    lines = ["| night | who | rounds | seconds | CPU seconds | peak memory | we take |", "|---|---|---:|---:|---:|---:|---:|"]
    for result in results:
        for who in result.rounds:
            ratio = result.ratio(who)
            met = "" if who == OURS or ratio is None else f"{ratio:.2f} x"
            name = f"**{who}**" if who == OURS else who
            measured = f"{result.seconds(who):.2f} | {result.cpu(who):.2f} | {result.peak(who) / 1e6:,.0f} MB"
            lines.append(f"| {result.case.name} | {name} | {len(_measured(result, who))} | {measured} | {met} |")
    return "\n".join(lines) + "\n"


def _measured(result: Results, who: str) -> list[Measured]:
    return [run for run in result.rounds[who] if run]


def _span(counts: Iterable[int]) -> str:
    each = sorted(counts)
    low, high = each[0], each[-1]
    return f"{low} to {high} rounds" if low != high else f"{low} round{'' if low == 1 else 's'}"


def bars(results: Sequence[Results], small: Results, helps: Sequence[float]) -> str:
    """Our times against what they are meant to be. `helps`: seconds of `runner --help`, where they were measured."""
    floor = results[0]
    lines = ["| night | bar | measured | |", "|---|---|---:|---|"]
    for result in results:
        if result.case.bar is None:  # the dry run's is the run itself
            continue
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
    lines.append(_line("peak memory, all nights", "1.2 GB for 1,000,000", f"{peak:.2f} GB", peak <= 1.2))
    if helps:
        took = median(helps)
        lines.append(_line("`runner --help`", f"{_HELP:g} s", f"{took:.2f} s", took <= _HELP))
    return "\n".join(lines) + "\n"


def _bar(name: str, bar: str, ratio: float, limit: float) -> str:
    return _line(name, bar, f"{ratio:.2f} x", ratio <= limit)


def _line(name: str, bar: str, measured: str, met: bool) -> str:
    return f"| {name} | {bar} | {measured} | {'met' if met else 'missed'} |"


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
