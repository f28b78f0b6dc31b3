"""What patrons have borrowed and owe, summed up per patron by the database."""

from __future__ import annotations

import polars as pl

from runner.store.session import Session

FEW = 50_000
_CHECKOUTS = """SELECT patron_id, CAST(sum(entries) AS BIGINT), string_agg(site, ',' ORDER BY site)
FROM (SELECT patron_id, site, count(*) AS entries FROM checkout{some} GROUP BY patron_id, site) AS t GROUP BY patron_id"""
_FINES = """SELECT patron_id, sum(CASE WHEN amount_cents > 0 THEN 1 ELSE 0 END), sum(CASE WHEN amount_cents <= 0 THEN 1 ELSE 0 END),
CAST(sum(amount_cents) AS BIGINT) FROM fine{some} GROUP BY patron_id"""
_HOLDS = "SELECT patron_id, count(*) FROM hold{some} GROUP BY patron_id"
_SUMS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (_CHECKOUTS, ("checkouts", "checkout_sites")),
    (_FINES, ("fines", "refunds", "balance_cents")),
    (_HOLDS, ("holds",)),
)


def summed_transactions(session: Session, ids: pl.Series | None = None) -> pl.DataFrame:
    """The frame of runner.plan.reader.Reader.transactions, of all patrons or of `ids` (at most FEW)."""
    some = "" if ids is None else f" WHERE patron_id IN ({listed(ids)})"
    frames = [session.rows(sql.format(some=some), {"patron_id": pl.Int64, **{name: _type(name) for name in names}}) for sql, names in _SUMS]
    joined = frames[0]
    for frame in frames[1:]:
        joined = joined.join(frame, on="patron_id", how="full", coalesce=True)
    counts = [pl.col(name).fill_null(0).cast(pl.UInt32) for name in ("checkouts", "fines", "refunds", "holds")]
    return joined.select("patron_id", *counts, pl.col("balance_cents").fill_null(0), "checkout_sites").sort("patron_id")


def listed(ids: pl.Series) -> str:
    """Patron ids (at most FEW) for an SQL list: numbers alone, so that they may stand in the statement; NULL for none."""
    return ",".join(str(number) for number in ids.cast(pl.Int64)) or "NULL"


def _type(name: str) -> type[pl.DataType]:
    return pl.String if name == "checkout_sites" else pl.Int64
