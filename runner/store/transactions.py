"""A patron's checkouts, fines and holds as one text: what tells whether they changed, for no version does."""

from __future__ import annotations

import polars as pl

from runner.store.session import Session
from runner.store.summed import FEW, listed


def transactions_of(session: Session, patrons: pl.Series) -> pl.DataFrame:
    """`patron_id` Int64, `transactions` String of those patrons that are there; null for none."""
    dtypes: dict[str, type[pl.DataType]] = {"patron_id": pl.Int64, "transactions": pl.String}
    if patrons.is_empty():
        return pl.DataFrame(schema=dtypes)
    pieces = patrons.unique().sort().to_frame().iter_slices(FEW)
    sql = f"SELECT id, {transactions_text('patron.id')} FROM patron WHERE id IN ({{}})"
    return pl.concat([session.rows(sql.format(listed(piece.to_series())), dtypes) for piece in pieces])


def transactions_text(patron: str) -> str:
    """SQL for one text that differs when any transaction of `patron` does; NULL when it has none."""
    lists = [
        _listed("checkout", "coalesce(site, '') || '/' || coalesce(item_barcode, '') || '/' || coalesce(due_date, '')", patron),
        _listed("fine", "coalesce(site, '') || '/' || CAST(amount_cents AS TEXT)", patron),
        _listed("hold", "coalesce(site, '') || '/' || coalesce(item_barcode, '')", patron),
    ]
    joined = " || ';' || ".join(f"coalesce({part}, '')" for part in lists)
    # Most have none, and to find that out costs a fraction of making three lists of nothing.
    has_any = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE patron_id = {patron})" for table in ("checkout", "fine", "hold"))
    return f"CASE WHEN {has_any} THEN {joined} END"


def _listed(table: str, entry: str, patron: str) -> str:
    return f"(SELECT string_agg({entry}, '|' ORDER BY {entry}) FROM {table} WHERE patron_id = {patron})"
