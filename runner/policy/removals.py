"""Decisions as changes of the plan: the same frames as the file's changes, with cause `removal`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import polars as pl

from runner.frames import CHANGES, VALUES, Action, Cause
from runner.job.model import Inactivate
from runner.mapping.records import Records
from runner.plan.model import Plan
from runner.policy.logins import disabled_names

RecordMac = Callable[[pl.DataFrame], pl.Series]


def with_removals(
    plan: Plan, decided: pl.DataFrame, setting: Inactivate | None, taken: pl.DataFrame, records: Records, record_mac: RecordMac
) -> Plan:
    """The plan with the policy's decisions added as changes; counts are made later, after the guards.

    `decided`: runner.policy.decide.Decisions.frame. `taken`: `patron_id`, `username_key` of the whole projected store. `records` and
    `record_mac` give the marks of patrons that the file still holds."""
    if decided.is_empty():
        return plan
    first = int(plan.changes["ref"].max() or 0) + 1  # type: ignore[arg-type]
    rows = decided.sort("site", "patron", nulls_last=True).with_row_index("ref", offset=first)
    leaving = rows.filter(pl.col("action") == "inactivate")
    names = _disabled(leaving, setting, taken)
    values = _values(leaving, setting, names)
    return replace(
        plan,
        changes=pl.concat([plan.changes, _changes(rows)]),
        values=pl.concat([plan.values, values]),
        updates=pl.concat([plan.updates, _updates(leaving, setting, names)], how="diagonal"),
        deletes=pl.concat([plan.deletes, _deletes(plan, rows, records, record_mac)], how="diagonal"),
        password_clears=pl.concat([plan.password_clears, _clears(leaving, setting)]),
    )


def _changes(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(
        "ref",
        "patron_id",
        "version",
        "patron",
        pl.lit(None, pl.UInt32).alias("line"),
        pl.col("action").cast(Action),
        pl.lit("removal").cast(Cause).alias("cause"),
        "rule",
        "reason",
        "site",
        pl.lit(False).alias("held"),
        pl.lit(None, pl.String).alias("guard"),
    ).cast(CHANGES)


def _disabled(leaving: pl.DataFrame, setting: Inactivate | None, taken: pl.DataFrame) -> pl.DataFrame:
    """`ref`, `new_username`, `new_key` of those whose login is disabled under another name."""
    if setting is None or not setting.disable_login:
        return pl.DataFrame(schema={"ref": pl.UInt32, "new_username": pl.String, "new_key": pl.String})
    others = taken.join(leaving.filter(pl.col("username").is_not_null()).select("patron_id"), on="patron_id", how="anti")[
        "username_key"
    ].drop_nulls()
    made = disabled_names(leaving.select(row="ref", username="username"), others)
    return made.select(ref="row", new_username="username", new_key="username_key")


def _values(leaving: pl.DataFrame, setting: Inactivate | None, names: pl.DataFrame) -> pl.DataFrame:
    parts = [leaving.select("ref", field=pl.lit("status"), before="status", after=pl.lit("Inactive"))]
    nothing = pl.lit(None, pl.String)
    if setting is not None and setting.clear_homeroom:
        parts.append(
            leaving.filter(pl.col("homeroom").is_not_null()).select("ref", field=pl.lit("homeroom"), before="homeroom", after=nothing)
        )
    if setting is not None and setting.disable_login:
        renamed = leaving.join(names, on="ref")
        parts.append(renamed.select("ref", field=pl.lit("username"), before="username", after="new_username"))
        secret = leaving.filter(pl.col("password_mac").is_not_null())
        parts.append(secret.select("ref", field=pl.lit("password"), before=pl.lit("***"), after=nothing))
    return pl.concat(parts).cast(VALUES).sort("ref", maintain_order=True)


def _updates(leaving: pl.DataFrame, setting: Inactivate | None, names: pl.DataFrame) -> pl.DataFrame:
    base = leaving.join(names, on="ref", how="left", maintain_order="left")
    homeroom = [pl.lit(None, pl.String).alias("homeroom")] if setting is not None and setting.clear_homeroom else []
    renamed = pl.col("new_username").is_not_null()
    return base.select(
        "ref",
        "patron_id",
        "version",
        pl.lit("Inactive").alias("status"),
        *homeroom,
        pl.coalesce("new_username", "username").alias("username"),
        pl.coalesce("new_key", "username_key").alias("username_key"),
        pl.col("status").alias("status_before"),
        pl.when(renamed).then("username").alias("username_before"),
    )


def _deletes(plan: Plan, rows: pl.DataFrame, records: Records, record_mac: RecordMac) -> pl.DataFrame:
    """The deletions; `record_mac` where a record of this very file is about the patron, so that it is not added again tomorrow."""
    gone = rows.filter(pl.col("action") == "delete")
    fed = plan.outcomes.filter(pl.col("outcome").is_in(["added", "updated", "transferred", "unchanged", "refused"])).unique(
        "patron", keep="first"
    )
    here = gone.join(fed.select("patron", record_line="line"), on="patron", how="left", maintain_order="left")
    macs = pl.DataFrame(schema={"record_line": pl.UInt32, "record_mac": pl.String})
    asked = here["record_line"].drop_nulls()
    if asked.len():
        held = records.frame.filter(pl.col("line").is_in(asked.implode()))
        macs = held.select(record_line="line").with_columns(record_mac(held).alias("record_mac"))
    joined = here.join(macs, on="record_line", how="left", maintain_order="left")
    return joined.select("ref", "patron_id", "version", pl.col("patron").alias("key"), "record_mac", pl.col("add_ref").alias("owner_ref"))


def _clears(leaving: pl.DataFrame, setting: Inactivate | None) -> pl.DataFrame:
    if setting is None or not setting.disable_login:
        return leaving.clear().select("ref", "patron_id")
    return leaving.filter(pl.col("password_mac").is_not_null()).select("ref", "patron_id")
