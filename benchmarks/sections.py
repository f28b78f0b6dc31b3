"""What the page says of many small districts and of nights in which everybody moves."""

from __future__ import annotations

from statistics import median

from benchmarks.columns import DISTRICT_SITES
from benchmarks.parts import Part

_DISTRICTS_BAR, _BAR_OF = 60.0, (100, 10_000)
_MOVES_BAR = 2.0


def districts_section(part: Part) -> str:
    """The passes of one daemon over many districts."""
    data = part.data
    lines = [
        f"{data['districts']:,} districts of {data['patrons']:,} patrons in {DISTRICT_SITES} schools each, a store each, all due at the",
        "same minute; `runner serve` brings them up to date, a process a run. Each pass is another night with 1% changed, measured once",
        f"from the daemon's start to the end of the last run; peak memory is the largest process's. Measured on {part.origin}.\n",
        "| runs at once | seconds | a district | CPU seconds | peak memory | bar | |",
        "|---:|---:|---:|---:|---:|---|---|",
    ]
    for night in data["nights"]:
        seconds = night["seconds"]
        each, memory = f"{seconds / data['districts']:.2f} s", f"{night['peak'] / 1e6:,.0f} MB"
        bar = _districts_bar(data["districts"], data["patrons"], seconds) if night["at_once"] == 1 else " | "
        lines.append(f"| {night['at_once']} | {seconds:.1f} | {each} | {night['cpu']:.1f} | {memory} | {bar} |")
    return "\n".join(lines) + "\n"


def _districts_bar(districts: int, patrons: int, seconds: float) -> str:
    if (districts, patrons) != _BAR_OF:
        return " | "
    return f"under {_DISTRICTS_BAR:g} s | {'met' if seconds < _DISTRICTS_BAR else 'missed'}"


def moves_section(part: Part) -> str:
    """Plans in which everybody transfers or swaps barcodes, beside one in which everybody has another homeroom."""
    data = part.data
    plain = data["plain"]
    lines = [
        f"`runner plan` over {data['rows']:,} patrons of whom each one changes, guards allowing it. All by turns, and a ratio is the",
        f"median over rounds. Measured on {part.origin}.\n",
        "| what changes | rounds | seconds | peak memory | against a plain field | bar | |",
        "|---|---:|---:|---:|---:|---|---|",
    ]
    for name, runs in data["rounds"].items():
        measured = f"{median(run[0] for run in runs):.2f} | {median(run[2] for run in runs) / 1e6:,.0f} MB"
        against = " | | "
        if name != plain:
            ratio = median(run[0] / other[0] for run, other in zip(runs, data["rounds"][plain], strict=True))
            against = f"{ratio:.2f} x | {_MOVES_BAR:g} x | {'met' if ratio <= _MOVES_BAR else 'missed'}"
        lines.append(f"| {name} | {len(runs)} | {measured} | {against} |")
    return "\n".join(lines) + "\n"
