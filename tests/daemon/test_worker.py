"""A worker as the daemon sees it: what it says and when that is passed on."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from runner.daemon.worker import Worker


@contextmanager
def working(script: str, *, limit: float = 60) -> Iterator[Worker]:
    """A worker that says on stderr what the shell script does."""
    said = tempfile.TemporaryFile()  # noqa: SIM115 (the worker's own)
    process = subprocess.Popen(["sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said)
    worker = Worker("demo/students", "2026-10-16T02:00", process, said, limit)
    try:
        yield worker
    finally:
        process.communicate()
        worker.close()


def told(worker: Worker) -> None:
    """Waits until the script has said on stdout that it is that far."""
    assert worker.process.stdout is not None
    worker.process.stdout.readline()


def ended(worker: Worker) -> None:
    worker.process.communicate()
    worker.finished()


def test_whole_lines_are_passed_on_while_a_worker_works() -> None:
    with working("echo one >&2; printf tw >&2; echo; read x; echo o >&2") as worker:
        told(worker)
        assert worker.news() == ["one"]
        ended(worker)
        assert worker.news() == ["two"]


def test_a_worker_that_takes_longer_than_its_limit_is_marked_and_asked_to_stop() -> None:
    with working("exec sleep 60", limit=0) as worker:
        worker.finished()
        worker.process.wait(30)
        assert (worker.overstayed, worker.finished()) == (True, -15)


def test_what_a_worker_says_of_an_error_waits_for_its_exit_code() -> None:
    with working("printf 'one\nerror: no\nhint: yes\n' >&2; echo; read x; exit 75") as worker:
        told(worker)
        assert worker.news() == ["one"]
        ended(worker)
        assert worker.news() == ["error: no", "hint: yes"]
