"""The end of what is kept for undo: journal and archives of runs older than `history_days`. (docs/domain.md section 11.)"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from runner.store.instants import to_text
from runner.store.layout_1 import TRANSACTION_COLUMNS
from runner.store.session import Session

_BY_RUN = (
    *("patron_before", "association_before", "patron_archive", "association_archive"),
    *(f"{table}_archive" for table in TRANSACTION_COLUMNS),
)
# Kept while a patron is archived, for undo may bring it back.
_BY_PATRON = ("field_lock", "sent_value", "absence")


def prune(session: Session, before: datetime) -> dict[str, int]:
    """Removes what runs that finished before `before` left for undo; gives the rows removed by table. Inside a writing transaction.

    The runs' own rows stay, for history and counts. Nothing is read or written while no run is as old as that.
    """
    moment = to_text(before)
    removed = {"lock_journal": session.run("DELETE FROM lock_journal WHERE done_at < $1", moment)}
    dtypes: dict[str, type[pl.DataType]] = dict.fromkeys(("number", "first_change", "last_change"), pl.Int64)
    sql = f"SELECT {', '.join(dtypes)} FROM run WHERE finished_at < $1 AND first_change IS NOT NULL"
    old = session.rows(sql, dtypes, moment)
    if old.is_empty():
        return removed
    for number, first, last in old.iter_rows():
        _forget(session, number, first, last, removed)
    for table in _BY_PATRON:
        nobody = "patron_id NOT IN (SELECT id FROM patron) AND patron_id NOT IN (SELECT id FROM patron_archive)"
        removed[table] = session.run(f"DELETE FROM {table} WHERE {nobody}")
    return removed


def _forget(session: Session, number: int, first: int, last: int, removed: dict[str, int]) -> None:
    """One run's rows, the journal's by their range of ids: it may be long, and has no index by run."""
    where = {"change_value": f"change_id BETWEEN {first} AND {last}", "change": f"id BETWEEN {first} AND {last}"}
    for table, rows in {**where, **dict.fromkeys(_BY_RUN, f"run_number = {number}")}.items():
        removed[table] = removed.get(table, 0) + session.run(f"DELETE FROM {table} WHERE {rows}")
    session.run(f"UPDATE run SET first_change = NULL, last_change = NULL WHERE number = {number}")
