"""Whom the policy leaves for another night: what the store holds of them is not what a file says, for that was refused, or waits."""

from __future__ import annotations

import polars as pl

from runner.mapping.records import Records
from runner.plan.model import Plan
from runner.policy.decide import Decisions

_HELD = "another job holds a change of this patron"
_HELD_THERE = "another job holds changes on another machine, which alone knows of whom"


def in_doubt(plan: Plan, records: Records) -> pl.Series:
    """Int64 ids of patrons about whom every record that speaks for them was refused. One that asks for an association does not speak; nor
    does one that asks for the deletion itself, for nobody doubts what it says."""
    refused = plan.outcomes.filter((pl.col("outcome") == "refused") & pl.col("patron_id").is_not_null())
    if refused.is_empty():
        return refused["patron_id"]
    asked = records.of_lines(refused["line"]).filter("delete_asked")["line"]
    doubted = refused.filter(~pl.col("line").is_in(asked.implode()))["patron_id"].unique()
    silent = pl.col("outcome").is_in(["refused", "duplicate", "associated"])
    heard = plan.outcomes.filter(pl.col("patron_id").is_in(doubted.implode()) & ~silent)["patron_id"]
    return doubted.filter(~doubted.is_in(heard.implode()))


def kept_in_doubt(decisions: Decisions, doubted: pl.Series, waiting: pl.Series | None) -> Decisions:
    """The decisions less the deletions of those `doubted` (`in_doubt`), and less all on those `waiting`, of whom another job holds a
    change (None: that may be anybody). Both are told among the kept ones."""
    is_doubted = (pl.col("action") == "delete") & pl.col("patron_id").is_in(doubted.implode())
    is_waiting = pl.lit(True) if waiting is None else pl.col("patron_id").is_in(waiting.implode())
    kept = (is_doubted | is_waiting).fill_null(False)
    told = decisions.frame.filter(kept)
    if told.is_empty():
        return decisions
    why = (
        pl.when(is_waiting)
        .then(pl.lit(_HELD if waiting is not None else _HELD_THERE))
        .otherwise(pl.lit("its record in the file was refused"))
    )
    reason = pl.format("{}, so that old values alone say: {}", why, "reason")
    blocked = pl.concat([decisions.blocked, told.select("patron", "site", reason=reason)]).sort("site", "patron")
    return Decisions(decisions.frame.filter(~kept), blocked)
