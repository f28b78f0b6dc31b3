"""What a workspace holds after a deed: tables, what jobs remember, files; and what must be true of it whatever another one holds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from runner.sealed import is_whole
from runner.store import mirror
from runner.store.reader import StoreReader
from runner.store.store import Store
from tests.stories.desk import Rows
from tests.stories.sameness import Facts, Sameness

# How these stand is a fast path's own affair; what they say is asked of the store itself (`remembered`).
_OWN_TABLES = ("touched", "folded_letter", "job_set", "job_set_change")
_OWN_META = ("mirror", "lines ", "set ", "store_id", "key_proof")
_OWN_CELLS = {
    "run": ("district_sha256", "pid", "host", "source_commit", "user_name", "finished_at"),
    **dict.fromkeys(("patron", "patron_archive", "patron_before"), ("password_hash",)),
}
_OWN_FILES = ("lines/", "keys/", "runs/", "patrons.db", "checked.json")


def tables_of(tables: dict[str, Rows], sameness: Sameness) -> Facts:
    """Every table, row by row, in an order that is the rows' own."""
    return {
        f"table {name}": sorted(_row(row, _OWN_CELLS.get(name, ()), sameness) for row in rows if not _is_own(name, row))
        for name, rows in tables.items()
        if name not in _OWN_TABLES
    }


def _is_own(table: str, row: dict[str, Any]) -> bool:
    return table == "meta" and str(row["key"]).startswith(_OWN_META)


def _row(row: dict[str, Any], own: Iterable[str], sameness: Sameness) -> str:
    cells = {name: ("set" if value else value) if name in own else value for name, value in row.items()}
    return sameness.text("  ".join(f"{name}={value!r}" for name, value in cells.items() if value is not None))


def remembered(reader: StoreReader, jobs: Iterable[str]) -> Facts:
    """What jobs remember: whom they saw, their baselines, what their inputs were like."""
    found: Facts = {}
    for job in jobs:
        baseline, history = reader.baseline(f"small/{job}"), reader.input_history(f"small/{job}")
        found[f"seen by {job}"] = [str(each) for each in sorted(reader.seen_by(f"small/{job}"))]
        found[f"baseline of {job}"] = [*map(str, sorted(baseline.row_hashes)), str(baseline.fingerprint)] if baseline else []
        found[f"history of {job}"] = [repr(history)]
    return found


def files_below(var: Path, sameness: Sameness) -> Facts:
    """The files that runs made, and what is in the archived ones."""
    runs = var / "runs"
    found = {"run folders": sorted(sameness.text(path.name) for path in runs.iterdir()) if runs.exists() else [], "files": list[str]()}
    for path in sorted(path for path in var.rglob("*") if path.is_file()):
        name = path.relative_to(var).as_posix()
        if not name.startswith(_OWN_FILES):
            found["files"].append(sameness.text(name))
            if name.startswith("archive/"):
                found[sameness.text(name)] = sameness.text(path.read_text(encoding="utf-8", errors="replace")).splitlines()
    return found


def copy_beside_table(store: Store) -> Iterator[str]:
    """Where the copy of the columns is not the table."""
    with store.session() as session:
        copied = mirror.read_patrons(session, mirror.MIRRORED)
        wanted = ", ".join(mirror.SELECTED.get(name, name) for name in mirror.MIRRORED)
        real = session.rows(
            f"SELECT {wanted} FROM patron ORDER BY id",
            {name: pl.Int64 if dtype == pl.Int64 else pl.String for name, dtype in copied.schema.items()},
        )
    if not copied.equals(real):
        for one, other, told in ((copied, real, "only in the copy"), (real, copied, "only in the table")):
            yield from (f"{told}: {row}" for row in one.join(other, on=one.columns, how="anti", nulls_equal=True).head(2).to_dicts())


def lines_beside_baseline(reader: StoreReader, job: str, folder: Path) -> Iterator[str]:
    """Where what is remembered of a job's lines does not fit the baseline that it names."""
    note, baseline = reader.lines_note(job), reader.baseline(job)
    if note is None or baseline is None or not reader.baseline_has_lines(job):
        return
    noted = json.loads(note)
    path = folder / noted["file"]
    if not path.exists() or not is_whole(path, noted["seal"]):  # damaged by the story: a run will find that out, and say so
        return
    lines = pl.read_ipc(path.read_bytes())
    if not set(lines["row_hash"]) <= set(baseline.row_hashes):
        yield f"{job}: the baseline has not every line that is remembered with it"
    elif (others := noted["others"]) is not None and {*lines["row_hash"], *others} != set(baseline.row_hashes):
        yield f"{job}: the lines that are remembered and the others are not the baseline"
