"""Who is measured: how each is started for a file and a store, and what it keeps."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Measured, measure
from benchmarks.workspace import write_workspace

OURS = "runner"
FLOOR = "polars floor"
DUCKDB = "DuckDB MERGE"
SQLITE = "sqlite3 shell"
PANDAS = "pandas and sqlite3"
DLT = "dlt merge"
SLOW = (SQLITE, PANDAS, DLT)
_LAST = "last-file"


@dataclass(frozen=True, slots=True)
class Place:
    """Where one size is measured: its files, and a folder in which contestants keep their stores. `more`: further lines of our job."""

    folder: Path
    peers_python: Path
    more: str = ""

    def file(self, name: str) -> Path:
        """first.csv, nightly.csv or another of the size."""
        return self.folder / "files" / name

    def store(self, who: str) -> Path:
        """The folder of everything that one contestant keeps."""
        return self.folder / "stores" / who.replace(" ", "-").lower()


def available(place: Place) -> list[str]:
    """The contestants that this machine can measure, ours first."""
    found = [OURS, FLOOR]
    if place.peers_python.exists():
        found += [DUCKDB, PANDAS, DLT]
    if shutil.which("sqlite3"):
        found.append(SQLITE)
    return found


def start(who: str, place: Place, file: Path, *words: str, job: str = "patrons") -> Measured:
    """One measured process of a contestant over a file, with its store as it is. `words` and `job` are ours: run or plan, and options."""
    store = place.store(who)
    store.mkdir(parents=True, exist_ok=True)
    if words[:1] != ("plan",):  # which leaves the store as it is
        (store / _LAST).write_text(file.name)
    log = place.folder / f"{store.name}.log"
    if who == OURS:
        return _ours(place, job, file, log, words or ("run", "--full"))
    if who == FLOOR:
        return measure([sys.executable, "-m", "benchmarks.peers.floor", str(file)], log=log)
    if who == SQLITE:
        script = store / "script.sql"
        program = [sys.executable, "-m", "benchmarks.peers.sqlite_shell", str(file)]
        measure(program, log=script)
        return measure(["sqlite3", str(store / "patrons.db")], log=log, stdin=script)
    module = {DUCKDB: "duckdb_merge", PANDAS: "pandas_upsert", DLT: "dlt_merge"}[who]
    return measure(
        [str(place.peers_python), "-m", f"benchmarks.peers.{module}", str(file), str(store / "patrons.db"), str(store / "work")], log=log
    )


def _ours(place: Place, job: str, file: Path, log: Path, words: tuple[str, ...]) -> Measured:
    store = place.store(OURS)
    # A job reads one file name night after night; a hard link puts the night's file there without a copy.
    export = store / "export" / f"{job}.csv"
    export.parent.mkdir(exist_ok=True)
    export.unlink(missing_ok=True)
    export.hardlink_to(file)
    jobs = write_workspace(store / "jobs", export, name=job, more=place.more)
    verb, *options = words
    return measure(
        [_runner(), "--jobs", str(jobs), "--var", str(store / "var"), verb, f"bench/{job}", *options, "--json", "--limit", "1"], log=log
    )


def show_help(place: Place) -> Measured:
    """One measured `runner --help`."""
    return measure([_runner(), "--help"], log=place.folder / "help.log")


def _runner() -> str:
    return str(Path(sys.executable).with_name("runner"))


def answered(place: Place) -> dict[str, int]:
    """The counts of our last run or plan."""
    said = told(place)
    document, _ = json.JSONDecoder().raw_decode(said, said.index("{"))  # the story on stderr stands before and after it
    counts: dict[str, int] = document["counts"]
    return counts


def told(place: Place) -> str:
    """All that our last run or plan printed."""
    return (place.folder / f"{place.store(OURS).name}.log").read_text(encoding="utf-8")


def forget(who: str, place: Place) -> None:
    """Back to no store at all."""
    shutil.rmtree(place.store(who), ignore_errors=True)


def day_before(who: str, place: Place) -> None:
    """Brings a store back to the first file by a night of its own, unmeasured, where another file was the last."""
    if (place.store(who) / _LAST).read_text() != "first.csv":
        start(who, place, place.file("first.csv"))
