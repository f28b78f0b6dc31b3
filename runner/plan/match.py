"""Which patron each record means. (docs/domain.md section 4.)"""

from __future__ import annotations

import polars as pl

from runner.plan.case import Case


def match(case: Case) -> pl.DataFrame:
    """One row per record, in the records' order.

    Gives `n` UInt32, `line`, `at` UInt32 (the matched patron's position in the snapshot, null: none), `key` String (what the record
    is matched by, null: it has none), `patron` String (the patron's key, the record's own where nobody matches).
    """
    found = _by_district_id(case) if case.by_district_id else _by_site_and_barcode(case)
    return found.with_row_index("n")


def filled(frame: pl.DataFrame, name: str) -> pl.Expr:
    """A field's text, null where it is absent, blank or not mapped."""
    if name not in frame.columns:
        return pl.lit(None, dtype=pl.String)
    return pl.when(pl.col(name) != "").then(pl.col(name))


def place(frame: pl.DataFrame, separator: str = "\x1f") -> pl.Expr:
    """Site and barcode as one text, null where either is missing. The separator is one that no cell can hold."""
    return pl.concat_str(filled(frame, "site"), pl.lit(separator), filled(frame, "barcode"))


def _by_district_id(case: Case) -> pl.DataFrame:
    asked = case.frame.select("line", key=filled(case.frame, "district_id"))
    stored = _positions(case).select("at", key="district_id").filter(pl.col("key").is_not_null())
    found = asked.join(stored, on="key", how="left", maintain_order="left")
    if not found["key"].has_nulls():
        return found.with_columns(patron="key")
    own = case.frame.select(own=place(case.frame, "/"))["own"]
    return found.with_columns(patron=pl.coalesce("key", own))


def _by_site_and_barcode(case: Case) -> pl.DataFrame:
    asked = case.frame.select("line", key=place(case.frame), own_id=filled(case.frame, "district_id"), own=place(case.frame, "/"))
    holders = pl.concat([_positions(case), case.snapshot.secondary.select("site", "barcode", "at")], how="diagonal")
    held = holders.select("at", key=place(holders)).filter(pl.col("key").is_not_null())
    found = asked.join(held, on="key", how="left", maintain_order="left")
    stored_key = case.snapshot.keys().gather(found["at"])
    return found.select("line", "key", "at", patron=pl.coalesce(stored_key, "own_id", "own"))


def _positions(case: Case) -> pl.DataFrame:
    return case.snapshot.patrons.select("district_id", "site", "barcode", at=pl.int_range(pl.len(), dtype=pl.UInt32))
