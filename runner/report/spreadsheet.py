"""messages.csv and changes.csv: for people with a spreadsheet. No cell starts a formula; programs read summary.json instead."""

from __future__ import annotations

from io import BytesIO

import polars as pl

from runner.report.explain import put_right
from runner.report.lines import field_lines
from runner.report.model import RunReport
from runner.report.veil import veiled_changes, veiled_messages

# Up to so many new patrons get a line per field; above, one line each: a first load would otherwise make a file no spreadsheet opens.
ADDS_WITH_FIELDS = 10_000
MESSAGE_COLUMNS = ("run", "severity", "code", "line", "column", "patron", "field", "value", "text", "put_right")
CHANGE_COLUMNS = ("run", "line", "patron", "site", "action", "cause", "rule", "reason", "held", "field", "before", "after")
# What spreadsheets take for a formula, also behind blanks and invisible characters, and in full-width and small forms (CWE-1236).
_FORMULA = r"^[\s\p{C}]*[=+\-@\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}\x{FE66}\x{FE62}\x{FE63}\x{FE6B}]|^\s*[\t\r\n]"


def messages_csv(report: RunReport) -> bytes:
    """Every message, one line each, with the way to put it right. UTF-8 with a byte order mark, all cells quoted."""
    shown = veiled_messages(report.messages, report.show_values)
    return _csv(shown.with_columns(put_right=put_right(shown)), report.run, MESSAGE_COLUMNS)


def changes_csv(report: RunReport) -> bytes:
    """Every change, one line per changed field (a new patron has one line per filled field, or one line in all above 10,000 of them).

    With `summary: all`, patrons that no change touches follow, one line each, with their outcome as the action.
    """
    changes = veiled_changes(report.changes, report.show_values)
    named = changes if adds_in_full(report) else changes.filter(pl.col("action") != "add")
    lines = changes.join(field_lines(report, named), on="ref", how="left", maintain_order="left_right")
    every = [lines.with_columns(pl.col("action").cast(pl.String)), _others(report)]
    return _csv(pl.concat(every, how="diagonal"), report.run, CHANGE_COLUMNS)


def adds_in_full(report: RunReport) -> bool:
    """Whether changes.csv gives each field of the new patrons."""
    return report.adds.height <= ADDS_WITH_FIELDS


def defused(column: str) -> pl.Expr:
    """The column's text with a leading ' wherever a spreadsheet would see a formula."""
    return pl.when(pl.col(column).str.contains(_FORMULA)).then("'" + pl.col(column)).otherwise(column).alias(column)


def _others(report: RunReport) -> pl.DataFrame:
    """Records of `summary: all` that changed nothing: the action is their outcome."""
    told = ["unchanged", "duplicate", "refused"] if report.summary == "all" else []
    rows = report.outcomes.filter(pl.col("outcome").is_in(told))
    return rows.select("line", "patron", action=pl.col("outcome").cast(pl.String), held=pl.lit(False))


def _csv(rows: pl.DataFrame, run: str, columns: tuple[str, ...]) -> bytes:
    plain = rows.with_columns(pl.col(pl.Enum).cast(pl.String), run=pl.lit(run)).select(columns)
    texts = [name for name, dtype in plain.schema.items() if dtype == pl.String]
    target = BytesIO()
    plain.with_columns(defused(name) for name in texts).write_csv(target, quote_style="always", include_bom=True)
    return target.getvalue()
