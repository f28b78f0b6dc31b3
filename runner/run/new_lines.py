"""The lines of an input whose every remembered record adds a patron: put side by side, where joining them would copy millions of rows."""

from __future__ import annotations

import polars as pl

from runner.store.commit import Written


def lines_of_new_patrons(settled: pl.DataFrame, written: Written, hashes: pl.DataFrame, shapes: pl.DataFrame) -> pl.DataFrame | None:
    """`line`, `hash`, `shape` and what frames.SETTLED has of the settled lines, by line; None unless all of them add patrons.

    `settled`: frames.SETTLED of the plan; `hashes`: `line`, `hash` of the lines that hold a record each; `shapes`: `line`, `shape`. All by
    line. None too where patrons were left out or go again.
    """
    plan = written.plan
    if settled["patron_id"].null_count() < settled.height or written.moved.len() or plan.deletes.height:
        return None
    made = plan.changes.select("line", "ref")
    if not (plan.changes["action"] == "add").all() or not (plan.changes["cause"] == "file").all() or not made["line"].is_sorted():
        return None
    settled = settled.filter(_found(settled["line"], hashes["line"]) & _found(settled["line"], made["line"]))
    refs = made["ref"].gather(_places(settled["line"], made["line"]))
    return settled.select("line", "row_hash", "site", version=pl.lit(1, dtype=pl.Int64)).with_columns(
        written.added["patron_id"].gather(_places(refs, written.added["ref"])),
        hashes["hash"].gather(_places(settled["line"], hashes["line"])),
        shapes["shape"].gather(_places(settled["line"], shapes["line"])),
    )


def _places(numbers: pl.Series, among: pl.Series) -> pl.Series:
    """Where in `among` (in ascending order) each of `numbers` stands or would stand."""
    if numbers.equals(among):
        return pl.int_range(among.len(), dtype=pl.UInt32, eager=True)
    return among.search_sorted(numbers).cast(pl.UInt32)


def _found(numbers: pl.Series, among: pl.Series) -> pl.Series:
    if numbers.equals(among):
        return pl.repeat(True, numbers.len(), dtype=pl.Boolean, eager=True)
    if among.is_empty():
        return pl.repeat(False, numbers.len(), dtype=pl.Boolean, eager=True)
    return among.gather(_places(numbers, among).clip(0, among.len() - 1)) == numbers
