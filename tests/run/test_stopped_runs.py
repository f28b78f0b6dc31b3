"""A signal may come whenever a run has written something: its row never goes on saying that it runs."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from runner.store.session import Session
from runner.store.store import open_store
from tests.run.small_district import NIGHT, SmallDistrict, student


class SignalAfter:
    """Stands for `Session.run`: a signal has come when the main thread has begun or ended its transaction of this number; None: never."""

    def __init__(self, number: int | None = None) -> None:
        self.number, self.seen, self._run = number, 0, Session.run

    def run(self, session: Session, sql: str, *params: object) -> int:
        touched = self._run(session, sql, *params)
        if sql in ("BEGIN IMMEDIATE", "COMMIT") and threading.current_thread() is threading.main_thread():
            self.seen += 1
            if self.seen == self.number:
                raise SystemExit(143)
        return touched


def night(small: SmallDistrict, during: SignalAfter, room: str) -> None:
    """One run in which everybody moves to `room`."""
    small.export([student(number, HR=room) for number in range(1, 4)])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Session, "run", lambda session, sql, *params: during.run(session, sql, *params))
        small.run()


def test_a_signal_at_the_begin_or_end_of_any_transaction_leaves_no_run_that_says_it_runs(tmp_path: Path) -> None:
    small, usual = SmallDistrict(tmp_path).write(), SignalAfter()
    night(small, usual, "start")
    usual.seen = 0
    night(small, usual, "usual")
    left = []
    for number in range(1, usual.seen + 1):
        with pytest.raises(SystemExit):
            night(small, SignalAfter(number), f"room{number}")
        left.append(open_store(small.store_file, create=False, now=NIGHT).runs()["status"][0])
    assert set(left) == {"interrupted", "complete"}
