"""What the removal policy adds to a night: `python -m benchmarks.policy [--rows N] [--rounds N]`.

Over the store of a first load, with three transactions for every ten patrons. Each situation is planned in
this process, and the seconds are those of the run's own stage `policy`; nothing is written to the store.
"""

from __future__ import annotations

import argparse
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import process_time

import polars as pl

from benchmarks.cases import load_first
from benchmarks.contestants import OURS, Place
from benchmarks.workspace import write_workspace
from benchmarks.write_files import write_files
from runner.job.load import load_job
from runner.run.engine import plan_job
from runner.run.places import Places
from runner.run.progress import NoProgress, Stage

_DATA = Path("benchmarks/data")
_ALL_STEPS = """
options: {allow_delete_with_transactions: true}
removal:
  when_records_read_over: 1000
  scope: {personas: [student]}
  inactivate: {not_updated_in_days: 14, clear_homeroom: true, disable_login: true}
  delete:
    graduated_seniors: true
    inactive: {days: 365, only_if: no_checkouts_no_fines}
    with_transactions: {age: 25}
"""


@dataclass(frozen=True, slots=True)
class Situation:
    """`edit`: what makes the store of the night, in SQL; `days`: how long after the first load the night is."""

    name: str
    edit: tuple[str, ...]
    days: int


# One patron in a thousand is in no row of the file: nothing in it matches. The triggers of the store look away where the version moves.
_LEAVERS = "UPDATE patron SET district_id = NULL, barcode = NULL, username = NULL, username_key = NULL, version = 2 WHERE id % 1000 = 7"
_INACTIVE = "UPDATE patron SET status = 'Inactive', version = version + 1 WHERE id % 20 = 0"
SITUATIONS = (
    Situation("nobody leaves", (), 1),
    Situation("one in a thousand leaves, one in twenty is inactive", (_LEAVERS, _INACTIVE), 30),
)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.policy", description="Measure the removal policy.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    place = Place(_DATA / f"{given.rows}-policy", _DATA / ".venv" / "bin" / "python")
    if not place.file("nightly.csv").exists():
        write_files(given.rows, place.folder / "files")
    load_first(place, OURS)
    for situation in SITUATIONS:
        seconds, cpu, removed = measured(place, situation, given.rounds)
        print(f"{situation.name:<55}{seconds:>8.2f} s{cpu:>8.2f} s CPU   {removed:,} removals")


def measured(place: Place, situation: Situation, rounds: int) -> tuple[float, float, int]:
    """The median seconds and processor seconds of the policy stage, and how many removals it plans."""
    root = place.folder / "policy"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(place.store(OURS), root)
    _prepare(root, place, situation)
    rounded = [_planned(root, situation) for _ in range(rounds)]
    shutil.rmtree(root, ignore_errors=True)
    return median(each[0] for each in rounded), median(each[1] for each in rounded), rounded[0][2]


def _prepare(root: Path, place: Place, situation: Situation) -> None:
    """The night's job, and the store with its transactions."""
    jobs = write_workspace(root / "jobs", place.file("nightly.csv"))
    job = jobs / "bench" / "patrons.yaml"
    text = job.read_text(encoding="utf-8")
    job.write_text(text[: text.index("\nremoval:")] + _ALL_STEPS, encoding="utf-8")
    district = jobs / "bench" / "district.yaml"
    district.write_text(district.read_text(encoding="utf-8").replace("checkouts: none, fines: none, holds: none", ""), encoding="utf-8")
    store = sqlite3.connect(next((root / "var").rglob("patrons.db")))
    loaded = (_night(root, situation) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S.000000Z")
    for table, column, divisor in (("checkout", "item_barcode", 6), ("fine", "amount_cents", 10), ("hold", "item_barcode", 25)):
        store.execute(f"INSERT INTO {table} (patron_id, site, {column}) SELECT id, site, id % 900 FROM patron WHERE id % {divisor} = 0")
        store.execute("INSERT INTO circulation_load (table_name, loaded_at) VALUES (?, ?)", (f"{table}s", loaded))
    for sql in situation.edit:
        store.execute(sql)
    store.commit()
    store.close()


def _planned(root: Path, situation: Situation) -> tuple[float, float, int]:
    progress = _Clock()
    jobs = root / "jobs"
    job = load_job(jobs, "bench/patrons")
    outcome = plan_job(job, Places(jobs, root / "var"), kind="full", now=_night(root, situation), progress=progress)
    removals = outcome.prepared.plan.changes.filter(pl.col("cause") == "removal").height if outcome.prepared else 0
    return outcome.report.timings["policy"], progress.cpu["policy"], removals


class _Clock(NoProgress):
    """Notes the processor seconds of each stage."""

    def __init__(self) -> None:
        self.cpu: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[Stage]:
        begun = process_time()
        with super().stage(name, total) as stage:
            yield stage
        self.cpu[name] = process_time() - begun


def _night(root: Path, situation: Situation) -> datetime:
    store = sqlite3.connect(next((root / "var").rglob("patrons.db")))
    first = store.execute("SELECT max(finished_at) FROM run").fetchone()[0]
    store.close()
    return datetime.fromisoformat(first).astimezone(UTC) + timedelta(days=situation.days)


if __name__ == "__main__":
    main()
