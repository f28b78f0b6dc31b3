"""The chart of growth: two log-log panels, seconds and peak memory, over the number of patrons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

from benchmarks.contestants import FLOOR
from benchmarks.growth_page import FIRST, NIGHTLY, Size

_LINES = ((FIRST, "load"), (NIGHTLY, "night"), (FLOOR, "other"))
_TOP, _HEIGHT, _WIDTH, _LEFTS = 34, 250, 290, (58, 448)
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#57606a}.title{font-weight:600}.grid{stroke:#8b949e;stroke-opacity:.3}"
    "path,circle,rect{stroke-width:2}path{fill:none}.load{stroke:#1a7f5a;fill:#1a7f5a}.night{stroke:#8a6d1d;fill:#8a6d1d}"
    ".other{stroke:#6e7781;fill:#6e7781}path.load,path.night,path.other{fill:none}path.other{stroke-dasharray:5 4}"
    "@media(prefers-color-scheme:dark){text{fill:#c9d1d9}.load{stroke:#3fb587;fill:#3fb587}.night{stroke:#d9ab3a;fill:#d9ab3a}"
    ".other{stroke:#9aa4ae;fill:#9aa4ae}}"
)


@dataclass(frozen=True, slots=True)
class _Panel:
    """One drawing: where it begins, and the powers of ten at its edges."""

    left: int
    rows: tuple[int, int]
    values: tuple[int, int]

    def x(self, rows: float) -> float:
        low, high = self.rows
        return self.left + _WIDTH * (log10(rows) - low) / (high - low)

    def y(self, value: float) -> float:
        low, high = self.values
        return _TOP + _HEIGHT * (high - log10(value)) / (high - low)


def growth_chart(sizes: Sequence[Size]) -> str:
    """The chart as SVG, in light and dark."""
    parts = [
        _drawn(sizes, _LEFTS[0], "seconds, start to exit", Size.seconds, _in_seconds),
        _drawn(sizes, _LEFTS[1], "peak memory", Size.peak, _in_bytes),
        _legend(),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 780 {_TOP + _HEIGHT + 66}" role="img" '
        f'aria-label="Seconds and peak memory by number of patrons, both on scales of tens">'
        f"<style>{_STYLE}</style>{''.join(parts)}</svg>\n"
    )


def _drawn(sizes: Sequence[Size], left: int, title: str, value: Callable[[Size, str], float | None], unit: Callable[[float], str]) -> str:
    found = {name: [(size.rows, at) for size in sizes if (at := value(size, name)) is not None] for name, _ in _LINES}
    panel = _Panel(left, _tens([size.rows for size in sizes]), _tens([at for points in found.values() for _, at in points]))
    parts = [f'<text x="{left}" y="18" class="title">{title}</text>', _grid(panel, unit)]
    for name, kind in _LINES:
        parts.append(_line([(panel.x(rows), panel.y(at)) for rows, at in found[name]], kind))
    return "".join(parts)


def _tens(values: Sequence[float]) -> tuple[int, int]:
    """The powers of ten around the values; never the same one twice."""
    low, high = floor(log10(min(values)) + 1e-9), ceil(log10(max(values)) - 1e-9)
    return low, max(high, low + 1)


def _grid(panel: _Panel, unit: Callable[[float], str]) -> str:
    parts, right, bottom = [], panel.left + _WIDTH, _TOP + _HEIGHT
    for power in range(panel.values[0], panel.values[1] + 1):
        y = panel.y(10.0**power)
        parts.append(f'<line x1="{panel.left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>')
        parts.append(f'<text x="{panel.left - 6}" y="{y + 4:.1f}" text-anchor="end">{unit(10.0**power)}</text>')
    for power in range(panel.rows[0], panel.rows[1] + 1):
        x = panel.x(10.0**power)
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{bottom}" class="grid"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{_in_rows(power)}</text>')
    return "".join(parts)


def _line(points: Sequence[tuple[float, float]], kind: str) -> str:
    if not points:
        return ""
    way = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return f'<path d="M{way}" class="{kind}"/>' + "".join(_mark(x, y, kind) for x, y in points)


def _mark(x: float, y: float, kind: str) -> str:
    """A disc, a square or a ring: nobody has to tell the lines apart by colour."""
    if kind == "night":
        return f'<rect x="{x - 3.5:.1f}" y="{y - 3.5:.1f}" width="7" height="7" class="{kind}"/>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{4 if kind == "load" else 2}" class="{kind}"/>'


def _legend() -> str:
    parts, x, y = [], _LEFTS[0], _TOP + _HEIGHT + 50
    for name, kind in _LINES:
        parts.append(_line([(x, y - 4), (x + 26, y - 4)], kind))
        parts.append(f'<text x="{x + 36}" y="{y}">{escape(name)}</text>')
        x += 60 + 7 * len(name)
    return "".join(parts)


def _in_seconds(seconds: float) -> str:
    return f"{seconds:g} s"


def _in_bytes(size: float) -> str:
    return f"{size / 1e9:g} GB" if size >= 1e9 else f"{size / 1e6:g} MB"


def _in_rows(power: int) -> str:
    return f"{10 ** (power - 6)}M" if power >= 6 else f"{10**power:,}"
