"""Deletions: the patron, its associations and its transactions go into the archives first, from which undo brings them back."""

from __future__ import annotations

import polars as pl

from runner.store.layout_1 import ASSOCIATION_COLUMNS, PATRON_COLUMNS, TRANSACTION_COLUMNS
from runner.store.moved import new_deletes
from runner.store.undo_reading import MARK
from runner.store.work import Work


def archive_and_delete(work: Work) -> None:
    """Moves `plan.deletes` out of the live tables; copies that were checked out are marked lost in their archive."""
    _delete(work, work.plan.deletes.select("patron_id").drop_nulls().unique())


def delete_added(work: Work) -> None:
    """Deletes the patrons that this very run added and that policy removes at its end; the archive holds them as it does others."""
    refs = new_deletes(work.plan).select(ref="owner_ref")
    if refs.height:
        _delete(work, work.added.join(refs, on="ref", how="semi").select("patron_id"))


def _delete(work: Work, patrons: pl.DataFrame) -> None:
    if patrons.is_empty():
        return
    work.session.stage("stage_delete", patrons)
    _archive(work, "patron", "id", PATRON_COLUMNS)
    _archive(work, "association", "patron_id", ASSOCIATION_COLUMNS)
    for table, columns in TRANSACTION_COLUMNS.items():
        _archive(work, table, "patron_id", columns)
        work.session.run(f"DELETE FROM {table} WHERE patron_id IN (SELECT patron_id FROM stage_delete)")
    gone = "patron_id IN (SELECT patron_id FROM stage_delete)"
    work.session.run(f"UPDATE checkout_archive SET lost_at = '{work.now}' WHERE run_number = {work.run_number} AND {gone}")
    work.session.run(f"UPDATE association SET version = -1 WHERE {gone}")
    work.session.run(f"DELETE FROM association WHERE {gone}")
    work.session.run("DELETE FROM patron WHERE id IN (SELECT patron_id FROM stage_delete)")


def write_marks(work: Work) -> None:
    """Forgets the marks of patrons that this run adds, and remembers the records of those that policy deleted. After the journal."""
    forget_marks(work)
    marks = work.plan.deletes.filter(pl.col("record_mac").is_not_null() & pl.col("key").is_not_null())
    if marks.height:
        work.session.stage("stage_mark", marks.select("key", "record_mac").unique("key", keep="last"))
        work.session.run(
            f"INSERT INTO removed_mark (key, record_mac, run_number) SELECT key, record_mac, {work.run_number} FROM stage_mark WHERE true"
            " ON CONFLICT (key) DO UPDATE SET record_mac = excluded.record_mac, run_number = excluded.run_number"
        )


def forget_marks(work: Work) -> None:
    """Takes away the marks of patrons that are there again; the journal keeps each beside the change that took it, for undo."""
    ids = pl.int_range(work.first_change, work.first_change + pl.len(), dtype=pl.Int64)
    adds = work.plan.changes.with_columns(id=ids).filter((pl.col("action") == "add") & pl.col("patron").is_not_null())
    if adds.is_empty() or not work.session.number("SELECT count(*) FROM (SELECT 1 FROM removed_mark LIMIT 1) AS t"):
        return
    work.session.stage("stage_added_key", adds.select("id", "patron"))
    work.session.run(
        "INSERT INTO change_value (change_id, field, value_before, value_after)"
        f" SELECT s.id, '{MARK}', m.record_mac, CAST(m.run_number AS TEXT)"
        " FROM stage_added_key s JOIN removed_mark m ON m.key = s.patron"
    )
    work.session.run("DELETE FROM removed_mark WHERE key IN (SELECT patron FROM stage_added_key)")


def _archive(work: Work, table: str, owner: str, columns: tuple[str, ...]) -> None:
    names = ", ".join(columns)
    work.session.run(
        f"INSERT INTO {table}_archive (run_number, {names}) SELECT {work.run_number}, {names} FROM {table}"
        f" WHERE {owner} IN (SELECT patron_id FROM stage_delete)"
    )
