"""What is typed after `runner serve`, and the clock of a rehearsal."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from runner import clock
from runner.cli.main import runner
from runner.cli.serve_log import _OneLine
from runner.errors import UsageError


@pytest.mark.parametrize(
    "words",
    [
        ["--jobs", "nowhere"],
        ["--max-runtime", "soon"],
        ["--jobs-at-once", "0"],
        ["--tick", "0"],
        ["--tick", "nan"],
        ["--district", "springfield"],
    ],
    ids=lambda words: words[0],
)
def test_words_that_make_no_sense_are_told_and_nothing_starts(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "jobs").mkdir()
    done = CliRunner().invoke(runner, ["serve", *words])
    assert done.exit_code == 64
    assert "hint: " in done.stderr
    assert not (tmp_path / "var").exists()


def test_a_rehearsals_clock_goes_on_from_its_start_at_its_own_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNNER_NOW", "2026-10-15T02:00:00Z")
    monkeypatch.setenv("RUNNER_CLOCK_RATE", "3600")
    seconds = iter([100.0, 102.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(seconds))
    assert clock.moving()() == datetime(2026, 10, 15, 4, tzinfo=UTC)


def test_a_rate_that_is_no_number_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNNER_NOW", "2026-10-15T02:00:00Z")
    monkeypatch.setenv("RUNNER_CLOCK_RATE", "fast")
    with pytest.raises(UsageError, match="RUNNER_CLOCK_RATE"):
        clock.moving()


def test_without_a_rehearsal_the_daemon_goes_by_the_machines_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUNNER_NOW", raising=False)
    assert abs(clock.moving()() - clock.now()) < timedelta(minutes=1)


def test_an_event_is_one_line_whatever_is_in_it() -> None:
    record = logging.LogRecord("runner", logging.INFO, "", 0, "job %s\nsays", ("\x1b[2J\u202eevil\r",), None)
    assert _OneLine("%(message)s").format(record) == "job \\x1b[2J\\u202eevil\\x0d\\x0asays"
