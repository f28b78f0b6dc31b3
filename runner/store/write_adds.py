"""New patrons: ids given, rows inserted; a first load into an empty store makes its indexes afterwards."""

from __future__ import annotations

import polars as pl

from runner.plan.model import Plan
from runner.store.layout_1 import PATRON_INDEXES
from runner.store.session import Session
from runner.store.triggers_1 import PATRON_ADDED_SQLITE
from runner.store.work import Work

# From this many rows on it pays to do without the insert trigger; below, the two changes of the schema would cost more.
_BULK = 20_000


def give_ids(session: Session, plan: Plan) -> pl.DataFrame:
    """`ref` UInt32, `patron_id` Int64: ids never used before, in the order of `plan.adds`."""
    if plan.adds.is_empty():
        return pl.DataFrame(schema={"ref": pl.UInt32, "patron_id": pl.Int64})
    top = session.number(session.dialect.patron_top) or 0
    return plan.adds.select("ref", patron_id=pl.int_range(top + 1, top + 1 + pl.len(), dtype=pl.Int64))


def write_adds(work: Work) -> None:
    """Inserts `plan.adds`, with password hashes where the commit has them."""
    if work.added.is_empty():
        return
    rows = _rows(work)
    bulk = rows.height >= _BULK and work.session.dialect.name == "sqlite"
    fresh = work.empty and rows.height >= _BULK
    if fresh:
        for name in PATRON_INDEXES:
            work.session.run(f"DROP INDEX {name}")
    if bulk:
        work.session.run("DROP TRIGGER patron_added")
    work.session.insert("patron", rows, version=1, added_at=work.now, added_run=work.run_number)
    if bulk:
        work.session.run(PATRON_ADDED_SQLITE)
    if fresh:
        for statement in PATRON_INDEXES.values():
            work.session.run(statement)
    work.session.run("UPDATE meta SET value = $1 WHERE key = 'last_patron_id'", str(work.added["patron_id"].max()))


def _rows(work: Work) -> pl.DataFrame:
    """The rows of `patron`, less the columns in which nobody has a value."""
    made = work.plan.adds.with_columns(id=work.added["patron_id"])
    if not work.commit.hashes.is_empty():
        made = made.join(work.commit.hashes, on="ref", how="left", maintain_order="left")
    filled = [series.name for series in made if series.name != "ref" and series.null_count() < made.height]
    return made.select("id", *(name for name in filled if name != "id"))
