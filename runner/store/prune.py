"""The end of what is kept for undo: journal and archives of runs older than `history_days`. (docs/domain.md section 11.)"""

from __future__ import annotations

from datetime import datetime

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

    The runs' own rows stay, for history and counts.
    """
    old = f"SELECT number FROM run WHERE finished_at < '{to_text(before)}'"
    changes = f"SELECT id FROM change WHERE run_number IN ({old})"
    removed = {"change_value": session.run(f"DELETE FROM change_value WHERE change_id IN ({changes})")}
    removed["change"] = session.run(f"DELETE FROM change WHERE run_number IN ({old})")
    for table in _BY_RUN:
        removed[table] = session.run(f"DELETE FROM {table} WHERE run_number IN ({old})")
    for table in _BY_PATRON:
        nobody = "patron_id NOT IN (SELECT id FROM patron) AND patron_id NOT IN (SELECT id FROM patron_archive)"
        removed[table] = session.run(f"DELETE FROM {table} WHERE {nobody}")
    session.run(f"UPDATE run SET first_change = NULL, last_change = NULL WHERE number IN ({old})")
    return removed
