"""A signal that comes when a run is as good as done waits for its report; one that comes before ends the run at once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.run import engine
from runner.stopping import came_too_late, finish_first, stop, stoppable
from tests.run.small_district import SmallDistrict, student


def ctrl_c() -> None:
    """What the handler of a signal does."""
    stop(KeyboardInterrupt())


def with_a_signal_before(patch: pytest.MonkeyPatch, name: str) -> None:
    """A signal comes before the engine takes the step `name`."""
    step: Callable[..., Any] = getattr(engine, name)

    def interrupted(*given: Any, **more: Any) -> Any:
        ctrl_c()
        return step(*given, **more)

    patch.setattr(engine, name, interrupted)


@pytest.fixture
def district(tmp_path: Path) -> SmallDistrict:
    made = SmallDistrict(tmp_path).write()
    made.export([student(1), student(2)])
    return made


def test_a_signal_after_the_commit_waits_for_the_report(district: SmallDistrict, monkeypatch: pytest.MonkeyPatch) -> None:
    with_a_signal_before(monkeypatch, "finished")
    with pytest.raises(KeyboardInterrupt) as stopped:
        district.run()
    ((run, status),) = district.rows("SELECT id, status FROM run")
    assert (status, came_too_late(stopped.value)) == ("complete", True)
    assert (district.root / "var" / "small" / "runs" / run / "summary.html").is_file()


def test_a_signal_before_the_commit_changes_nothing(district: SmallDistrict, monkeypatch: pytest.MonkeyPatch) -> None:
    with_a_signal_before(monkeypatch, "commit_plan")
    with pytest.raises(KeyboardInterrupt) as stopped:
        district.run()
    assert (district.rows("SELECT status FROM run"), came_too_late(stopped.value)) == ([("interrupted",)], False)
    assert district.rows("SELECT count(*) FROM patron") == [(0,)]


FINISHING = """\
import os, signal, threading
from runner.cli.signals import end_on_signals
from runner.stopping import finish_first, stoppable
end_on_signals(lambda code: None)
import polars as pl
rows = pl.DataFrame({"n": pl.int_range(6_000_000, eager=True).shuffle(1)})
try:
    with stoppable():
        finish_first()
        stopper = threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGINT))
        stopper.start()
        while stopper.is_alive():
            rows.lazy().filter(pl.col("n") % 3 == 0).sort("n").with_columns(m=pl.col("n") + 1).collect()
        print("finished")
except KeyboardInterrupt as late:
    print(late.after_commit)
"""


def test_no_library_ends_what_is_finished_first_on_ctrl_c() -> None:
    done = subprocess.run([sys.executable, "-c", FINISHING], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["finished", "True"]


def test_a_signal_that_comes_while_the_answer_is_told_came_too_late(district: SmallDistrict) -> None:
    district.run()
    with pytest.raises(KeyboardInterrupt) as stopped:
        ctrl_c()
    assert came_too_late(stopped.value)


def test_nothing_is_finished_first_outside_of_a_run() -> None:
    finish_first()
    with pytest.raises(KeyboardInterrupt):
        ctrl_c()


def test_the_next_run_of_a_process_can_be_stopped_again() -> None:
    with stoppable():
        finish_first()
    with stoppable(), pytest.raises(KeyboardInterrupt):
        ctrl_c()
