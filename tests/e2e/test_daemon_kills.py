"""Two daemons on one store, and SIGKILL for whoever is at work: every slot has no effect or exactly one, and its run's row agrees. (S9)"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from tests.daemon.serving import JOB, Serving, Workspace, children_of_session, spares

SEED = 20261015
KILLS = 50
PATRONS = 20
BUDGET = 75.0  # seconds; a busy machine gets through fewer kills
JOBS = ("students", "others")
START = "2026-10-15T06:00:00+00:00"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not Path("/proc").exists(), reason="needs /proc to find workers"),
]


def test_fifty_kills_of_daemons_and_workers_leave_every_slot_with_no_effect_or_one(tmp_path: Path) -> None:
    at = Workspace(tmp_path, job=JOB.replace("grace: 6h", "grace: 3d"), patrons=PATRONS)
    at.job(JOB.replace("grace: 6h", "grace: 3d").replace('"P {', '"Q {').replace("02:00", "14:00"), name="others")
    at.known(since=START)
    at.known("springfield/others", since=START, times="14:00 xxxxxxx America/Chicago")
    killed = _drill(at, _one_run_takes(at))
    runs = at.runs()
    assert sum(killed.values()) >= 15
    assert min(killed["daemon"], killed["worker"]) >= 4
    assert killed["spare"] >= 1
    assert len([run for run in runs if run["status"] == "complete"]) >= 3
    assert any(run["attempts"] > 1 for run in runs), "no kill hit a run that had begun"
    _check(at, runs)


def _check(at: Workspace, runs: list[dict[str, object]]) -> None:
    slots = [(run["job"], run["slot"]) for run in runs if run["slot"]]
    assert len(slots) == len(set(slots))
    effects = {row["run_number"]: row["n"] for row in at.rows("SELECT run_number, count(*) AS n FROM change GROUP BY run_number")}
    for run in runs:
        assert run["status"] in ("complete", "missed", "lost", "interrupted", "running"), run
        # Each run finds another homeroom in its file, so that a run that counts changes every patron, and a second effect would show.
        assert effects.get(run["number"], 0) == (PATRONS if run["status"] == "complete" else 0), run
    assert at.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]


def _one_run_takes(at: Workspace) -> float:
    """Seconds that a run takes here and now, by hand, so that kills hit it in every part. The first one makes the store; it is the
    second that is like those to come."""
    words = at.command("run", "springfield/students")
    for homeroom in (-1, -2):
        at.export(patrons=PATRONS, homeroom=homeroom)
        begun = time.monotonic()
        subprocess.run(words, env=at.environment(RUNNER_NOW=START), check=True, capture_output=True, timeout=120)
    return time.monotonic() - begun


def _drill(at: Workspace, run: float) -> dict[str, int]:
    """Kills until 50 are dead. A day passes in the time of five runs."""
    chance, killed, begun, rate = Random(SEED), {"daemon": 0, "worker": 0, "spare": 0}, time.monotonic(), 86400 / (5 * run)
    over = threading.Event()
    writer = threading.Thread(target=_write_anew, args=(at, over))
    writer.start()
    daemons = [_start(at, begun, rate), _start(at, begun, rate)]
    try:
        while sum(killed.values()) < KILLS and time.monotonic() - begun < BUDGET:
            aimed = chance.random() < 0.4
            workers = _wait_for_workers(at, _begun if aimed else _any_worker)
            if not aimed:
                time.sleep(chance.uniform(0.1, 1.5) * run)
                workers = _any_worker(at)
            if workers and (aimed or chance.random() < 0.5):
                with suppress(ProcessLookupError):
                    os.kill(chance.choice(workers), signal.SIGKILL)
                    killed["worker"] += 1
            elif chance.random() < 0.4 and (waiting := spares(at.folder)):
                with suppress(ProcessLookupError):
                    os.kill(chance.choice(waiting), signal.SIGKILL)
                    killed["spare"] += 1
            else:
                which = chance.randrange(2)
                daemons[which].process.kill()
                daemons[which].process.wait()
                daemons[which] = _start(at, begun, rate)
                killed["daemon"] += 1
        time.sleep(3 * run)
    finally:
        over.set()
        writer.join()
        for daemon in daemons:
            daemon.stop()
        for daemon in daemons:
            daemon.__exit__()
    return killed


def _any_worker(at: Workspace) -> list[int]:
    return children_of_session(at.folder)


def _begun(at: Workspace) -> list[int]:
    """Workers whose run has its row already: where two daemons keep a machine busy, kills at a guessed moment come before that."""
    begun = {run["pid"] for run in at.rows("SELECT pid FROM run WHERE status = 'running'")}
    return [worker for worker in _any_worker(at) if worker in begun]


def _wait_for_workers(at: Workspace, which: Callable[[Workspace], list[int]]) -> list[int]:
    """Kills that hit nobody at work would prove nothing."""
    ends, found = time.monotonic() + 5, which(at)
    while not found and time.monotonic() < ends:
        time.sleep(0.02)
        found = which(at)
    return found


def _start(at: Workspace, begun: float, rate: float) -> Serving:
    now = datetime.fromisoformat(START) + timedelta(seconds=(time.monotonic() - begun) * rate)
    return Serving(at, now=now.isoformat(), rate=rate)


def _write_anew(at: Workspace, over: threading.Event) -> None:
    number = 0
    while not over.wait(0.03):
        number += 1
        at.export(patrons=PATRONS, homeroom=number)
