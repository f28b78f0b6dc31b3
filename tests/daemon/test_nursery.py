"""Forked workers: begun, told of, signalled, and started afresh wherever the nursery is of no use."""

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

from runner.daemon import forked
from runner.daemon.forked import UNKNOWN, Forked
from runner.daemon.nursery import Nursery
from tests.daemon.serving import ROOT, SLOT, SLOW, Serving, Workspace, children_of_session, nurseries
from tests.daemon.test_daemon_process import wait_until_running

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="workers are forked where a process can be held by a descriptor")

# A worker is what a small program says it is: `words` are a piece of Python.
PROGRAM = """
import socket, sys, threading, time
from runner.daemon.cradle import Cradle
def run(words):
    exec(words[0])
    raise SystemExit(0)
THREAD
Cradle(socket.socket(fileno=int(sys.argv[1])), run, lambda: None, idle=IDLE).serve()
"""
SECOND_THREAD = "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"
FRESH = 7  # the exit code of a process that was started without the nursery


def nursery(*, thread: str = "", idle: float = 60) -> Nursery:
    return Nursery([sys.executable, "-c", PROGRAM.replace("THREAD", thread).replace("IDLE", str(idle))])


@pytest.fixture
def home() -> Iterator[Nursery]:
    found = nursery()
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


def work(home: Nursery, said: IO[bytes], code: str, **environment: str) -> Forked | subprocess.Popen[bytes]:
    return home.start("run springfield/students", [code], environment, said.fileno(), fresh)


def until(true: Callable[[], bool], *, seconds: float = 20) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.01)


def end_of(process: Forked | subprocess.Popen[bytes]) -> int | None:
    until(lambda: process.poll() is not None)
    return process.poll()


def is_over(home: Nursery) -> bool:
    """Whether the nursery has ended, as far as the daemon has heard."""
    home.hear()
    return home.pid is None


def is_fresh(process: Forked | subprocess.Popen[bytes]) -> bool:
    """Whether nobody even tried to fork it."""
    return isinstance(process, subprocess.Popen) and end_of(process) == FRESH


def test_a_worker_says_how_it_ended_and_what_it_had_to_say(home: Nursery, said: IO[bytes]) -> None:
    assert end_of(work(home, said, "import os; sys.stderr.write(os.environ['RUNNER_NOW']); raise SystemExit(3)", RUNNER_NOW="noon")) == 3
    said.seek(0)
    assert said.read() == b"noon"


def test_each_worker_is_a_process_and_a_session_of_its_own_with_its_own_memory(home: Nursery, said: IO[bytes]) -> None:
    code = "import os; assert not hasattr(sys, 'seen'); sys.seen = 1; sys.stderr.write(f'{os.getpid()} {os.getsid(0)}\\n')"
    assert [end_of(work(home, said, code)) for _ in range(2)] == [0, 0]
    said.seek(0)
    (one, session), (two, _) = [each.split() for each in said.read().splitlines()]
    assert len({one, two, str(home.pid).encode()}) == 3
    assert one == session


def test_the_list_of_processes_shows_the_job_and_no_words(home: Nursery, said: IO[bytes]) -> None:
    code = "sys.stderr.write(open('/proc/self/comm').read() + open('/proc/self/cmdline').read())  # hush"
    assert end_of(work(home, said, code, SECRET="canary")) == 0
    said.seek(0)
    shown = said.read()
    assert shown.startswith(b"run springfield\n")
    assert b"canary" not in shown
    assert b"hush" not in shown


def test_a_killed_worker_has_the_code_of_its_signal_and_leaves_the_others_alone(home: Nursery, said: IO[bytes]) -> None:
    one, two = work(home, said, "time.sleep(60)"), work(home, said, "time.sleep(0.5)")
    one.kill()  # before it begins, which must not be forgotten
    assert end_of(one) == -signal.SIGKILL
    assert end_of(two) == 0


def test_a_bug_beyond_the_error_boundary_ends_with_70(home: Nursery, said: IO[bytes]) -> None:
    assert end_of(work(home, said, "raise ValueError")) == 70


def test_a_worker_goes_on_when_the_nursery_is_killed_and_the_next_one_has_another_nursery(home: Nursery, said: IO[bytes]) -> None:
    worker = work(home, said, "time.sleep(1); sys.stderr.write('to the end')")
    assert isinstance(worker, Forked)
    until(lambda: worker.poll() is None and worker.descriptor is not None)
    killed = home.pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    time.sleep(0.2)
    assert worker.poll() is None
    assert end_of(work(home, said, "raise SystemExit(3)")) == 3
    assert home.pid != killed
    assert end_of(worker) == UNKNOWN
    said.seek(0)
    assert said.read() == b"to the end"


def test_a_worker_whose_nursery_was_killed_can_still_be_ended(home: Nursery, said: IO[bytes]) -> None:
    worker = work(home, said, "time.sleep(60)")
    assert isinstance(worker, Forked)
    until(lambda: worker.poll() is None and worker.descriptor is not None)
    assert home.pid is not None
    os.kill(home.pid, signal.SIGKILL)
    worker.kill()
    assert end_of(worker) in (UNKNOWN, -signal.SIGKILL)


