"""Decisions as changes of the plan: the same frames as the file's changes, with cause `removal`."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
from msgspec.structs import replace

from runner.frames import CHANGES, VALUES, Action, Cause
from runner.job.model import Inactivate
from runner.mapping.records import Records
from runner.plan.match import filled, place
from runner.plan.model import OTHERS_RECORD, Plan
from runner.policy.locked import locked
from runner.policy.logins import disabled_names

RecordMac = Callable[[pl.DataFrame], pl.Series]


def with_removals(
    plan: Plan, decided: pl.DataFrame, setting: Inactivate | None, taken: pl.Series, records: Records, record_mac: RecordMac
) -> Plan:
    """The plan with the policy's decisions added as changes; counts are made later, after the guards.

    `decided`: the decisions that runner.policy.locked.held_back gives. `taken`: username keys after the file's changes. `records` and
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


def _disabled(leaving: pl.DataFrame, setting: Inactivate | None, taken: pl.Series) -> pl.DataFrame:
    """`ref`, `new_username`, `new_key` of those whose login is disabled under another name."""
    if setting is None or not setting.disable_login:
        return pl.DataFrame(schema={"ref": pl.UInt32, "new_username": pl.String, "new_key": pl.String})
    made = disabled_names(leaving.filter(~pl.col(locked("username"))).select(row="ref", username="username"), taken)
    return made.select(ref="row", new_username="username", new_key="username_key")


def _values(leaving: pl.DataFrame, setting: Inactivate | None, names: pl.DataFrame) -> pl.DataFrame:
    parts = [leaving.select("ref", field=pl.lit("status"), before="status", after=pl.lit("Inactive"))]
    nothing = pl.lit(None, pl.String)
    if setting is not None and setting.clear_homeroom:
        cleared = leaving.filter(pl.col("homeroom").is_not_null() & ~pl.col(locked("homeroom")))
        parts.append(cleared.select("ref", field=pl.lit("homeroom"), before="homeroom", after=nothing))
    if setting is not None and setting.disable_login:
        renamed = leaving.join(names, on="ref")
        parts.append(renamed.select("ref", field=pl.lit("username"), before="username", after="new_username"))
        secret = leaving.filter(_loses_password())
        parts.append(secret.select("ref", field=pl.lit("password"), before=pl.lit("***"), after=nothing))
    return pl.concat(parts).cast(VALUES).sort("ref", maintain_order=True)


def _updates(leaving: pl.DataFrame, setting: Inactivate | None, names: pl.DataFrame) -> pl.DataFrame:
    base = leaving.join(names, on="ref", how="left", maintain_order="left")
    kept = pl.when(pl.col(locked("homeroom"))).then("homeroom").alias("homeroom")
    homeroom = [kept] if setting is not None and setting.clear_homeroom else []
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
    """The deletions; `key` and `record_mac` are those of the record where this very file has one about the patron, so that it is not
    added again tomorrow. What became of that record does not matter: a held one would be an add tomorrow, too."""
    gone = rows.filter(pl.col("action") == "delete")
    fed = _fed(plan, gone, records)
    marks = fed.select("ref", "own_key", record_mac=_macs(fed.select(records.frame.columns), record_mac))
    joined = gone.join(marks, on="ref", how="left", maintain_order="left")
    return joined.select("ref", "patron_id", "version", "record_mac", key=pl.coalesce("own_key", "patron"), owner_ref="add_ref")


def marked_elsewhere(plan: Plan, seen_elsewhere: Callable[[], pl.Series]) -> Plan:
    """The plan whose deletions by policy leave a mark also where this file has no record of the patron and another job's has: its
    record is not known here, but that job will know it again. `seen_elsewhere` (Int64 patron ids) is asked only where there are any."""
    removals = plan.changes.filter(pl.col("cause") == "removal")["ref"]
    unmarked = pl.col("record_mac").is_null() & pl.col("ref").is_in(removals.implode())
    if plan.deletes.filter(unmarked).is_empty():
        return plan
    fed = unmarked & pl.col("patron_id").is_in(seen_elsewhere().implode())
    mac = pl.when(fed).then(pl.lit(OTHERS_RECORD)).otherwise("record_mac").alias("record_mac")
    return replace(plan, deletes=plan.deletes.with_columns(mac))


def _fed(plan: Plan, gone: pl.DataFrame, records: Records) -> pl.DataFrame:
    """The record that speaks for each of `gone` that the file still holds: `ref`, `own_key` (by which it would be looked for as an add)
    and its columns in Records.frame. A record that asks for an association speaks only where there is no other."""
    lines = pl.concat(
        [
            plan.outcomes.filter(pl.col("outcome") != "duplicate").join(gone.select("ref", "patron_id"), on="patron_id"),
            plan.outcomes.filter(pl.col("outcome") == "added").join(
                gone.filter(pl.col("patron_id").is_null()).select("ref", "patron"), on="patron"
            ),
        ],
        how="diagonal",
    )
    found = records.of_lines(lines["line"]).join(lines.select("line", "ref"), on="line")
    spoken = found.sort("associate_asked", "line").unique("ref", keep="first", maintain_order=True)
    return spoken.with_columns(own_key=pl.coalesce(filled(spoken, "district_id"), place(spoken, "/")))


def _macs(fed: pl.DataFrame, record_mac: RecordMac) -> pl.Series:
    return record_mac(fed) if fed.height else pl.Series(dtype=pl.String)


def _clears(leaving: pl.DataFrame, setting: Inactivate | None) -> pl.DataFrame:
    if setting is None or not setting.disable_login:
        return leaving.clear().select("ref", "patron_id")
    return leaving.filter(_loses_password()).select("ref", "patron_id")


def _loses_password() -> pl.Expr:
    return pl.col("password_mac").is_not_null() & ~pl.col(locked("password"))
