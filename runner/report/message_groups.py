"""Messages grouped by code, the gravest first, each with what it means and the way to put it right."""

from __future__ import annotations

import polars as pl
from msgspec import Struct

from runner.report.explain import explained
from runner.report.model import RunReport
from runner.report.veil import veiled_messages

SHOWN = 2_000


class MessageLine(Struct, frozen=True):
    """One message; None where it has no such part."""

    line: int | None
    column: str | None
    patron: str | None
    field: str | None
    value: str | None
    text: str


class MessageGroup(Struct, frozen=True):
    """All messages of one code: `total` of them, the first 2,000 as `lines` (none of a note, unless the job says `summary: all`)."""

    code: str
    severity: str
    total: int
    meaning: str
    put_right: str
    lines: tuple[MessageLine, ...]

    @property
    def rest(self) -> int:
        return self.total - len(self.lines)


def message_groups(report: RunReport, shown: int = SHOWN) -> tuple[MessageGroup, ...]:
    """The groups by severity, then by size. Notes are counted but not listed unless the job's `summary` is `all`."""
    counted = report.messages.group_by("severity", "code").len().sort(["severity", "len", "code"], descending=[False, True, False])
    return tuple(_group(report, severity, code, total, shown) for severity, code, total in counted.iter_rows())


def _group(report: RunReport, severity: str, code: str, total: int, shown: int) -> MessageGroup:
    listed = shown if severity != "note" or report.summary == "all" else 0
    rows = report.messages.filter(pl.col("code") == code, pl.col("severity") == severity).head(listed)
    cells = veiled_messages(rows, report.show_values).select("line", "column", "patron", "field", "value", "text")
    meaning, put_right = explained(code)
    return MessageGroup(code, severity, total, meaning, put_right, tuple(MessageLine(*row) for row in cells.iter_rows()))
