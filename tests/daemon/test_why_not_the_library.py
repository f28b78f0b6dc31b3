"""Why the schedule library only ticks and never tells what is due: what it does with zones, errors and jumps of the clock.

Each of these is expected to fail. Should one of them pass one day, the library was mended: read docs/decisions on the daemon again.
"""

from __future__ import annotations

import datetime as real
import time as real_time
from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

import pytest
import schedule

UTC, CHICAGO = real.UTC, ZoneInfo("America/Chicago")
CANARY = "schedule 1.2: docs/decisions/0900-slots-not-timers.md"


class Clock:
    """The time that the library sees, in place of its own `datetime` module; local time is UTC."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, start: real.datetime) -> None:
        self.now = start
        clock = self

        class Told(real.datetime):
            @classmethod
            def now(cls, tz: real.tzinfo | None = None) -> real.datetime:  # type: ignore[override]
                return clock.now.astimezone(tz) if tz is not None else clock.now.replace(tzinfo=None)

        monkeypatch.setattr("schedule.datetime.datetime", Told)
        monkeypatch.setenv("TZ", "UTC")
        real_time.tzset()

    def tick_until(self, ends: real.datetime, ticker: schedule.Scheduler, step: real.timedelta = real.timedelta(minutes=5)) -> None:
        while self.now < ends:
            self.now += step
            ticker.run_pending()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[real.datetime], Clock]]:
    with monkeypatch.context() as patched:
        yield lambda start: Clock(patched, start)
    real_time.tzset()


@pytest.mark.xfail(strict=True, reason=CANARY)
def test_a_nightly_job_runs_once_on_each_day_around_the_spring_gap(clock: Callable[[real.datetime], Clock]) -> None:
    time = clock(real.datetime(2026, 3, 7, 6, 0, tzinfo=UTC))
    ran: list[str] = []
    ticker = schedule.Scheduler()
    ticker.every().day.at("02:30", "America/Chicago").do(lambda: ran.append(f"{time.now.astimezone(CHICAGO):%m-%d}"))
    time.tick_until(real.datetime(2026, 3, 11, 6, 0, tzinfo=UTC), ticker)
    assert ran == ["03-07", "03-08", "03-09", "03-10"]


@pytest.mark.xfail(strict=True, reason=CANARY, raises=ZeroDivisionError)
def test_a_job_that_raises_lets_the_next_one_run(clock: Callable[[real.datetime], Clock]) -> None:
    time = clock(real.datetime(2026, 10, 15, 6, 0, tzinfo=UTC))
    ran: list[str] = []
    ticker = schedule.Scheduler()
    ticker.every(5).seconds.do(lambda: 1 // 0)
    ticker.every(5).seconds.do(ran.append, "the next one")
    time.now += real.timedelta(minutes=1)
    ticker.run_pending()
    assert ran == ["the next one"]


@pytest.mark.xfail(strict=True, reason=CANARY)
def test_a_clock_at_2036_for_a_moment_does_not_put_the_next_run_there(clock: Callable[[real.datetime], Clock]) -> None:
    time = clock(real.datetime(2026, 10, 15, 6, 0, tzinfo=UTC))
    ran: list[real.datetime] = []
    ticker = schedule.Scheduler()
    ticker.every(5).seconds.do(lambda: ran.append(time.now))
    time.now = real.datetime(2036, 1, 1, tzinfo=UTC)
    ticker.run_pending()
    time.now = real.datetime(2026, 10, 15, 6, 1, tzinfo=UTC)
    ran.clear()
    time.tick_until(real.datetime(2026, 10, 15, 7, 0, tzinfo=UTC), ticker)
    assert ran
