"""Keys that came into other hands since a run: whoever would need one back is left as it is. (docs/domain.md section 11.)"""

from __future__ import annotations

import polars as pl

_WORDS = {
    "district_id": "its district id is another patron's now",
    "username": "its username is another patron's now",
    "barcode": "its barcode is another patron's now at that site",
}


def without_taken(judged: pl.DataFrame, held_keys: pl.DataFrame) -> pl.DataFrame:
    """`judged` (runner.plan.undo.judge) with a reason in `skipped` for patrons whose key somebody keeps.

    `held_keys`: `patron_id`, `holder` Int64, `what` String. A holder that is put back itself gives the key up, for before the run nobody
    shared one; a holder that is left alone keeps it, and so may take others along."""
    while True:
        giving = judged.filter(pl.col("skipped").is_null())["patron_id"]
        kept = held_keys.filter(pl.col("patron_id").is_in(giving.implode()) & ~pl.col("holder").is_in(giving.implode()))
        if kept.is_empty():
            return judged
        why = kept.sort("patron_id", "what").unique("patron_id", keep="first", maintain_order=True)
        why = why.select("patron_id", why=pl.col("what").replace_strict(_WORDS, return_dtype=pl.String))
        judged = (
            judged.join(why, on="patron_id", how="left", maintain_order="left")
            .with_columns(skipped=pl.coalesce("skipped", "why"))
            .drop("why")
        )