def test_a_nursery_that_is_not_alone_in_its_process_forks_nothing(said: IO[bytes], caplog: pytest.LogCaptureFixture) -> None:
    home = nursery(thread=SECOND_THREAD)
    assert end_of(work(home, said, "raise SystemExit(0)")) == FRESH
    assert is_fresh(work(home, said, ""))
    assert [record.getMessage() for record in caplog.records] == [
        "workers are started as fresh processes, for none can be forked here: the libraries have started threads"
    ]


def test_a_nursery_that_cannot_import_is_not_asked_again(said: IO[bytes], caplog: pytest.LogCaptureFixture) -> None:
    home = Nursery([sys.executable, "-c", "raise SystemExit(1)"])
    assert end_of(work(home, said, "")) == FRESH
    assert is_fresh(work(home, said, ""))
    assert "it ended before it was ready" in caplog.text
    assert is_fresh(work(Nursery(["/no/such/program"]), said, ""))


def test_a_nursery_that_does_not_answer_is_ended_and_its_work_begun_afresh(
    home: Nursery, said: IO[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert end_of(work(home, said, "")) == 0
    assert home.pid is not None
    os.kill(home.pid, signal.SIGSTOP)
    monkeypatch.setattr(forked, "BEGIN_PATIENCE", 0.3)
    assert end_of(work(home, said, "")) == FRESH
    monkeypatch.setattr(forked, "BEGIN_PATIENCE", 60)
    assert end_of(work(home, said, "")) == 0


def test_an_idle_nursery_ends_and_another_one_comes_when_there_is_work(said: IO[bytes]) -> None:
    home = nursery(idle=0.2)
    assert end_of(work(home, said, "")) == 0
    until(lambda: is_over(home))
    assert end_of(work(home, said, "raise SystemExit(3)")) == 3
    home.close()


def test_the_nursery_ends_with_the_daemon(said: IO[bytes]) -> None:
    home = nursery()
    assert end_of(work(home, said, "")) == 0
    pid = home.pid
    home.close()
    assert not Path(f"/proc/{pid}").exists()


def test_three_hundred_workers_leave_the_nursery_as_it_was(home: Nursery, said: IO[bytes]) -> None:
    def size() -> tuple[int, int]:
        kept = next(line for line in Path(f"/proc/{home.pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
        return int(kept.split()[1]), len(list(Path(f"/proc/{home.pid}/fd").iterdir()))

    assert [end_of(work(home, said, "")) for _ in range(50)] == [0] * 50
    kept, files = size()
    ours = len(list(Path("/proc/self/fd").iterdir()))
    assert [end_of(work(home, said, "")) for _ in range(300)] == [0] * 300
    assert size()[0] - kept < 300  # KiB
    assert size()[1] == files
    assert len(list(Path("/proc/self/fd").iterdir())) == ours


def test_importing_everything_starts_no_thread_and_polars_works_in_each_fork() -> None:
    program = """
import os, sys
from runner.daemon.cradle import alone
from runner.daemon.preload import preload
wake = preload()
for name in ("polars", "adbc_driver_sqlite", "jinja2", "fabric", "runner.run.engine", "runner.cli.run"):
    assert name in sys.modules, name
for _ in range(2):
    assert alone()
    child = os.fork()
    if child == 0:
        wake()
        import polars as pl
        frame = pl.LazyFrame({"a": range(100_000)}).group_by(pl.col("a") % 10).len().collect()
        os._exit(0 if frame["len"].to_list() == [10_000] * 10 else 1)
    assert os.waitpid(child, 0)[1] == 0
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_a_real_run_is_forked_and_tells_what_it_tells_otherwise(tmp_path: Path) -> None:
    at = Workspace(tmp_path, job=SLOW, patrons=60)
    at.known()
    with Serving(at) as daemon:
        worker = wait_until_running(at)
        assert worker in children_of_session(tmp_path)
        assert Path(f"/proc/{worker}/comm").read_text() == "run springfield\n"
        daemon.wait_for(f"springfield/students: {SLOT} is done (exit code 0)")
        daemon.stop()
    assert nurseries(tmp_path) == []


@pytest.mark.parametrize("victim", ["daemon", "nursery"])
def test_a_run_outlives_whoever_began_it_and_its_slot_runs_once(tmp_path: Path, victim: str) -> None:
    at = Workspace(tmp_path, job=SLOW, patrons=60)
    at.known()
    with Serving(at) as daemon:
        wait_until_running(at)
        if victim == "daemon":
            daemon.process.kill()
            until(lambda: nurseries(tmp_path) == [])
        else:
            os.kill(nurseries(tmp_path)[0], signal.SIGKILL)
        until(lambda: [run["status"] for run in at.runs()] == ["complete"], seconds=60)
        if victim == "nursery":
            daemon.wait_for("is done")
            daemon.stop()
    (run,) = at.runs()
    assert (run["slot"], run["status"], run["attempts"]) == (SLOT, "complete", 1)
