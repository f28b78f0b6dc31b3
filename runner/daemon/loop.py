"""The daemon: a ticker that recomputes what is due from the clock and the slots already settled, and has a worker started for it.

Nothing about the future is remembered, so jumps of the clock, restarts and edited schedules need no special case.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import schedule
from msgspec import Struct, field

from runner.counted import counted
from runner.daemon.board import Board
from runner.daemon.catalogue import Entry
from runner.daemon.crew import Crew
from runner.daemon.decide import Missed, Start, overdue, wanted
from runner.daemon.remembered import Remembered
from runner.daemon.same_place import SamePlace
from runner.daemon.systemd import reloading, tell
from runner.daemon.wall import WallClock

LOG = logging.getLogger("runner.daemon")
TICK_SECONDS = 5.0
_SLEPT = timedelta(minutes=5)
_PAUSE = 0.1


class _Wish(Struct, frozen=True):
    """A slot that wants a worker now."""

    entry: Entry
    what: Start | Missed


class Daemon(Struct):
    """One pass over everything per `tick`. `clock` gives UTC; `memory` is what is remembered of each job, `crew` runs the workers, `place`
    is the folder in which everything is kept.

    Setting `stopping` or `reload_asked` (signal handlers do) is acted on within a tenth of a second."""

    board: Board
    memory: Remembered
    crew: Crew
    clock: Callable[[], datetime]
    place: SamePlace
    wall: WallClock = field(default_factory=WallClock)
    stopping: bool = False
    reload_asked: bool = False
    awake_since: datetime | None = None
    last_tick: datetime | None = None
    ticks: int = 0
    _looks: int = 0
    _reloading: bool = False

    def tick(self) -> None:
        """Reloads what changed, collects finished workers, starts what is due. Never raises for one job's sake."""
        tell("WATCHDOG=1")
        now = self.clock()
        if self.awake_since is None or self.last_tick is None or now - self.last_tick > _SLEPT:
            self.awake_since = now
        self.last_tick = now
        self.ticks += 1
        self.crew.collect(now)
        if not self.place.stands():
            return
        self._look_at_the_board(now)
        if not self.wall.believed(now):
            LOG.warning("the clock jumped to %s: nothing starts until two ticks agree", now.isoformat(timespec="seconds"))
            return
        wishes: list[_Wish] = []
        for entry in self.board.entries():
            with _alone(entry):
                wishes += self._look_after(entry, now)
        # Fair: whoever was tried for nothing gives way to those who were not.
        for wish in sorted(wishes, key=lambda each: self.crew.tries(each.entry, each.what.slot.name)):
            with _alone(wish.entry):
                self._alert_if_stuck(wish, now)
                self._begin(wish, now)

    def run(self, seconds: float = TICK_SECONDS) -> None:
        """Ticks until `stopping`; then asks the workers to roll back, and ends within five seconds."""
        ticker, ticks, ticked = self._ticker(seconds), self.ticks, time.monotonic()
        self._safely(self.tick)
        while not self.stopping:
            ticker.run_pending()
            self._safely(self._between_ticks)
            if ticks != self.ticks:
                ticks, ticked = self.ticks, time.monotonic()
            elif time.monotonic() - ticked > 2 * seconds + 1:
                # The ticker trusts the wall clock. Where that was in the future for a moment, it would wait for that future.
                ticker = self._ticker(seconds)
                self._safely(self.tick)
            self.crew.rest(min(_PAUSE, seconds))
        tell("STOPPING=1", "STATUS=waiting for runs to roll back")
        self.board.close()
        self.crew.stop(self.clock())

    def _ticker(self, seconds: float) -> schedule.Scheduler:
        ticker = schedule.Scheduler()
        ticker.every(seconds).seconds.do(self._safely, self.tick)  # type: ignore[arg-type]  # parts of a second are fine with it
        return ticker

    def _safely(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # the ticker would fire again at once, without end
            LOG.error("a tick failed (%s); the next one follows", type(error).__name__)

    def _between_ticks(self) -> None:
        """What need not wait for the next tick: a finished run, a look that is over, an order to reload."""
        now, looks = self.clock(), self._looks
        made_room = self.crew.collect(now)
        if (self.reload_asked or self.board.looking) and self.place.stands():
            self._look_at_the_board(now)
        if made_room or self._looks != looks:
            self.tick()

    def _look_at_the_board(self, now: datetime) -> None:
        if self.reload_asked:
            LOG.info("reloading, as asked")
            tell(*reloading())
            self._reloading = True
        force, self.reload_asked = self.reload_asked, False
        self.board.refresh(now, force=force)
        if self.board.looks != self._looks:
            self.memory.rest(self.board.known(), now)
            self._looks = self.board.looks
            tell(*(["READY=1"] if self._looks == 1 else []), f"STATUS=looking after {counted(len(self.board.entries()), 'job', 'jobs')}")
        if self._reloading and not self.board.looking:
            self._reloading = False
            tell("READY=1")

    def _look_after(self, entry: Entry, now: datetime) -> list[_Wish]:
        if self.stopping:
            return []
        memory = self.memory.of(entry, now)
        memory.forget_before(now)
        self._alert_if_overdue(entry, now)
        assert self.awake_since is not None
        begin, missed = wanted(entry.schedule, entry.zone, memory, awake_since=self.awake_since, now=now)
        # Older slots are noted only once the newest one is settled: until then its kind may follow from theirs.
        return [_Wish(entry, what) for what in ([begin] if begin is not None else missed)]

    def _begin(self, wish: _Wish, now: datetime) -> None:
        entry, slot = wish.entry, wish.what.slot.name
        if not self.stopping and self.crew.has_room(entry) and self.crew.may_try(entry, slot, now):
            if not self.crew.is_held_up(entry, slot):
                LOG.info("%s: %s %s", entry.job, _deed(wish.what), slot)
            self.crew.begin(entry, slot, _words(entry, wish.what), now)

    def _alert_if_overdue(self, entry: Entry, now: datetime) -> None:
        memory = self.memory.of(entry, now)
        late = overdue(entry.schedule, entry.zone, memory.settled, now)
        if late is None or late in memory.alerted or late <= f"{memory.known_since.astimezone(entry.zone):%Y-%m-%dT%H:%M}":
            return
        if self.crew.alert(entry, late, ["run", entry.job, "--slot", late, "--overdue", *_version(entry)], now):
            # Another machine that shares the store may have run it; whoever is begun here asks.
            LOG.error("%s: the run due at %s is not known to have finished by %s", entry.job, late, f"{entry.schedule.expect_by:%H:%M}")

    def _alert_if_stuck(self, wish: _Wish, now: datetime) -> None:
        entry, slot = wish.entry, wish.what.slot.name
        if self.crew.alert_if_stuck(entry, slot, ["run", entry.job, "--slot", slot, "--stuck", *_version(entry)], now):
            LOG.error("%s: no attempt at %s has succeeded; it is tried again", entry.job, slot)


@contextmanager
def _alone(entry: Entry) -> Iterator[None]:
    """What goes wrong with one job never disturbs the others."""
    try:
        yield
    except Exception as error:
        LOG.error("%s: the daemon could not look after it (%s)", entry.job, type(error).__name__)


def _words(entry: Entry, what: Start | Missed) -> list[str]:
    kind = what.slot.kind if isinstance(what, Missed) else what.kind
    words = ["run", entry.job, "--slot", what.slot.name, "--due", what.slot.at.isoformat(), f"--{kind}", *_version(entry)]
    if isinstance(what, Missed):
        return [*words, "--missed", what.why]
    return [*words, "--only-begun", what.only_begun] if what.only_begun else words


def _deed(what: Start | Missed) -> str:
    if isinstance(what, Missed):
        return "noting as missed"
    return "taking up if it was interrupted, else noting as missed:" if what.only_begun else "starting"


def _version(entry: Entry) -> list[str]:
    return ["--last-good"] if entry.last_good else []
