"""What this run's input leaves for the next one's reading. (runner.run.line_memory)"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl

from runner.fast_paths import pays
from runner.frames import each_once
from runner.intake.again import MOST_LINES, told_of
from runner.intake.health import patterns_of
from runner.job.model import Job
from runner.mapping.records import Records
from runner.run.line_memory import LEAST_ROWS, LINES, Memory, keep
from runner.run.new_lines import lines_of_new_patrons
from runner.run.prepare import Prepared
from runner.run.read_patrons import key_column
from runner.store.commit import Former, Written


def note_of_lines(job: Job, prepared: Prepared, folder: Path) -> Callable[[Written], str | None] | None:
    """What the store calls inside its transaction to have the lines kept; None where what it notes now stays true. A run that keeps
    none and did not go by those of before has them forgotten: under its mapping they may mean another thing, bases of fields included."""
    fetched, surveyed, records = prepared.fetched, prepared.surveyed, prepared.records
    used = prepared.memory is not None and isinstance(records, Records) and records.familiar is not None
    if surveyed is None or not isinstance(records, Records) or not pays(surveyed.rows_read, LEAST_ROWS):
        return None if used else lambda _: None
    if prepared.memory is not None and records.frame.is_empty() and _whole(records.familiar, prepared.memory.lines):
        return None  # what the store notes now is what this run would write again
    hashes = _of_mapped(surveyed.lines, records).filter("alone").select("line", "hash")
    shapes = records.frame.select("line", shape=patterns_of(records.frame[key_column(job)]).cast(LINES["shape"]))

    def note(written: Written) -> str | None:
        new = lines_of_new_patrons(prepared.plan.settled, written, hashes, shapes)
        whole = _plain(new if new is not None else _settled(prepared, written).join(hashes, on="line").join(shapes, on="line").sort("line"))
        # Two lines with one hash: neither can be told from the other. A familiar one shares its hash with none that was mapped.
        whole = whole if each_once(whole["hash"]) else whole.filter(whole["hash"].is_unique())
        others = _others(records, written, whole)
        if records.familiar is not None:
            # In the order of the file, for tomorrow's will be nearly the same (runner.intake.alignment).
            whole = pl.concat([_plain(_left(records.familiar, written)), whole]).sort("line")
        told = told_of(surveyed, whole["line"])
        return keep(job, prepared.setting, Memory(whole, surveyed.header.signature, fetched.size, fetched.sha256, told, others), folder)

    return note


def former_of(prepared: Prepared) -> Callable[[], Former] | None:
    """What is known of the baseline that this run replaces, for the store to ask; None where the memory does not tell all of it."""
    memory, records = prepared.memory, prepared.records
    familiar = records.familiar if isinstance(records, Records) else None
    if memory is None or familiar is None or "known" not in familiar.columns or (hashes := memory.baseline()) is None:
        return None

    def former() -> Former:
        gone = pl.repeat(True, hashes.len(), dtype=pl.Boolean, eager=True).scatter(familiar["known"], False)
        return Former(hashes, hashes.filter(gone), familiar.height)

    return former


def _others(records: Records, written: Written, settled: pl.DataFrame) -> tuple[int, ...] | None:
    """The row hashes of the applied records that are not among the `settled`; None where they are many or it is not sure which."""
    familiar = 0 if records.familiar is None else records.familiar.height
    applied = written.plan.applied_hashes.head(max(0, written.plan.applied_hashes.len() - familiar))
    missing = applied.len() - settled.height
    if written.moved.len() or written.plan.deletes.height or not 0 <= missing <= MOST_LINES:
        return None
    if not missing:
        return ()
    left = records.frame.filter(~pl.col("line").is_in(settled["line"].implode()))["row_hash"]
    found = left.filter(left.is_in(applied.implode()))
    return tuple(found) if found.len() == missing else None


def _whole(familiar: pl.DataFrame | None, remembered: pl.DataFrame) -> bool:
    return familiar is not None and familiar.height == remembered.height


def _of_mapped(lines: pl.DataFrame, records: Records) -> pl.DataFrame:
    """The lines (runner.intake.good_rows.row_lines) on which the mapped records begin; all where none is familiar."""
    return lines if records.familiar is None else lines[(records.frame["line"] - lines["line"][0])]


def _left(familiar: pl.DataFrame, written: Written) -> pl.DataFrame:
    """The familiar records less those whose patrons the policy deleted."""
    gone = written.plan.deletes["patron_id"].drop_nulls()
    return familiar.filter(~pl.col("patron_id").is_in(gone.implode())) if gone.len() else familiar


def _settled(prepared: Prepared, written: Written) -> pl.DataFrame:
    """frames.SETTLED with the ids and versions that patrons have now, without those that were left out or are gone again."""
    plan = written.plan
    made = plan.changes.filter((pl.col("action") == "add") & (pl.col("cause") == "file")).select("line", "ref")
    new = made.join(written.added, on="ref").select("line", new_id="patron_id")
    settled = prepared.plan.settled.filter(~pl.col("line").is_in(written.moved.implode())).join(new, on="line", how="left")
    known = settled.with_columns(
        patron_id=pl.coalesce("patron_id", "new_id"), version=pl.when(pl.col("new_id").is_not_null()).then(1).otherwise("version")
    )
    now = known.join(written.versions.rename({"version": "now"}), on="patron_id", how="left")
    gone = [plan.deletes["patron_id"]]
    if "owner_ref" in plan.deletes.columns:
        gone.append(plan.deletes.join(written.added, left_on="owner_ref", right_on="ref").get_column("patron_id_right"))
    left = now.filter(pl.col("patron_id").is_not_null() & ~pl.col("patron_id").is_in(pl.concat(gone).drop_nulls().implode()))
    return left.with_columns(version=pl.coalesce("now", "version"))


def _plain(lines: pl.DataFrame) -> pl.DataFrame:
    return lines.select("line", *LINES.names()).cast(dict(LINES))  # type: ignore[arg-type]
