"""The mapping as SQL, for DuckDB and for SQLite, made from benchmarks/columns.py."""

from __future__ import annotations

from benchmarks.columns import DATES, FIELDS, LOGIN, MAPS


def mapped(dialect: str, source: str) -> str:
    """A SELECT of all 22 fields from a table of text columns."""
    return f"SELECT {', '.join(f'{_expression(dialect, field)} AS {field}' for field in FIELDS)} FROM {source}"


def _expression(dialect: str, field: str) -> str:
    column, longest = FIELDS[field]
    value = f'trim("{column}")'
    if field in MAPS:
        branches = " ".join(f"WHEN '{key}' THEN '{word}'" for key, word in MAPS[field].items())
        return f"CASE {value} {branches} END"
    if field in DATES and dialect == "duckdb":
        return f"try_strptime({value}, '{DATES[field]}')::DATE"
    if field in DATES:
        year, month, day = f"substr({value}, 7, 4)", f"substr({value}, 1, 2)", f"substr({value}, 4, 2)"
        return f"CASE WHEN {value} <> '' THEN {year} || '-' || {month} || '-' || {day} END"
    if field == LOGIN and dialect == "duckdb":
        return f"split_part({value}, '@', 1)[1:{longest}]"
    if field == LOGIN:
        return f"substr({value}, 1, instr({value}, '@') - 1)"
    return f"{value}[1:{longest}]" if dialect == "duckdb" else f"substr({value}, 1, {longest})"
