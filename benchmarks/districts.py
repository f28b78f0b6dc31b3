"""Many small districts and one daemon: `python -m benchmarks.districts [--districts N] [--patrons N]`.

Each district has a folder, people and a store of its own, and all are due at 02:00. The daemon itself does the first loads, in a night
that is not measured; then come two nights with 1% changed each, one run after the other and two at once. A night is measured from
the daemon's start to the end of the last run, and counts only when every run is complete with the changes that its file holds.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.columns import DISTRICT_SITES
from benchmarks.machine import describe
from benchmarks.measure import Broken, Measured, shell
from benchmarks.page import write_page
from benchmarks.parts import keep
from benchmarks.places import DATA, PARTS, PEERS
from benchmarks.workspace import write_workspace

_SCHEDULE = 'schedule: {at: "02:00", weekdays: full, weekends: full, grace: 6h}\n'
_TIMES = "02:00 xxxxxxx America/Chicago"
_FIRST_NIGHT = datetime.fromisoformat("2026-10-15T07:00:30+00:00")  # half a minute past 02:00 in Chicago: everybody is due
_PATIENCE = 600.0  # seconds without news after which a daemon is given up


@dataclass(frozen=True, slots=True)
class Land:
    """The districts' folders below `root`."""

    root: Path
    districts: int
    patrons: int

    @property
    def names(self) -> list[str]:
        """The districts, in the order in which the daemon takes them."""
        return [f"d{number:03d}" for number in range(self.districts)]

    def file(self, district: str, name: str) -> Path:
        """A district's first.csv or nightly.csv."""
        return self.root / "files" / district / name


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.districts", description="Measure one daemon over many small districts.")
    parser.add_argument("--districts", type=int, default=100)
    parser.add_argument("--patrons", type=int, default=10_000, help="of each district (default 10,000)")
    given = parser.parse_args()
    if given.patrons % 100 or given.patrons <= 1000:
        parser.error("--patrons: whole hundreds, for one in a hundred changes; above 1,000, for below it the jobs' policy trusts no file")
    began = dict(describe(PEERS))
    land = Land(DATA / f"districts-{given.districts}-{given.patrons}", given.districts, given.patrons)
    people = given.districts * given.patrons
    try:
        _settle(land)
        _night(land, 0, "first.csv", 2, {"added": given.patrons})
        nights = [_measured(land, number, file, at_once) for number, file, at_once in ((1, "nightly.csv", 1), (2, "first.csv", 2))]
    except Broken as broken:
        print(broken, file=sys.stderr)
        return 1
    data = {"districts": given.districts, "patrons": given.patrons, "people": people, "nights": nights}
    keep(f"districts-{given.districts}-{given.patrons}", data, folder=PARTS, began=began)
    write_page()
    return 0


def _measured(land: Land, number: int, file: str, at_once: int) -> dict[str, Any]:
    run = _night(land, number, file, at_once, {"updated": land.patrons // 100, "records_read": land.patrons})
    return {"at_once": at_once, "seconds": run.seconds, "cpu": run.cpu, "peak": run.peak}


def _settle(land: Land) -> None:
    """Empty stores, a job for each district, and a daemon that has known all of them since the day before."""
    if not land.file(land.names[-1], "nightly.csv").exists():
        print(f"Writing the files of {land.districts} districts ...", flush=True)
        words = (str(land.districts), str(land.patrons), str(land.root / "files"))
        subprocess.run([sys.executable, "-m", "benchmarks.districts_files", *words], check=True)
    for made in ("jobs", "var", "exports"):
        shutil.rmtree(land.root / made, ignore_errors=True)
    since = (_FIRST_NIGHT - timedelta(hours=7)).isoformat()
    about = {"known_since": since, "times": _TIMES, "settled": [], "alerted": []}
    for district in land.names:
        (land.root / "exports" / district).mkdir(parents=True)
        write_workspace(land.root / "jobs", _export(land, district), district=district, more=_SCHEDULE, sites=DISTRICT_SITES)
        folder = land.root / "var" / district / "daemon" / "jobs"
        folder.mkdir(mode=0o700, parents=True)
        (folder / "patrons.json").write_text(json.dumps(about), encoding="utf-8")


def _export(land: Land, district: str) -> Path:
    return land.root / "exports" / district / "patrons.csv"


def _night(land: Land, number: int, file: str, at_once: int, expected: dict[str, int]) -> Measured:
    """One night of the daemon. Raises Broken unless all runs are as they ought to be."""
    for district in land.names:
        export = _export(land, district)
        export.unlink(missing_ok=True)
        export.hardlink_to(land.file(district, file))
    measured = _served(land, _FIRST_NIGHT + timedelta(days=number), at_once)
    for district in land.names:
        _check(land.root / "var" / district / "patrons.db", number + 1, expected)
    each = measured.seconds / land.districts
    print(f"  night {number}: {file:<12} {at_once} at once{measured.seconds:>9.2f} s{each:>8.2f} s a district", flush=True)
    return measured


def _served(land: Land, now: datetime, at_once: int) -> Measured:
    """The daemon from its start to the end of the last run; its processor time and peak count its runs in."""
    words = ["--jobs", str(land.root / "jobs"), "--var", str(land.root / "var"), "serve", "--jobs-at-once", str(at_once)]
    log = land.root / "serve.log"
    os.sync()
    with log.open("wb") as out:
        begun = time.perf_counter()
        daemon = subprocess.Popen(
            [str(Path(sys.executable).with_name("runner")), *words],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**shell(), "RUNNER_NOW": now.isoformat(), "RUNNER_CLOCK_RATE": "1"},
        )
        try:
            _wait(daemon, log, land.districts)
            took = time.perf_counter() - begun
        finally:
            daemon.send_signal(signal.SIGTERM)
            _, _, used = os.wait4(daemon.pid, 0)
            daemon.returncode = 0
    return Measured(took, used.ru_utime + used.ru_stime, used.ru_maxrss * (1 if sys.platform == "darwin" else 1024))


def _wait(daemon: subprocess.Popen[bytes], log: Path, runs: int) -> None:
    """Until the daemon has told of so many runs that they are done."""
    size, news = 0, time.monotonic()
    while True:
        time.sleep(0.05)
        if (now := log.stat().st_size) == size:
            if time.monotonic() - news > _PATIENCE:
                raise Broken(f"the daemon has had no news for {_PATIENCE:g} s:\n{_end(log)}")
            continue
        size, news = now, time.monotonic()
        said = log.read_text(encoding="utf-8", errors="replace")
        if "ended with exit code" in said or daemon.poll() is not None:
            raise Broken(f"a run of the daemon failed:\n{_end(log)}")
        if said.count(" is done ") >= runs:
            return


def _end(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-2000:]


def _check(store: Path, number: int, expected: dict[str, int]) -> None:
    """Whether the store's newest run is the one of this night, complete, with these counts."""
    with sqlite3.connect(store) as connection:
        runs = connection.execute("SELECT status, counts FROM run ORDER BY number").fetchall()
    connection.close()
    status, counts = runs[-1] if len(runs) == number else ("missing", "{}")
    found = {what: json.loads(counts).get(what) for what in expected} if status == "complete" else {}
    if found != expected:
        raise Broken(f"{store}: run {number} is {status} with {found}, and it ought to be complete with {expected}")


if __name__ == "__main__":
    raise SystemExit(main())
