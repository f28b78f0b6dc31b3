"""The store as it will be after the file's changes: what the policy judges. Held changes are left out: their patrons keep what they had."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from runner.plan.model import Plan
from runner.plan.reader import Reader

_FIELDS = (
    "district_id",
    "site",
    "barcode",
    "patron_type",
    "access_level",
    "status",
    "grade_level",
    "graduation_year",
    "birth_date",
    "homeroom",
    "username",
)
_TIMES = ("added_at", "edited_at", "status_at")
_STORED = ("id", "version", *_FIELDS, "username_key", "password_mac", *_TIMES, "status_cause")
_ENTRIES = ("checkouts", "fines", "refunds", "holds")


def project(plan: Plan, reader: Reader, now: datetime, seen_at: datetime) -> pl.DataFrame:
    """One row per patron that the store will hold after the file's changes.

    Gives `patron_id` Int64 (null: a new patron, named by `add_ref` UInt32), `version`, the fields that policy reads, `username_key`,
    `password_mac`, `added_at`, `edited_at`, `status_at`, `seen_at` (Datetime UTC), `status_cause`, `changed_now` Boolean (its status
    changed in this run), `patron` String (its key), `checkouts`, `fines`, `refunds`, `holds` UInt32, `balance_cents` Int64,
    `checkout_sites` String.
    """
    held = plan.changes.filter("held")["ref"]
    stored = _stored(plan, reader, held, now)
    seen = _seen(plan, reader, seen_at)
    known = stored.join(seen, on="patron_id", how="left").join(_transactions(reader), on="patron_id", how="left")
    everybody = pl.concat([known, _added(plan, held, now, seen_at)], how="diagonal")
    return everybody.with_columns(
        pl.col(*_ENTRIES).fill_null(0),
        pl.col("balance_cents").fill_null(0),
        patron=pl.coalesce("district_id", pl.concat_str("site", pl.lit("/"), "barcode")),
    )


def _stored(plan: Plan, reader: Reader, held: pl.Series, now: datetime) -> pl.DataFrame:
    stored = reader.patrons(_STORED).rename({"id": "patron_id"}).with_columns(add_ref=pl.lit(None, pl.UInt32))
    gone = plan.deletes.filter(~pl.col("ref").is_in(held.implode()))["patron_id"]
    stored = stored.filter(~pl.col("patron_id").is_in(gone.implode())) if len(gone) else stored
    updates = plan.updates.filter(~pl.col("ref").is_in(held.implode()))
    touched = [name for name in (*_FIELDS, "username_key") if name in updates.columns]
    after = updates.select("patron_id", pl.col(touched).name.suffix("@after"), touched_now=pl.lit(True))
    joined = stored.join(after, on="patron_id", how="left")
    now_touched = pl.col("touched_now").fill_null(False)
    status_changes = now_touched & pl.col("status@after").ne_missing(pl.col("status")) if "status" in touched else pl.lit(False)
    moment = pl.lit(now).cast(pl.Datetime("us", "UTC"))
    return joined.with_columns(
        *(pl.when(now_touched).then(f"{name}@after").otherwise(name).alias(name) for name in touched),
        edited_at=pl.when(now_touched).then(moment).otherwise("edited_at"),
        status_at=pl.when(status_changes).then(moment).otherwise("status_at"),
        changed_now=status_changes,
    ).drop("touched_now", *(f"{name}@after" for name in touched))


def _added(plan: Plan, held: pl.Series, now: datetime, seen_at: datetime) -> pl.DataFrame:
    moment = pl.lit(now).cast(pl.Datetime("us", "UTC"))
    new = plan.adds.filter(~pl.col("ref").is_in(held.implode()))
    return new.select(
        pl.lit(None, pl.Int64).alias("patron_id"),
        pl.col("ref").alias("add_ref"),
        *(name for name in _FIELDS if name in new.columns),
        "username_key",
        added_at=moment,
        edited_at=moment,
        status_at=moment,
        seen_at=pl.lit(seen_at).cast(pl.Datetime("us", "UTC")),
        changed_now=pl.lit(True),
    )


def _seen(plan: Plan, reader: Reader, seen_at: datetime) -> pl.DataFrame:
    now_seen = pl.DataFrame({"patron_id": plan.seen.unique()}).with_columns(seen_at=pl.lit(seen_at).cast(pl.Datetime("us", "UTC")))
    earlier = reader.last_seen().join(now_seen, on="patron_id", how="anti")
    return pl.concat([now_seen, earlier.select("patron_id", "seen_at")])


def _transactions(reader: Reader) -> pl.DataFrame:
    return reader.transactions().select("patron_id", *_ENTRIES, "balance_cents", "checkout_sites")
