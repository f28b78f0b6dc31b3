"""Changes of existing patrons: staged once, unique keys moved in two steps, bookkeeping kept."""

from __future__ import annotations

import polars as pl

from runner.fields import STORED_FIELDS
from runner.store.work import UPDATING, Work

# In the stage NULL leaves a value as it is, '' empties it, text sets it: the three states of docs/domain.md section 3.
_UNIQUE = ("district_id", "barcode", "username_key")


def changed_rows(work: Work) -> pl.DataFrame:
    """`patron_id`, `version` Int64 of the patrons that change, and a String column for each value that does. Asks no database."""
    frame = work.touched()
    kept = (_login_keys(work), _status_bookkeeping(work), _passwords(work)) if work.former is None else (work.former,)
    for part in (_values(work), *kept):
        if part.height:
            frame = frame.join(part, on="patron_id", how="left")
    return frame


def stage_updates(work: Work, frame: pl.DataFrame) -> list[str]:
    """Stages `stage_update`, what `changed_rows` gives, with the barcode of whoever moves. Gives the names of the columns of values."""
    moves = "site" in frame.columns
    if moves and "barcode" not in frame.columns:
        frame = frame.with_columns(barcode=pl.lit(None, dtype=pl.String))
    work.session.stage("stage_update", frame)
    if moves:
        work.session.run(
            "UPDATE stage_update SET barcode = (SELECT p.barcode FROM patron p WHERE p.id = stage_update.patron_id)"
            " WHERE site IS NOT NULL AND barcode IS NULL"
        )
    return [name for name in frame.columns if name not in ("patron_id", "version")]


def release_keys(work: Work, columns: list[str]) -> None:
    """First step: empties the unique keys that move, so that two patrons may swap them."""
    moving = [name for name in _UNIQUE if name in columns]
    if not moving:
        return
    sets = ", ".join(f"{name} = CASE WHEN s.{name} IS NULL THEN patron.{name} END" for name in moving)
    some = " OR ".join(f"s.{name} IS NOT NULL" for name in moving)
    # The version moves too (here below zero), which keeps the triggers for staff's edits silent.
    work.session.run(
        f"UPDATE patron SET {sets}, version = -1 - patron.version FROM stage_update s WHERE s.patron_id = patron.id AND ({some})"
    )


def write_updates(work: Work, columns: list[str]) -> None:
    """Second step: every value, the next version, and when and why the status changed."""
    if work.touched().is_empty():
        return
    sets = [f"{name} = nullif(coalesce(s.{name}, patron.{name}), '')" for name in columns]
    sets.append("version = s.version + 1")
    if "edited_at" not in columns:
        sets.append(f"edited_at = '{work.now}'")
    if "status" in columns and "status_at" not in columns:
        sets.append(f"status_at = CASE WHEN coalesce(s.status, patron.status) <> patron.status THEN '{work.now}' ELSE patron.status_at END")
    work.session.run(f"UPDATE patron SET {', '.join(sets)} FROM stage_update s WHERE s.patron_id = patron.id")


def _changes(work: Work) -> pl.DataFrame:
    changes = work.plan.changes.filter(pl.col("patron_id").is_not_null() & pl.col("action").is_in(UPDATING))
    return changes.select("ref", "patron_id", pl.col("cause").cast(pl.String))


def _last(frame: pl.DataFrame, *keys: str) -> pl.DataFrame:
    """A patron may have a change by the file and one by policy: what comes later in the plan stands."""
    return frame.sort("ref").unique(keys, keep="last", maintain_order=True)


def _values(work: Work) -> pl.DataFrame:
    long = work.plan.values.filter(pl.col("field").is_in(STORED_FIELDS)).join(_changes(work), on="ref")
    latest = _last(long, "patron_id", "field").with_columns(pl.col("after").fill_null(""))
    if latest.is_empty():
        return pl.DataFrame(schema={"patron_id": pl.Int64})
    return latest.pivot(on="field", index="patron_id", values="after")


def _login_keys(work: Work) -> pl.DataFrame:
    if "username_key" not in work.plan.updates.columns:
        return pl.DataFrame(schema={"patron_id": pl.Int64})
    refs = work.plan.values.filter(pl.col("field") == "username").select("ref")
    keys = work.plan.updates.join(refs, on="ref").select("ref", "patron_id", pl.col("username_key").fill_null(""))
    return _last(keys, "patron_id").drop("ref")


def _status_bookkeeping(work: Work) -> pl.DataFrame:
    """`status_cause`, and what policy's inactivation took away (`status_before`, `username_before`), forgotten at any other change."""
    refs = work.plan.values.filter(pl.col("field") == "status").select("ref")
    latest = _last(_changes(work).join(refs, on="ref"), "patron_id")
    updates = work.plan.updates
    known = [name for name in ("status_before", "username_before") if name in updates.columns]
    latest = latest.join(updates.select("ref", *known), on="ref", how="left")
    by_policy = pl.col("cause") == "removal"
    kept = [pl.when(by_policy).then(pl.col(name)).fill_null("").alias(name) for name in known]
    missing = [pl.lit("").alias(name) for name in ("status_before", "username_before") if name not in known]
    return latest.select("patron_id", *kept, *missing, status_cause="cause")


def _passwords(work: Work) -> pl.DataFrame:
    hashes = work.plan.passwords.filter(pl.col("patron_id").is_not_null()).select("ref", "patron_id")
    made = hashes.join(work.commit.hashes, on="ref").select("ref", "patron_id", "password_hash", "password_mac")
    nothing = pl.lit("")
    cleared = work.plan.password_clears.select("ref", "patron_id", password_hash=nothing, password_mac=nothing)
    return _last(pl.concat([made, cleared], how="vertical_relaxed"), "patron_id").drop("ref")
