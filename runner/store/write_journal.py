"""The journal: one row per change, its values before and after, and the bookkeeping that undo needs."""

from __future__ import annotations

import polars as pl

from runner.store.moved import owner_refs
from runner.store.session import Session
from runner.store.transactions import transactions_text
from runner.store.work import Work

_CHANGE = ("id", "patron_id", "patron", "rule", "reason", "site")
_KEPT = ("version", "username_key", "password_hash", "password_mac", "edited_at", "status_at", "status_cause")
_KEPT_BEFORE = ("status_before", "username_before")


def next_change(session: Session) -> int:
    """The journal id that the next change gets."""
    return (session.number("SELECT max(id) FROM change") or 0) + 1


def keep_former_state(work: Work) -> None:
    """What the changed patrons were besides their fields, with their transactions, before anything is written."""
    work.session.stage("stage_touched", work.touched().select("patron_id"))
    columns = ", ".join((*_KEPT, *_KEPT_BEFORE))
    work.session.run(
        f"INSERT INTO patron_before (run_number, patron_id, {columns}, transactions)"
        f" SELECT {work.run_number}, id, {columns}, {transactions_text('patron.id')} FROM patron"
        " WHERE id IN (SELECT patron_id FROM stage_touched)"
    )


def write_journal(work: Work) -> None:
    """Every applied change (`change`) and the values of all but adds (`change_value`)."""
    changes = _numbered(work)
    if changes.is_empty():
        return
    rows = changes.select(
        *_CHANGE, pl.col("line").cast(pl.Int64), pl.col("action", "cause").cast(pl.String), version_after=pl.col("version") + 1
    )
    for (action, cause), some in rows.partition_by("action", "cause", as_dict=True, include_key=False).items():
        known: dict[str, int | str] = {"run_number": work.run_number, "action": action, "cause": cause}
        # What undo brings back goes on from the version that it had.
        if action == "add" and cause != "undo":
            some, known = some.drop("version_after"), {**known, "version_after": 1}
        work.session.insert("change", some.drop([c.name for c in some if c.null_count() == some.height]), **known)
    values = work.plan.values.join(changes.select("ref", "id"), on="ref", maintain_order="left")
    work.session.insert("change_value", values.select("field", change_id="id", value_before="before", value_after="after"))


def change_range(work: Work) -> tuple[int, int] | None:
    """First and last journal id of this run; None when it changed nothing."""
    count = work.plan.changes.height
    return (work.first_change, work.first_change + count - 1) if count else None


def _numbered(work: Work) -> pl.DataFrame:
    """The applied changes with `id` (their journal id) and the ids of new patrons filled in."""
    changes = work.plan.changes.with_row_index("offset").with_columns(id=pl.col("offset").cast(pl.Int64) + work.first_change)
    if work.added.is_empty():
        return changes
    # A new patron's associations and its deletion by policy are changes of their own, which name the add by its ref.
    named = changes.join(owner_refs(work.plan), on="ref", how="left", maintain_order="left").with_columns(
        owner_ref=pl.coalesce("owner_ref", "ref")
    )
    new = work.added.rename({"ref": "owner_ref", "patron_id": "new_id"})
    joined = named.join(new, on="owner_ref", how="left", maintain_order="left").drop("owner_ref")
    return joined.with_columns(patron_id=pl.coalesce("patron_id", "new_id"))
