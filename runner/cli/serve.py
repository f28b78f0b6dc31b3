"""`runner serve`: the daemon. It keeps the clock and starts each run as a process of its own."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from math import isnan
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from runner import clock
from runner.cli.screen import Screen
from runner.cli.settings import Settings, everywhere
from runner.cli.workspace import without_jobs
from runner.errors import UsageError

if TYPE_CHECKING:
    from runner.daemon.loop import Daemon
    from runner.daemon.spares import Spares

LOG = logging.getLogger("runner.daemon")


@click.command()
@click.option("--jobs-at-once", type=click.IntRange(1, 64), default=2, show_default=True, help="Most runs side by side, one a district.")
@click.option("--tick", metavar="SECONDS", type=click.FloatRange(0.05, 60), default=5.0, show_default=True, help="How often to look.")
@click.option("--max-runtime", metavar="SPAN", default="6h", show_default=True, help="A run that takes longer is stopped and rolled back.")
@everywhere
@click.pass_obj
def command(settings: Settings, /, jobs_at_once: int, tick: float, max_runtime: str) -> int:
    """Run each job at its time until stopped, as its schedule says.

    Job files may be edited meanwhile; SIGHUP reads them at once. SIGTERM and Ctrl-C roll back what is under way and end within five
    seconds. For rehearsals RUNNER_NOW sets the clock, and RUNNER_CLOCK_RATE how fast it goes from there.
    """
    from runner.cli.serve_log import log_to_stderr
    from runner.run.places import make_private

    if settings.district is not None:
        raise UsageError("serve looks after every district of the jobs folder", "leave --district out, or name another folder with --jobs")
    if isnan(tick):  # which is in any range
        raise UsageError("--tick takes a number of seconds", "leave it out, or write --tick 5")
    limit, tells = _seconds(max_runtime), clock.moving()
    jobs, var = settings.jobs.absolute(), settings.var.absolute()
    if not jobs.is_dir():
        raise UsageError(f"there is no folder {settings.jobs}", "name the jobs folder with --jobs, or make one with `runner new`")
    nothing = without_jobs(settings.jobs)
    make_private(var)
    log_to_stderr(quiet=settings.quiet)
    _clear_up(jobs, var)
    if nothing is not None:
        LOG.warning("%s; until then nothing runs", nothing)
    spares = _spares(jobs, var, jobs_at_once)
    daemon = _daemon(jobs, var, tells, spares, jobs_at_once=jobs_at_once, limit=limit)
    stopped = _obey_signals(daemon)
    LOG.info("serving %s", jobs)
    spares.open()
    try:
        daemon.run(tick)
    finally:
        spares.close()
    LOG.info("stopped")
    if settings.json:
        Screen(settings).document({"stopped_by": signal.Signals(stopped[0]).name, "ticks": daemon.ticks})
    return 128 + stopped[0]


def _clear_up(jobs: Path, var: Path) -> None:
    """Removes what killed runs left of their inputs, of districts too whose jobs never run again."""
    from runner.run.places import Places
    from runner.run.work_folder import clear_left_behind

    for district in var.iterdir():
        with suppress(OSError):  # a run of the district says what is wrong with its folder
            clear_left_behind(Places(jobs, var).for_district(district.name))


def _spares(jobs: Path, var: Path, count: int) -> Spares:
    from runner.daemon.child import child
    from runner.daemon.spares import Spares

    return Spares(child("runner.cli.spare", "--jobs", str(jobs), "--var", str(var)), count)


def _daemon(jobs: Path, var: Path, tells: Callable[[], datetime], spares: Spares, *, jobs_at_once: int, limit: float) -> Daemon:
    from runner.daemon.board import Board
    from runner.daemon.broken import Broken
    from runner.daemon.crew import Crew
    from runner.daemon.loop import Daemon
    from runner.daemon.pages import Pages
    from runner.daemon.reading import Reading
    from runner.daemon.remembered import Remembered
    from runner.daemon.same_place import SamePlace
    from runner.daemon.wall import WallClock
    from runner.daemon.worker import Worker, start

    def begin(job: str, slot: str, words: list[str], now: datetime) -> Worker:
        fixed = now.isoformat() if clock.is_fixed() else None
        return start(job, slot, words, jobs=jobs, var=var, limit=limit, now=fixed, spares=spares)

    pages = Pages(jobs, var, lambda: tells().isoformat() if clock.is_fixed() else None)
    board, memory = Board(jobs, partial(Reading, jobs, var), Broken(jobs, var), pages), Remembered(var)
    # A clock of our own goes at its own pace, and is believed whatever it says.
    wall = WallClock(allowed=timedelta.max) if clock.is_fixed() else WallClock()
    crew = Crew(begin, memory, at_once=jobs_at_once, doubt=board.doubt, look=spares.look)
    return Daemon(board, memory, crew, tells, SamePlace(var), wall)


def _obey_signals(daemon: Daemon) -> list[int]:
    """Signals only set a mark that the loop acts on; gives a list in which the one that ends it will stand."""
    ended_by: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        ended_by.append(number)
        daemon.stopping = True

    def reload(_number: int, _frame: FrameType | None) -> None:
        daemon.reload_asked = True

    signal.set_wakeup_fd(-1)  # the verbs' own end: it would not wait for the workers
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGHUP, reload)
    return ended_by


def _seconds(text: str) -> float:
    from runner.job.durations import span

    try:
        return span(text).total_seconds()
    except ValueError:
        raise UsageError(f"--max-runtime is {text!r}: not a span of time", "write a number and s, m, h or d, like 6h") from None
