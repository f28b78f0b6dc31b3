"""The journal: one row per change, its values before and after, and the bookkeeping that undo needs."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from runner.fast_paths import pays
from runner.store.moved import owner_refs
from runner.store.session import Session, filled_columns
from runner.store.transactions import transactions_text
from runner.store.work import Work

_CHANGE = ("id", "patron_id", "patron", "rule", "reason", "site")
_KEPT = ("version", "username_key", "password_hash", "password_mac", "edited_at", "status_at", "status_cause")
_MANY = 20_000
# Lines follow one another but for rows that were refused or set aside; each break is a statement more.
_MANY_RUNS = 500
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
    if changes.is_empty() or _journaled_from_patrons(work, changes):
        return
    for action, cause, some in _by_kind(changes):
        known: dict[str, int | str] = {"run_number": work.run_number, "action": action, "cause": cause}
        # What undo brings back goes on from the version that it had.
        if action == "add" and cause != "undo":
            some, known = some.drop("version_after"), {**known, "version_after": 1}
        work.session.insert("change", some.select(filled_columns(some)), **known)
    values = work.plan.values.join(changes.select("ref", "id"), on="ref", maintain_order="left")
    work.session.insert("change_value", values.select("field", change_id="id", value_before="before", value_after="after"))


def _by_kind(changes: pl.DataFrame) -> Iterator[tuple[str, str, pl.DataFrame]]:
    """The rows of `change` by action and cause."""
    rows = changes.select(*_CHANGE, "action", "cause", pl.col("line").cast(pl.Int64), version_after=pl.col("version") + 1)
    kinds = rows.select("action", "cause").unique(maintain_order=True).rows()
    for action, cause in kinds:
        some = rows if len(kinds) == 1 else rows.filter((pl.col("action") == action) & (pl.col("cause") == cause))
        yield action, cause, some.drop("action", "cause")


def change_range(work: Work) -> tuple[int, int] | None:
    """First and last journal id of this run; None when it changed nothing."""
    count = work.plan.changes.height
    return (work.first_change, work.first_change + count - 1) if count else None


def _journaled_from_patrons(work: Work, changes: pl.DataFrame) -> bool:
    """Whether the journal could be written out of the new patrons' own rows, as the first load of a regular file can: the database reads
    them in half the time that binding a million rows takes."""
    adds, ids = work.plan.adds, changes["patron_id"]
    if not pays(adds.height, _MANY) or adds.height != changes.height or not (changes["cause"] == "file").all():
        return False
    if not ((changes["action"] == "add").all() and changes["ref"].equals(adds["ref"]) and (ids - ids[0] == changes["offset"]).all()):
        return False
    if not (changes["patron"].equals(adds["district_id"]) and changes["site"].equals(adds["site"])) or work.former is not None:
        return False
    rows = changes.select(first="patron_id", ahead=pl.col("line").cast(pl.Int64) - pl.col("patron_id"))
    runs = rows.filter(pl.col("ahead").ne_missing(pl.col("ahead").shift()) | (pl.int_range(pl.len()) == 0))
    if runs.height > _MANY_RUNS or runs["ahead"].has_nulls():
        return False
    last = runs["first"].shift(-1) - 1
    for first, ahead, end in zip(runs["first"], runs["ahead"], last.fill_null(ids[-1]), strict=True):
        work.session.run(
            "INSERT INTO change (id, run_number, patron_id, patron, action, cause, line, site, version_after)"
            f" SELECT id + {work.first_change - ids[0]}, {work.run_number}, id, district_id, 'add', 'file', id + {ahead}, site, 1"
            f" FROM patron WHERE id BETWEEN {first} AND {end}"
        )
    return True


def _numbered(work: Work) -> pl.DataFrame:
    """The applied changes with `id` (their journal id) and the ids of new patrons filled in."""
    changes = work.plan.changes.with_row_index("offset").with_columns(id=pl.col("offset").cast(pl.Int64) + work.first_change)
    if work.added.is_empty():
        return changes
    owned = owner_refs(work.plan)
    if owned.is_empty() and changes["ref"].equals(work.added["ref"]):
        return changes.with_columns(work.added["patron_id"])  # everybody is new: nothing to look up
    # A new patron's associations and its deletion by policy are changes of their own, which name the add by its ref.
    named = changes.join(owned, on="ref", how="left", maintain_order="left").with_columns(owner_ref=pl.coalesce("owner_ref", "ref"))
    new = work.added.rename({"ref": "owner_ref", "patron_id": "new_id"})
    joined = named.join(new, on="owner_ref", how="left", maintain_order="left").drop("owner_ref")
    return joined.with_columns(patron_id=pl.coalesce("patron_id", "new_id"))
