"""Progress: a line every 10 s where there is no terminal, nothing under --quiet, no control characters."""

from __future__ import annotations

import io
import time

import pytest

from runner.cli.progress import Bars, Lines, progress_for
from runner.cli.settings import Settings
from runner.run.progress import NoProgress


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def lines_and_clock() -> tuple[Lines, Clock, list[str]]:
    clock, said = Clock(), list[str]()
    return Lines(said.append, clock), clock, said


def test_a_short_run_says_nothing() -> None:
    lines, clock, said = lines_and_clock()
    with lines.stage("reading", 100) as stage:
        clock.seconds = 9.9
        stage.advance(50)
    assert said == []


def test_a_long_stage_says_a_line_every_ten_seconds() -> None:
    lines, clock, said = lines_and_clock()
    with lines.stage("reading", 1000) as stage:
        for second in range(35):
            clock.seconds = float(second)
            stage.advance(second * 10)
    assert said == ["reading: 100 of 1,000 (10%)\n", "reading: 200 of 1,000 (20%)\n", "reading: 300 of 1,000 (30%)\n"]


def test_a_total_may_become_known_on_the_way() -> None:
    lines, clock, said = lines_and_clock()
    with lines.stage("hashing") as stage:
        clock.seconds = 11
        stage.advance(5, 10)
    assert said == ["hashing: 5 of 10 (50%)\n"]


def test_a_stage_that_cannot_tell_how_far_it_is_says_that_it_goes_on() -> None:
    clock, said = Clock(), list[str]()
    lines = Lines(said.append, clock, look_every=0.001)
    with lines.stage("plan\x1b[2J"):
        clock.seconds = 14
        for _ in range(2000):
            if said:
                break
            time.sleep(0.001)
        clock.seconds = 15
    assert said == ["plan\\x1b[2J: going on for 14 s\n"]


def test_quiet_says_nothing() -> None:
    assert isinstance(progress_for(Settings(quiet=True)), NoProgress)


def test_lines_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", io.StringIO())
    assert isinstance(progress_for(Settings()), Lines)


def test_bars_on_a_terminal_vanish_and_do_not_read_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    err = Terminal()
    monkeypatch.setattr("sys.stderr", err)
    with Bars().stage("reading [bold]x", 10) as stage:
        stage.advance(5)
        stage.advance(10, 10)
    assert "reading [bold]x" in err.getvalue()
