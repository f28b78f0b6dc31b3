"""The store as it will be after the file's changes: what the policy judges. Whoever has a held change is left out: what becomes of
that patron is a person's to say first, and an approval would find it gone.

Of a large store only those are projected whom a rule could touch (runner.policy.candidates); who they are changes no decision.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl
from msgspec import Struct

from runner.plan.model import Plan
from runner.plan.reader import Reader
from runner.plan.snapshot import patron_key
from runner.plan.usernames import DISABLED

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
_STORED = ("id", "version", *_FIELDS, "username_key", *_TIMES, "status_cause")
_ENTRIES = ("checkouts", "fines", "refunds", "holds")
_INSTANT = pl.Datetime("us", "UTC")


class Only(Struct, frozen=True):
    """Whom to project: `stored` Int64 patron ids, `added` UInt32 refs of new patrons."""

    stored: pl.Series
    added: pl.Series


def project(plan: Plan, reader: Reader, now: datetime, seen_at: datetime, only: Only | None = None) -> pl.DataFrame:
    """One row per patron that the store will hold after the file's changes; with `only`, of those alone.

    Gives `patron_id` Int64 (null: a new patron, named by `add_ref` UInt32), `version`, the fields that policy reads, `username_key`,
    `added_at`, `edited_at`, `status_at`, `seen_at` (Datetime UTC), `status_cause`, `changed_now` Boolean (its status changed in this run),
    `patron` String (its key), `checkouts`, `fines`, `refunds`, `holds` UInt32, `balance_cents` Int64, `checkout_sites` String.
    """
    held = plan.changes.filter("held")["ref"]
    stored = _stored(plan, reader, held, now, only.stored if only else None)
    ids = stored["patron_id"] if only else None
    seen = _seen(plan, reader, seen_at, ids)
    known = stored.join(seen, on="patron_id", how="left").join(_transactions(reader, ids), on="patron_id", how="left")
    everybody = pl.concat([known, _added(plan, held, now, seen_at, only.added if only else None)], how="diagonal")
    return everybody.with_columns(
        pl.col(*_ENTRIES).fill_null(0),
        pl.col("balance_cents").fill_null(0),
        patron=patron_key(),
    )


def prefixed_names(plan: Plan, reader: Reader) -> pl.Series:
    """The username keys after the file's changes that begin as disabled names do: no other could be in a disabled one's way."""
    held = plan.changes.filter("held")["ref"].implode()
    key = pl.col("username_key")
    updates = plan.updates.filter(~pl.col("ref").is_in(held))
    gone = plan.deletes.filter(~pl.col("ref").is_in(held))["patron_id"]
    kept = reader.patrons(["id", "username_key"]).filter(_prefixed()).filter(~pl.col("id").is_in(gone.implode()))
    names = [plan.adds.filter(~pl.col("ref").is_in(held)).select(key)]
    if "username_key" in updates.columns:
        kept = kept.filter(~pl.col("id").is_in(updates["patron_id"].implode()))
        names.append(updates.select(key))
    return pl.concat([kept.select(key), *names]).filter(_prefixed())["username_key"]


def _prefixed() -> pl.Expr:
    return pl.col("username_key").str.starts_with(DISABLED.lower())


def _stored(plan: Plan, reader: Reader, held: pl.Series, now: datetime, ids: pl.Series | None) -> pl.DataFrame:
    stored = reader.patrons(_STORED, ids).rename({"id": "patron_id"}).with_columns(add_ref=pl.lit(None, pl.UInt32))
    gone = plan.deletes.filter(~pl.col("ref").is_in(held.implode()))["patron_id"]
    stored = stored.filter(~pl.col("patron_id").is_in(gone.implode())) if len(gone) else stored
    waiting = plan.changes.filter("held")["patron_id"].drop_nulls()
    stored = stored.filter(~pl.col("patron_id").is_in(waiting.implode())) if len(waiting) else stored
    updates = plan.updates.filter(~pl.col("ref").is_in(held.implode()))
    touched = [name for name in (*_FIELDS, "username_key") if name in updates.columns]
    after = updates.select("patron_id", pl.col(touched).name.suffix("@after"), touched_now=pl.lit(True))
    joined = stored.join(after, on="patron_id", how="left")
    now_touched = pl.col("touched_now").fill_null(False)
    status_changes = now_touched & pl.col("status@after").ne_missing(pl.col("status")) if "status" in touched else pl.lit(False)
    moment = pl.lit(now).cast(_INSTANT)
    return joined.with_columns(
        *(pl.when(now_touched).then(f"{name}@after").otherwise(name).alias(name) for name in touched),
        edited_at=pl.when(now_touched).then(moment).otherwise("edited_at"),
        status_at=pl.when(status_changes).then(moment).otherwise("status_at"),
        changed_now=status_changes,
    ).drop("touched_now", *(f"{name}@after" for name in touched))


def _added(plan: Plan, held: pl.Series, now: datetime, seen_at: datetime, only: pl.Series | None) -> pl.DataFrame:
    moment = pl.lit(now).cast(_INSTANT)
    new = plan.adds if only is None else plan.adds.filter(pl.col("ref").is_in(only.implode()))
    return new.filter(~pl.col("ref").is_in(held.implode())).select(
        pl.lit(None, pl.Int64).alias("patron_id"),
        pl.col("ref").alias("add_ref"),
        *(pl.col(name).cast(pl.String) for name in _FIELDS if name in new.columns),
        "username_key",
        added_at=moment,
        edited_at=moment,
        status_at=moment,
        seen_at=pl.lit(seen_at).cast(_INSTANT),
        changed_now=pl.lit(True),
    )


def _seen(plan: Plan, reader: Reader, seen_at: datetime, ids: pl.Series | None) -> pl.DataFrame:
    """`patron_id`, `seen_at`: this file's records first, then the latest of any job."""
    seen = (plan.seen if ids is None else plan.seen.filter(plan.seen.is_in(ids.implode()))).unique()
    now_seen = pl.DataFrame({"patron_id": seen}, schema={"patron_id": pl.Int64}).with_columns(seen_at=pl.lit(seen_at).cast(_INSTANT))
    if ids is not None and seen.len() == ids.len():
        return now_seen
    earlier = reader.last_seen().select("patron_id", "seen_at")
    if ids is not None:
        earlier = earlier.filter(pl.col("patron_id").is_in(ids.implode()))
    return pl.concat([now_seen, earlier.join(now_seen, on="patron_id", how="anti")])


def _transactions(reader: Reader, ids: pl.Series | None) -> pl.DataFrame:
    return reader.transactions(ids).select("patron_id", *_ENTRIES, "balance_cents", "checkout_sites")
