"""Workers begun ahead: told of their work, signalled, replaced, and done without where they are of no use."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from runner.daemon.spares import Spares
from tests.daemon.serving import ROOT, SLOT, SLOW, Serving, Workspace, children_of_session, spares
from tests.daemon.test_daemon_process import wait_until_running

# A worker is what a small program says it is: `words` are a piece of Python.
PROGRAM = """
import sys
import runner.cli.spare as spare
spare.preload = lambda: None
spare.IDLE = IDLE_SECONDS
def work():
    exec(sys.argv[1])
    raise SystemExit(0)
spare.program = work
sys.argv = ["spare", sys.argv[-1]]
spare.main()
"""
FRESH = 7  # the exit code of a process that was begun only when there was work


def waiting(*, count: int = 1, idle: float = 60) -> Spares:
    return Spares([sys.executable, "-c", PROGRAM.replace("IDLE_SECONDS", str(idle))], count)


@pytest.fixture
def home() -> Iterator[Spares]:
    found = waiting()
    found.open()
    yield found
    found.close()


@pytest.fixture
def said() -> Iterator[IO[bytes]]:
    with tempfile.TemporaryFile() as file:
        yield file


@pytest.fixture(autouse=True)
def found_by_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def fresh() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", f"raise SystemExit({FRESH})"])


def work(home: Spares, said: IO[bytes], code: str, **environment: str) -> subprocess.Popen[bytes]:
    return home.start("run springfield/students", [code], environment, said.fileno(), fresh)


def until(true: Callable[[], bool], *, seconds: float = 30) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_a_worker_says_how_it_ended_and_what_it_had_to_say(home: Spares, said: IO[bytes]) -> None:
    code = "import os; sys.stderr.write(os.environ['RUNNER_NOW']); sys.stderr.flush(); raise SystemExit(3)"
    assert work(home, said, code, RUNNER_NOW="noon").wait(30) == 3
    said.seek(0)
    assert said.read() == b"noon"


def test_each_worker_is_a_process_and_a_session_of_its_own_and_another_one_waits(home: Spares, said: IO[bytes]) -> None:
    first = home.pids
    one = work(home, said, "import os; raise SystemExit(0 if os.getsid(0) == os.getpid() else 1)")
    assert [one.pid] == first
    assert len(home.pids) == 1
    two = work(home, said, "")
    assert (one.wait(30), two.wait(30)) == (0, 0)
    assert one.pid != two.pid


def test_the_list_of_processes_shows_the_job_and_no_words(home: Spares, said: IO[bytes]) -> None:
    code = (
        "sys.stderr.write(open('/proc/self/comm').read() + open('/proc/self/cmdline').read().split('IDLE')[-1]); sys.stderr.flush()  # hush"
    )
    assert work(home, said, code, SECRET="canary").wait(30) == 0
    said.seek(0)
    shown = said.read()
    assert shown.startswith(b"run springfield\n")
    assert b"canary" not in shown
    assert b"hush" not in shown


def test_a_killed_worker_has_the_code_of_its_signal_and_leaves_the_others_alone(said: IO[bytes]) -> None:
    home = waiting(count=2)
    home.open()
    one, two = work(home, said, "import time; time.sleep(60)"), work(home, said, "import time; time.sleep(0.3)")
    one.kill()
    assert one.wait(30) == -signal.SIGKILL
    assert two.wait(30) == 0
    home.close()


def test_one_that_was_killed_while_it_waited_is_left_out(home: Spares, said: IO[bytes]) -> None:
    (killed,) = home.pids
    os.kill(killed, signal.SIGKILL)
    until(lambda: Path(f"/proc/{killed}/stat").read_text().split()[2] == "Z")
    assert work(home, said, "").wait(30) == FRESH
    assert work(home, said, "raise SystemExit(3)").wait(30) == 3


def test_where_none_can_be_begun_workers_are_begun_as_they_are_needed(said: IO[bytes], caplog: pytest.LogCaptureFixture) -> None:
    home = Spares(["/no/such/program"])
    home.open()
    assert work(home, said, "").wait(30) == FRESH
    assert "no worker can be begun ahead" in caplog.text


def test_those_without_work_end_and_leave_nothing_behind(said: IO[bytes]) -> None:
    home = waiting(idle=0.1)
    home.open()
    (idle,) = home.pids

    def gone() -> bool:
        home.look()
        return home.pids == []

    until(gone)
    assert not Path(f"/proc/{idle}").exists()
    assert work(home, said, "").wait(30) == FRESH
    home.close()


def test_they_end_with_the_daemon(home: Spares) -> None:
    (pid,) = home.pids
    home.close()
    assert not Path(f"/proc/{pid}").exists()


def test_many_workers_leave_no_file_open(home: Spares, said: IO[bytes]) -> None:
    def files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    assert work(home, said, "").wait(30) == 0
    before = files()
    assert [work(home, said, "").wait(30) for _ in range(20)] == [0] * 20
    assert files() == before


def test_a_real_run_is_one_that_waited_and_tells_what_it_tells_otherwise(tmp_path: Path) -> None:
    at = Workspace(tmp_path, job=SLOW, patrons=60)
    at.known()
    with Serving(at) as daemon:
        worker = wait_until_running(at)
        assert worker in children_of_session(tmp_path)
        assert Path(f"/proc/{worker}/comm").read_text() == "run springfield\n"
        daemon.wait_for(f"springfield/students: {SLOT} is done (exit code 0)")
        daemon.stop()
    assert spares(tmp_path) == []


def test_a_run_outlives_the_daemon_and_its_slot_runs_once(tmp_path: Path) -> None:
    at = Workspace(tmp_path, job=SLOW, patrons=60)
    at.known()
    with Serving(at) as daemon:
        wait_until_running(at)
        daemon.process.kill()
        until(lambda: spares(tmp_path) == [])
        until(lambda: [run["status"] for run in at.runs()] == ["complete"], seconds=60)
    (run,) = at.runs()
    assert (run["slot"], run["status"], run["attempts"]) == (SLOT, "complete", 1)
