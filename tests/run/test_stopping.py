"""A signal that comes when a run is as good as done waits for its report; one that comes before ends the run at once."""

from __future__ import annotations

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


def test_nothing_is_finished_first_outside_of_a_run() -> None:
    finish_first()
    with pytest.raises(KeyboardInterrupt):
        ctrl_c()


def test_the_next_run_of_a_process_can_be_stopped_again() -> None:
    with stoppable():
        finish_first()
    with stoppable(), pytest.raises(KeyboardInterrupt):
        ctrl_c()
