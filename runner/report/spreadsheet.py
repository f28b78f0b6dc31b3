"""messages.csv and changes.csv: for people with a spreadsheet. No cell starts a formula; programs read summary.json instead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BytesIO
from itertools import chain

import polars as pl

from runner.report.explain import put_right
from runner.report.lines import field_lines
from runner.report.model import RunReport
from runner.report.veil import veiled_changes, veiled_messages

# Up to so many new patrons get a line per field; above, one line each: a first load would otherwise make a file no spreadsheet opens.
ADDS_WITH_FIELDS = 10_000
MESSAGE_COLUMNS = ("run", "severity", "code", "line", "column", "patron", "field", "value", "text", "put_right")
CHANGE_COLUMNS = ("run", "line", "patron", "site", "action", "cause", "rule", "reason", "held", "field", "before", "after")
_ROWS_AT_ONCE = 200_000
# Words of ours, none of which begins a formula.
_OURS = ("severity", "action", "cause")
# What spreadsheets take for a formula, also behind blanks and invisible characters, and in full-width and small forms (CWE-1236).
_SIGNS = r"=+\-@\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}\x{FE66}\x{FE62}\x{FE63}\x{FE6B}"
_FORMULA = rf"^[\s\p{{C}}]*[{_SIGNS}]|^\s*[\t\r\n]"
# Where the system's separator of lists is another one, as in half of Europe, a spreadsheet divides each line there, and minds no quotes
# inside of what it takes for one cell: in the middle of a value a cell begins.
_FORMULA_INSIDE = rf"([;|\t\r\n][\s\p{{C}}\"]*)([{_SIGNS}])"


def messages_csv(report: RunReport) -> Iterator[bytes]:
    """Every message, one line each, with the way to put it right. UTF-8 with a byte order mark, all cells quoted; in several parts."""
    shown = (veiled_messages(piece, report.show_values) for piece in _pieces(report.messages))
    return _csv((piece.with_columns(put_right=put_right(piece)) for piece in shown), report.run, MESSAGE_COLUMNS)


def changes_csv(report: RunReport) -> Iterator[bytes]:
    """Every change, one line per changed field (a new patron has one line per filled field, or one line in all above 10,000 of them).

    With `summary: all`, patrons that no change touches follow, one line each, with their outcome as the action.
    """
    return _csv(chain(_changes(report), _pieces(_others(report))), report.run, CHANGE_COLUMNS)


def adds_in_full(report: RunReport) -> bool:
    """Whether changes.csv gives each field of the new patrons."""
    return report.adds.height <= ADDS_WITH_FIELDS


def defused(column: str) -> pl.Expr:
    """The column's text with a ' before whatever a spreadsheet would see as a formula: at the beginning, or behind a separator."""
    inside = pl.col(column).str.replace_all(_FORMULA_INSIDE, "${1}'${2}")
    return pl.when(pl.col(column).str.contains(_FORMULA)).then("'" + inside).otherwise(inside).alias(column)


def _pieces(rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """`rows` a slice at a time, at least one."""
    yield from rows.iter_slices(_ROWS_AT_ONCE) if rows.height else [rows]


def _changes(report: RunReport) -> Iterator[pl.DataFrame]:
    """The changes with their field lines: `field`, `before`, `after` are missing where none of a slice has any."""
    for piece in _pieces(report.changes):
        changes = veiled_changes(piece, report.show_values)
        named = changes if adds_in_full(report) else changes.filter(pl.col("action") != "add")
        fields = field_lines(report, named)
        yield changes.join(fields, on="ref", how="left", maintain_order="left_right") if fields.height else changes


def _others(report: RunReport) -> pl.DataFrame:
    """Records of `summary: all` that changed nothing: the action is their outcome."""
    rows = report.outcomes.clear()
    if report.summary == "all":
        rows = report.outcomes.filter(pl.col("outcome").is_in(["unchanged", "duplicate", "refused"]))
    return rows.select("line", "patron", action=pl.col("outcome").cast(pl.String), held=pl.lit(False))


def _csv(pieces: Iterable[pl.DataFrame], run: str, columns: tuple[str, ...]) -> Iterator[bytes]:
    """The pieces as text, one after the other, so that never all of it is in memory."""
    nothing = pl.lit(None, dtype=pl.String)
    for number, rows in enumerate(pieces):
        absent = [nothing.alias(name) for name in columns if name not in rows.columns and name != "run"]
        plain = rows.with_columns(pl.col(pl.Enum).cast(pl.String), *absent, run=pl.lit(run)).select(columns)
        texts = [name for name, dtype in plain.schema.items() if dtype == pl.String and name not in _OURS]
        target = BytesIO()
        plain.with_columns(defused(name) for name in texts).write_csv(
            target, quote_style="always", include_bom=not number, include_header=not number
        )
        yield target.getvalue()
