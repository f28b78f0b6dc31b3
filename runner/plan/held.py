"""The held part of a plan as a plan of its own: what an approval applies, and nothing else. (docs/domain.md section 7.)"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
from msgspec.structs import replace

from runner.composed import composed
from runner.frames import OUTCOME_ROWS, Outcome, empty_messages
from runner.plan.model import Plan
from runner.plan.outcomes import OUTCOME_OF_ACTION, in_part, outcome_counts, returning

_UNDONE = pl.Schema({"patron": pl.String, "action": pl.String, "field": pl.String, "after": pl.String})


_BY_REF = ("values", "adds", "updates", "associations", "deletes", "passwords", "password_clears", "sent")


def held_plan(plan: Plan, row_hashes: pl.DataFrame) -> Plan:
    """The held changes of `plan`, no longer held, with everything that belongs to them and counts of their own.

    `row_hashes`: `line`, `row_hash` of the run's records. A patron that the run itself changes besides is expected with its next
    version: what is held was judged on the store as the run leaves it.
    """
    held = plan.changes.filter("held")
    applied = plan.changes.filter(~pl.col("held") & pl.col("patron_id").is_not_null())["patron_id"].unique().implode()
    version = pl.when(pl.col("patron_id").is_in(applied)).then(pl.col("version") + 1).otherwise("version").alias("version")
    changes = held.with_columns(version, held=pl.lit(False))
    mine = held["ref"].implode()

    def own(frame: pl.DataFrame) -> pl.DataFrame:
        rows = frame.filter(pl.col("ref").is_in(mine))
        return rows.with_columns(version) if "version" in frame.columns else rows

    parts: dict[str, Any] = {name: own(getattr(plan, name)) for name in _BY_REF}
    lines = changes.select("line").drop_nulls().filter(~pl.col("line").is_in(in_part(plan.messages).implode()))
    outcomes = _outcomes(changes)
    return replace(
        plan,
        changes=changes,
        **parts,
        outcomes=outcomes,
        messages=empty_messages(),
        seen=plan.seen.clear(),
        applied_hashes=row_hashes.join(lines, on="line", how="semi")["row_hash"],
        new_patron_types=(),
        counts=_counts(plan, changes, outcomes),
        sites={},
        held=(),
    )


def with_new_ids(plan: Plan, added: pl.DataFrame) -> Plan:
    """A held plan whose changes of patrons that the run itself added (`added`: `ref`, `patron_id`) name them by their ids."""
    if "owner_ref" not in plan.deletes.columns:
        plan = replace(plan, deletes=plan.deletes.with_columns(owner_ref=pl.lit(None, pl.UInt32)))
    ids = added.select(owner_ref="ref", new_id="patron_id")

    def named(frame: pl.DataFrame) -> pl.DataFrame:
        known = frame.join(ids, on="owner_ref", how="left", maintain_order="left")
        filled = {"patron_id": pl.coalesce("patron_id", "new_id"), "owner_ref": pl.when(pl.col("new_id").is_null()).then("owner_ref")}
        if "version" in frame.columns:
            filled["version"] = pl.when(pl.col("new_id").is_not_null()).then(pl.lit(1, pl.Int64)).otherwise("version")
        return known.with_columns(**filled).drop("new_id")

    owners = pl.concat([frame.select("ref", "owner_ref") for frame in (plan.associations, plan.deletes)]).drop_nulls().unique("ref")
    changes = named(plan.changes.join(owners, on="ref", how="left", maintain_order="left")).drop("owner_ref")
    return replace(plan, changes=changes, associations=named(plan.associations), deletes=named(plan.deletes))


def is_settled(plan: Plan) -> bool:
    """Whether every held change of a patron who is there, or whom the plan adds, names them (`with_new_ids` was here where it had to)."""
    nameless = plan.changes.filter(pl.col("patron_id").is_null() & ~pl.col("action").is_in(["add", "associate"]))
    orphans = plan.associations.filter(pl.col("patron_id").is_null() & ~pl.col("owner_ref").is_in(plan.adds["ref"].implode()))
    return nameless.is_empty() and orphans.is_empty()


def allowed_again(plan: Plan) -> pl.DataFrame:
    """What an approval of `plan` allows, as the store's list of undone changes names it: `patron`, `action`, `field`, `after`."""
    changes = plan.changes.select("ref", "patron", action=pl.col("action").cast(pl.String))
    nothing = pl.lit(None, pl.String)
    whole = changes.select("patron", "action", field=nothing, after=nothing)
    valued = comparable_values(plan).join(changes, on="ref").select("patron", "action", "field", "after")
    return pl.concat([whole, valued]).cast(_UNDONE)


def comparable_values(plan: Plan) -> pl.DataFrame:
    """`plan.values` whose `after` can be held against that of an undone change: composed letters, and of a password that is set its keyed
    fingerprint, so that one can be told from another."""
    macs = plan.passwords.select("ref", "password_mac")
    known = plan.values.join(macs, on="ref", how="left", maintain_order="left")
    secret = (pl.col("field") == "password") & pl.col("after").is_not_null()
    return known.with_columns(after=pl.when(secret).then("password_mac").otherwise(composed("after"))).drop("password_mac")


def _outcomes(changes: pl.DataFrame) -> pl.DataFrame:
    outcome = pl.col("action").cast(pl.String).replace_strict(OUTCOME_OF_ACTION, default="updated", return_dtype=pl.String).cast(Outcome)
    made = changes.filter(pl.col("cause") == "file").select("line", "patron", "patron_id", outcome=outcome)
    return made.cast(dict(OUTCOME_ROWS))  # type: ignore[arg-type]


def _counts(plan: Plan, changes: pl.DataFrame, outcomes: pl.DataFrame) -> Mapping[str, int]:
    found = outcome_counts(outcomes)
    policy = changes.filter(pl.col("cause") == "removal")["action"].cast(pl.String)
    return {
        **dict.fromkeys(plan.counts, 0),
        "rows_read": outcomes.height,
        "records_read": outcomes.height,
        **found,
        "inactivated": int((policy == "inactivate").sum()),
        "removed": int((policy == "delete").sum()),
        "reactivated": returning(changes, plan.values).len(),
    }
