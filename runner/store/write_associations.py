"""Secondary associations: released, deleted, changed and added; the places of all associations stay unique over both tables."""

from __future__ import annotations

import polars as pl

from runner.errors import StoreError
from runner.store.layout_1 import PLACE_COLUMNS
from runner.store.work import Work


def stage_associations(work: Work) -> None:
    """Stages `stage_association` (the plan's rows, `patron_id` filled for new patrons) and journals the rows as they were."""
    if work.plan.associations.is_empty():
        return
    # Those of a patron that goes are archived with it as they were.
    rows = work.plan.associations.join(
        work.plan.deletes.select("patron_id").drop_nulls(), on="patron_id", how="anti", maintain_order="left"
    )
    owners = work.added.rename({"ref": "owner_ref", "patron_id": "new_id"})
    rows = rows.join(owners, on="owner_ref", how="left", maintain_order="left")
    top = work.session.number(work.session.dialect.association_top) or 0
    fresh = pl.col("op") == "insert"
    rows = rows.with_columns(
        patron_id=pl.coalesce("patron_id", "new_id"),
        # Undo brings an association back under the id that it had.
        association_id=pl.when(fresh & pl.col("association_id").is_null())
        .then(top + fresh.cum_sum().cast(pl.Int64))
        .otherwise(pl.col("association_id")),
    )
    work.session.stage("stage_association", rows.select("op", "association_id", "patron_id", *PLACE_COLUMNS))
    _journal(work)


def release_associations(work: Work) -> None:
    """Deletes what goes, and empties the barcodes of those that change."""
    if work.plan.associations.is_empty():
        return
    named = "(SELECT association_id FROM stage_association WHERE op = '{op}')"
    work.session.run(f"UPDATE association SET version = -1, barcode = NULL WHERE id IN {named.format(op='delete')}")
    work.session.run(f"DELETE FROM association WHERE id IN {named.format(op='delete')} AND version = -1")
    work.session.run(f"UPDATE association SET version = -1 - version, barcode = NULL WHERE id IN {named.format(op='update')}")


def write_associations(work: Work) -> None:
    """Writes the changed and the new rows."""
    if work.plan.associations.is_empty():
        return
    sets = ", ".join(f"{name} = s.{name}" for name in PLACE_COLUMNS)
    work.session.run(
        f"UPDATE association SET {sets}, version = -association.version FROM stage_association s"
        " WHERE s.op = 'update' AND s.association_id = association.id"
    )
    names = ", ".join(PLACE_COLUMNS)
    work.session.run(
        f"INSERT INTO association (id, patron_id, {names}, version)"
        f" SELECT association_id, patron_id, {names}, 1 FROM stage_association WHERE op = 'insert'"
    )


def check_places(work: Work) -> None:
    """Raises StoreError when a barcode would now stand twice at one site, over both tables: the plan was wrong, nothing is written."""
    if not work.session.number("SELECT count(*) FROM (SELECT 1 FROM association LIMIT 1) AS t"):
        return
    staged = ["SELECT patron_id FROM stage_update"]
    if work.plan.associations.height:
        staged.append("SELECT patron_id FROM stage_association")
    owners = " UNION ".join(staged)
    first_added = work.added["patron_id"][0] if work.added.height else None
    # Only what this run touched: a clash that staff made elsewhere by hand must not end every run.
    twice = work.session.number(
        "SELECT count(*) FROM association a JOIN patron p ON p.site = a.site AND p.barcode = a.barcode"
        f" WHERE a.patron_id IN ({owners}) OR p.id IN ({owners})" + (f" OR p.id >= {first_added}" if first_added is not None else "")
    )
    if twice:
        raise StoreError(
            "the plan would give one barcode at one site to two patrons: nothing was changed", "plan again", code="store-constraint"
        )


def _journal(work: Work) -> None:
    """Rows as they were before the run, for undo; a new row is noted without values."""
    names = ", ".join(PLACE_COLUMNS)
    olds = ", ".join(f"a.{name}" for name in PLACE_COLUMNS)
    work.session.run(
        f"INSERT INTO association_before (run_number, association_id, patron_id, action, {names}, version)"
        f" SELECT {work.run_number}, s.association_id, s.patron_id, s.op, {olds}, a.version"
        " FROM stage_association s LEFT JOIN association a ON a.id = s.association_id"
    )
