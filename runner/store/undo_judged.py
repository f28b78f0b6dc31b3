"""Whom an undo may touch: nobody whose fields or transactions changed since, nobody whose keys somebody else has now."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from runner.plan.model import Plan
from runner.store.moved import claims_on_held_keys, spread, touched_patrons, without
from runner.store.session import Session
from runner.store.write_journal import transactions_text

CHANGED = "it changed since"
TRANSACTIONS = "its checkouts, fines or holds changed since"
TAKEN = "another patron has its barcode, district id or login name now"

_IDS: dict[str, type[pl.DataType]] = {"patron_id": pl.Int64}
_PAIRS: dict[str, type[pl.DataType]] = {"token": pl.Int64, "holder": pl.Int64}
_PLACE = "h.site = a.site AND h.barcode = a.barcode"


@dataclass(frozen=True, slots=True)
class Judged:
    """`plan` and `restores` without the patrons in `skipped` (`patron_id`, `patron`, `reason`)."""

    plan: Plan
    restores: pl.DataFrame
    skipped: pl.DataFrame


def judge(session: Session, plan: Plan, restores: pl.DataFrame, number: int) -> Judged:
    """Reads only. `number` is the run to take back. Stages `stage_undone` (`patron_id`): who is left."""
    reasons = pl.concat([_changed(session, plan, restores, number), _dealt_since(session, plan, number)])
    pairs = pl.concat([claims_on_held_keys(session, plan), _claims_of_restored(session, restores, number)]).unique()
    skipped = spread(reasons["patron_id"].unique(), pairs, touched_patrons(plan))
    named = pl.DataFrame({"patron_id": skipped}).join(reasons.unique("patron_id", keep="first"), on="patron_id", how="left")
    named = named.join(plan.changes.select("patron_id", "patron"), on="patron_id").sort("patron_id")
    rest = without(plan, plan.changes.filter(pl.col("patron_id").is_in(skipped.implode()))["ref"])
    session.stage("stage_undone", rest.changes.select("patron_id"))
    return Judged(
        rest,
        restores.filter(~pl.col("patron_id").is_in(skipped.implode())),
        named.select("patron_id", "patron", pl.col("reason").fill_null(TAKEN)),
    )


def _changed(session: Session, plan: Plan, restores: pl.DataFrame, number: int) -> pl.DataFrame:
    """Another version than the run left, gone, or (for deleted ones) no longer in the archive."""
    session.stage("stage_touched", plan.changes.filter(pl.col("action") != "add").select("patron_id", "version"))
    moved = session.rows(
        "SELECT s.patron_id FROM stage_touched s LEFT JOIN patron p ON p.id = s.patron_id WHERE p.id IS NULL OR p.version <> s.version",
        _IDS,
    )
    session.stage("stage_restored", restores)
    gone = session.rows(
        "SELECT s.patron_id FROM stage_restored s LEFT JOIN patron_archive a"
        f" ON a.id = s.patron_id AND a.run_number = {number} WHERE a.id IS NULL",
        _IDS,
    )
    return pl.concat([moved, gone]).with_columns(reason=pl.lit(CHANGED))


def _dealt_since(session: Session, plan: Plan, number: int) -> pl.DataFrame:
    """Changed patrons whose transactions are others than then, and added ones that have any."""
    session.stage("stage_stays", plan.changes.filter(~pl.col("action").is_in(["add", "delete"])).select("patron_id"))
    session.stage("stage_added", plan.deletes.select("patron_id"))
    others = session.rows(
        "SELECT s.patron_id FROM stage_stays s LEFT JOIN patron_before b"
        f" ON b.patron_id = s.patron_id AND b.run_number = {number}"
        f" WHERE coalesce(b.transactions, '') <> coalesce({transactions_text('s.patron_id')}, '')",
        _IDS,
    )
    some = session.rows(f"SELECT s.patron_id FROM stage_added s WHERE {transactions_text('s.patron_id')} IS NOT NULL", _IDS)
    return pl.concat([others, some]).with_columns(reason=pl.lit(TRANSACTIONS))


def _claims_of_restored(session: Session, restores: pl.DataFrame, number: int) -> pl.DataFrame:
    """Who holds (`holder`) a key that a patron from the archive (`token`) would bring back."""
    if restores.is_empty():
        return pl.DataFrame(schema=_PAIRS)
    mine = f"a.run_number = {number} AND a.{{owner}} IN (SELECT patron_id FROM stage_restored)"
    person, place = mine.format(owner="id"), mine.format(owner="patron_id")
    parts = [
        f"SELECT a.id, h.id FROM patron_archive a JOIN patron h ON h.district_id = a.district_id WHERE {person}",
        f"SELECT a.id, h.id FROM patron_archive a JOIN patron h ON h.username_key = a.username_key WHERE {person}",
        f"SELECT a.id, h.id FROM patron_archive a JOIN patron h ON {_PLACE} WHERE {person}",
        f"SELECT a.id, h.patron_id FROM patron_archive a JOIN association h ON {_PLACE} WHERE {person}",
        f"SELECT a.patron_id, h.id FROM association_archive a JOIN patron h ON {_PLACE} WHERE {place}",
        f"SELECT a.patron_id, h.patron_id FROM association_archive a JOIN association h ON {_PLACE} WHERE {place}",
    ]
    return session.rows(" UNION ".join(parts), _PAIRS)
