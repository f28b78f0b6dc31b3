"""The plan that takes a run back, from its journal."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from runner.fields import STORED_FIELDS
from runner.frames import CHANGES, MESSAGES, OUTCOME_ROWS, VALUES
from runner.plan.model import Plan
from runner.store.history import changes as changes_of
from runner.store.layout_1 import PLACE_COLUMNS
from runner.store.session import Session

_BACK = {"insert": "delete", "delete": "insert", "update": "update"}


def reversed_plan(session: Session, run_id: str, number: int, only: int | None) -> tuple[Plan, pl.DataFrame]:
    """A plan with one change per patron of the run (cause undo), and the patrons to bring back from the archives (`patron_id`).

    Added patrons are deleted, deleted ones added (they stand in the second frame, not in `Plan.adds`), the others get their former values.
    """
    journal, values = changes_of(session, run_id)
    if only is not None:
        journal = journal.filter(pl.col("patron_id") == only)
    archived = session.rows(
        f"SELECT id, version FROM patron_archive WHERE run_number = {number}", {"patron_id": pl.Int64, "kept": pl.Int64}
    )
    changes = _changes(journal, values, archived)
    plan = replace(_nothing(), changes=changes, values=_values(changes, journal, values))
    plan = replace(plan, updates=_updates(session, plan, number), associations=_associations(session, changes, number))
    deleted = changes.filter(pl.col("action") == "delete").select("ref", "patron_id", "version", key="patron")
    restores = changes.filter(pl.col("action") == "add").select("patron_id")
    return replace(plan, deletes=deleted.with_columns(record_mac=pl.lit(None, dtype=pl.String))), restores


def _changes(journal: pl.DataFrame, values: pl.DataFrame, archived: pl.DataFrame) -> pl.DataFrame:
    did = pl.col("action").cast(pl.String)
    moved = journal.join(values.filter(pl.col("field") == "site"), on="ref", how="semi")["patron_id"]
    one = (
        journal.join(archived, on="patron_id", how="left", maintain_order="left")
        .group_by("patron_id", maintain_order=True)
        .agg(
            pl.col("version").max(),
            pl.col("kept").first(),
            pl.col("patron").first(),
            pl.col("site").first(),
            added=(did == "add").any(),
            deleted=(did == "delete").any(),
        )
    )
    action = (
        pl.when("added").then(pl.lit("delete")).when("deleted").then(pl.lit("add"))
        .when(pl.col("patron_id").is_in(moved.implode())).then(pl.lit("transfer")).otherwise(pl.lit("update"))
    )  # fmt: skip
    # Added and deleted by the same run: there is nothing to put back.
    made = (
        one.filter(~(pl.col("added") & pl.col("deleted")))
        .with_row_index("ref")
        .with_columns(
            action=action,
            version=pl.when("deleted").then("kept").otherwise("version"),
            line=pl.lit(None),
            cause=pl.lit("undo"),
            rule=pl.lit(None),
            reason=pl.lit(None),
            held=pl.lit(False),
            guard=pl.lit(None),
        )
    )
    return made.select(CHANGES.names()).cast(CHANGES)


def _values(changes: pl.DataFrame, journal: pl.DataFrame, values: pl.DataFrame) -> pl.DataFrame:
    """For each field that the run changed: from the last value it wrote back to the first that it found."""
    stays = changes.filter(pl.col("action").is_in(["update", "transfer"])).select("patron_id", new_ref="ref")
    long = (
        values.filter(pl.col("field").is_in(STORED_FIELDS)).join(journal.select("ref", "patron_id"), on="ref").join(stays, on="patron_id")
    )
    ends = (
        long.sort("ref").group_by("new_ref", "field", maintain_order=True).agg(found=pl.col("before").first(), wrote=pl.col("after").last())
    )
    changed = ends.filter(pl.col("found").ne_missing(pl.col("wrote")))
    return changed.select(ref="new_ref", field="field", before="wrote", after="found").cast(VALUES)


def _updates(session: Session, plan: Plan, number: int) -> pl.DataFrame:
    """The login keys that come back, so that the keys in use now can be released first."""
    dtypes: dict[str, type[pl.DataType]] = {"patron_id": pl.Int64, "username_key": pl.String}
    keys = session.rows(f"SELECT patron_id, username_key FROM patron_before WHERE run_number = {number}", dtypes)
    return plan.changes.select("ref", "patron_id", "version").join(keys, on="patron_id")


def _associations(session: Session, changes: pl.DataFrame, number: int) -> pl.DataFrame:
    dtypes: dict[str, type[pl.DataType]] = {"association_id": pl.Int64, "patron_id": pl.Int64, "action": pl.String}
    dtypes.update(dict.fromkeys(PLACE_COLUMNS, pl.String))
    rows = session.rows(f"SELECT {', '.join(dtypes)} FROM association_before WHERE run_number = {number}", dtypes)
    stays = changes.filter(pl.col("action").is_in(["update", "transfer"])).select("patron_id", "ref")
    return rows.join(stays, on="patron_id").select(
        "ref",
        "association_id",
        "patron_id",
        *PLACE_COLUMNS,
        op=pl.col("action").replace_strict(_BACK, return_dtype=pl.String),
        owner_ref=pl.lit(None, dtype=pl.UInt32),
    )


def _nothing() -> Plan:
    keys: dict[str, type[pl.DataType]] = {"ref": pl.UInt32, "patron_id": pl.Int64}
    text: dict[str, type[pl.DataType]] = dict.fromkeys((*STORED_FIELDS, "username_key"), pl.String)
    empty = pl.DataFrame(schema=keys)
    return Plan(
        kind="undo",
        compared_as="undo",
        changes=pl.DataFrame(schema=CHANGES),
        values=pl.DataFrame(schema=VALUES),
        adds=pl.DataFrame(schema={"ref": pl.UInt32, **text}),
        updates=empty,
        associations=empty,
        deletes=empty,
        passwords=pl.DataFrame(schema={**keys, "line": pl.UInt32, "password_mac": pl.String}),
        password_clears=empty,
        outcomes=pl.DataFrame(schema=OUTCOME_ROWS),
        messages=pl.DataFrame(schema=MESSAGES),
        seen=pl.Series("patron_id", [], dtype=pl.Int64),
        applied_hashes=pl.Series("row_hash", [], dtype=pl.UInt64),
        sent=pl.DataFrame(schema={**keys, "field": pl.String, "value": pl.String, "fingerprint": pl.String}),
        new_patron_types=(),
        counts={},
        sites={},
        held=(),
    )
