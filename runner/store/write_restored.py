"""Patrons brought back from the archives: with their ids, associations and transactions, as the run that deleted them found them."""

from __future__ import annotations

import polars as pl

from runner.store.layout_1 import ASSOCIATION_COLUMNS, PATRON_COLUMNS, TRANSACTION_COLUMNS
from runner.store.transactions import transactions_text
from runner.store.work import Work


def return_archived(work: Work) -> None:
    """Moves the patrons that the plan brings back out of the archives, each with the next version.

    Their transactions are noted, so that undoing the undo can tell whether they changed."""
    back = work.plan.changes.filter(pl.col("action") == "add").select("patron_id")
    if back.is_empty():
        return
    session = work.session
    session.stage("stage_return", back)
    ids = "(SELECT patron_id FROM stage_return)"
    values = ", ".join("version + 1" if name == "version" else name for name in PATRON_COLUMNS)
    session.run(f"INSERT INTO patron ({', '.join(PATRON_COLUMNS)}) SELECT {values} FROM patron_archive WHERE id IN {ids}")
    for table, columns in {"association": ASSOCIATION_COLUMNS, **TRANSACTION_COLUMNS}.items():
        names = ", ".join(columns)
        session.run(f"INSERT INTO {table} ({names}) SELECT {names} FROM {table}_archive WHERE patron_id IN {ids}")
        session.run(f"DELETE FROM {table}_archive WHERE patron_id IN {ids}")
    session.run(f"DELETE FROM patron_archive WHERE id IN {ids}")
    session.run(
        "INSERT INTO patron_before (run_number, patron_id, version, transactions)"
        f" SELECT {work.run_number}, id, version, {transactions_text('patron.id')} FROM patron WHERE id IN {ids}"
    )
