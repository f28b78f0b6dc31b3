"""One writing run per store; a second run of the same file; a full disk; readers meanwhile. (Promises C4, C6, C8, C9.)"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result

from tests.needs import need
from tests.promises.crowd import JOB, Crowd

ROWS = 2_000
STARTERS = 8


@pytest.fixture(scope="module")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> Crowd:
    """Everybody was loaded yesterday and sits in room 101."""
    crowd = Crowd(tmp_path_factory.mktemp("first") / "night").write()
    crowd.export(ROWS, "101")
    assert crowd.here("run", "crowd/students").exit_code == 0
    return crowd


@pytest.fixture
def crowd(first_night: Crowd, tmp_path: Path) -> Crowd:
    return first_night.copied(tmp_path / "night")


def state(crowd: Crowd) -> tuple[object, ...]:
    """What a run may not change unless it commits."""
    return tuple(crowd.ask(f"SELECT count(*), sum(length(quote({key}))) FROM {table}") for table, key in _TABLES)


_TABLES = (
    ("patron", "homeroom"),
    ("association", "site"),
    ("change", "action"),
    ("change_value", "value_after"),
    ("job_state", "saved_at"),
)


def test_of_eight_starters_over_two_jobs_one_runs_and_seven_are_told_to_wait(crowd: Crowd) -> None:
    (crowd.folder / "again.yaml").write_text(JOB.replace("name: students", "name: again"), encoding="utf-8")
    crowd.export(ROWS, "202")
    gate = crowd.root / "gate"
    os.mkfifo(gate)
    # The winner stays in its run until the others have had their answer.
    jobs = ["crowd/students", "crowd/again"] * (STARTERS // 2)
    starters = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.promises.drill", "--until", str(gate), "run", job, "--json"],
            cwd=crowd.root,
            env=crowd.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for job in jobs
    ]
    deadline = time.monotonic() + 60
    while sum(process.poll() is not None for process in starters) < STARTERS - 1 and time.monotonic() < deadline:
        time.sleep(0.05)
    with gate.open("wb"):
        pass
    answers = [process.communicate(timeout=60) for process in starters]
    assert sorted(process.returncode for process in starters) == [0, *[75] * (STARTERS - 1)], answers
    refused = [
        json.loads(out.removeprefix("ready\n"))["error"]
        for (out, _), process in zip(answers, starters, strict=True)
        if process.returncode == 75
    ]
    assert {each["code"] for each in refused} == {"lock-held"}
    assert all("process" in each["text"] and each["hint"] for each in refused), "who holds it, and what to do"
    assert crowd.ask("SELECT homeroom, count(*) FROM patron GROUP BY 1") == [("202", ROWS)]
    assert crowd.ask("SELECT count(*) FROM run") == [(2,)], "who did not run leaves no row"


def test_the_same_file_twice_changes_nothing_and_says_so(crowd: Crowd) -> None:
    before = state(crowd)
    again = crowd.here("run", "crowd/students")
    assert again.exit_code == 0
    assert "othing had to change" in again.stdout
    assert "input-unchanged" in again.stdout
    assert state(crowd) == before


def test_who_reads_during_a_run_sees_the_state_before_it(crowd: Crowd) -> None:
    crowd.export(ROWS, "202")
    process = crowd.start("run", "crowd/students", "--quiet")
    seen = set()
    while process.poll() is None:
        seen.add(tuple(crowd.ask("SELECT homeroom, count(*) FROM patron GROUP BY 1")))
    process.communicate()
    seen.add(tuple(crowd.ask("SELECT homeroom, count(*) FROM patron GROUP BY 1")))
    assert seen <= {(("101", ROWS),), (("202", ROWS),)}
    assert (("202", ROWS),) in seen


# --- a full disk ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 12 MB, where this account may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "none", str(disk)], capture_output=True).returncode:
        need("the right to mount a small disk")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.parametrize("left_kb", [0, 60, 300, 700, 1200, 2000])
def test_a_run_on_a_full_disk_ends_cleanly_and_the_next_one_works(first_night: Crowd, small_disk: Path, left_kb: int) -> None:
    crowd = first_night.copied(small_disk)
    crowd.export(ROWS, "202")
    before = state(crowd)
    fill(small_disk, small_disk / "ballast", left_kb * 1024)
    full = crowd.here("run", "crowd/students")
    (small_disk / "ballast").unlink()
    ended_well(crowd, full, before)
    next_night_works(crowd)


@pytest.mark.parametrize("limit_kb", [8, 40, 64, 200, 700])
def test_a_run_that_may_write_no_larger_files_ends_cleanly(crowd: Crowd, limit_kb: int) -> None:
    crowd.export(ROWS, "202")
    before = state(crowd)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_kb * 1024, hard))
    try:
        short = crowd.here("run", "crowd/students")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    ended_well(crowd, short, before)
    next_night_works(crowd)


def ended_well(crowd: Crowd, done: Result, before: tuple[object, ...]) -> None:
    """A known reason and what to do, or a whole run; in no case a bug, and in no case half a run."""
    rooms = crowd.ask("SELECT homeroom, count(*) FROM patron GROUP BY 1")
    committed = rooms == [("202", ROWS)]
    assert committed or state(crowd) == before
    assert done.exit_code in ((0, 1) if committed else (1,)), done.stderr
    if done.exit_code:
        assert "error: " in done.stderr
        assert "hint: " in done.stderr
    assert "a bug in" not in done.stderr
    status = crowd.ask("SELECT status FROM run ORDER BY number DESC LIMIT 1")[0][0]
    assert status == "complete" if committed else status != "complete" or crowd.ask("SELECT count(*) FROM run") == [(1,)]


def next_night_works(crowd: Crowd) -> None:
    assert crowd.here("run", "crowd/students").exit_code == 0
    assert crowd.ask("SELECT homeroom, count(*) FROM patron GROUP BY 1") == [("202", ROWS)]
    assert crowd.ask("SELECT count(*) FROM run WHERE status = 'running'") == [(0,)]
    assert crowd.ask("PRAGMA integrity_check") == [("ok",)]
    assert list((crowd.var / "work").iterdir()) == []


def fill(disk: Path, ballast: Path, leave: int) -> None:
    facts = os.statvfs(disk)
    room = facts.f_bavail * facts.f_frsize - leave
    with ballast.open("wb") as file:
        while room > 0:
            file.write(bytes(min(room, 65_536)))
            room -= 65_536
