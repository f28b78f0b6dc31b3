"""Whether a run could do its work in a store: what the account may do there is asked, and nothing is tried."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl

from runner.counted import counted
from runner.errors import StoreError
from runner.store.faults import NO_RIGHT, NO_SCHEMA, ONLY_READ, READ_ONLY
from runner.store.session import Session

_OF_THE_DATABASE = """
SELECT 'TEMPORARY on the database' WHERE NOT has_database_privilege(current_database(), 'TEMPORARY')
"""
# For tables that are to be made or changed.
_OF_THE_SCHEMA = """
UNION ALL SELECT 'CREATE on the schema ' || current_schema() WHERE NOT has_schema_privilege(current_schema(), 'CREATE')
UNION ALL SELECT 'the table ' || min(tablename) || ' as its own' FROM pg_tables
    WHERE schemaname = current_schema() AND tablename IN ('patron', 'meta') AND NOT pg_has_role(tableowner, 'USAGE') HAVING count(*) > 0
"""
# Other people's tables may stand beside ours, and belong to somebody else.
_OF_THE_TABLES = """
UNION ALL SELECT wanted.r || ' on ' || CASE WHEN count(*) = 1 THEN min(t.tablename) ELSE count(*) || ' tables' END
    FROM pg_tables t CROSS JOIN (VALUES ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE')) AS wanted (r)
    WHERE t.schemaname = current_schema()
    AND t.tableowner = (SELECT tableowner FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'meta')
    AND (wanted.r = 'SELECT' OR t.tablename <> 'folded_letter')
    AND NOT has_table_privilege(quote_ident(t.schemaname) || '.' || quote_ident(t.tablename), wanted.r) GROUP BY wanted.r
UNION ALL SELECT 'UPDATE on the sequence ' || s.sequencename FROM pg_sequences s
    WHERE s.schemaname = current_schema() AND s.sequencename IN ('patron_id_seq', 'association_id_seq')
    AND NOT has_sequence_privilege(quote_ident(s.schemaname) || '.' || quote_ident(s.sequencename), 'UPDATE')
"""


def refuse_unwritable_file(path: Path) -> None:
    """Raises StoreError (`store-read-only`) where this account may not write to the store's file, make it, or make others beside it."""
    folder = next(each for each in path.parents if each.exists())
    if not os.access(folder, os.W_OK | os.X_OK) or (path.exists() and not os.access(path, os.W_OK)):
        raise StoreError(*READ_ONLY, code="store-read-only")


def refuse_unwritable_database(session: Session, *, layout_changes: bool) -> None:
    """Raises StoreError where a run could not do its work in a PostgreSQL database: `store-schema` where there is none that the account may
    use, `store-read-only` where the server takes no changes or the account lacks rights, which it names.

    `layout_changes`: whether the next run makes the tables or upgrades them, which asks for more."""
    if session.number("SELECT CAST(count(*) AS BIGINT) FROM (SELECT current_schema() AS name) AS mine WHERE name IS NOT NULL") == 0:
        raise StoreError(*NO_SCHEMA, code="store-schema")
    if session.number("SELECT CAST(count(*) AS BIGINT) FROM pg_settings WHERE name = 'transaction_read_only' AND setting = 'on'"):
        raise StoreError(*ONLY_READ, code="store-read-only")
    asked = _OF_THE_DATABASE + (_OF_THE_SCHEMA if layout_changes else "") + _OF_THE_TABLES
    lacking = session.rows(asked, {"lacking": pl.String})["lacking"].sort().to_list()
    if lacking:
        told = ", ".join(lacking[:4]) + (f" and {counted(len(lacking) - 4, 'more right', 'more rights')}" if lacking[4:] else "")
        raise StoreError(f"{NO_RIGHT[0]}: {told}", NO_RIGHT[1], code="store-read-only")
