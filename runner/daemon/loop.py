"""The daemon: a ticker that recomputes what is due from the clock and the slots already settled, and starts one worker per store at a time.

Nothing about the future is remembered, so jumps of the clock, restarts and edited schedules need no special case.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import schedule

from runner.daemon.board import Board
from runner.daemon.catalogue import Entry
from runner.daemon.decide import Missed, Start, overdue, wanted
from runner.daemon.memory import JobMemory, keep, recall
from runner.daemon.systemd import reloading, tell
from runner.daemon.wall import WallClock
from runner.daemon.worker import FINAL, LOCK_HELD, Worker

LOG = logging.getLogger("runner.daemon")
TICK_SECONDS = 5
_SLEPT = timedelta(minutes=5)


class Starter(Protocol):
    """Starts a worker for a slot: `words` are what `runner` is called with."""

    def __call__(self, job: str, slot: str, words: list[str]) -> Worker: ...


@dataclass(slots=True)
class Daemon:
    """One pass over everything per `tick`. `clock` gives UTC; `var` holds the memory files; `at_once` workers run side by side, each
    for another district."""

    board: Board
    var: Path
    clock: Callable[[], datetime]
    start: Starter
    wall: WallClock = field(default_factory=WallClock)
    at_once: int = 2
    stopping: bool = False
    reload_asked: bool = False
    workers: dict[str, Worker] = field(default_factory=dict)
    memories: dict[str, JobMemory] = field(default_factory=dict)
    awake_since: datetime | None = None
    last_tick: datetime | None = None

    def tick(self) -> None:
        """Reloads what changed, collects finished workers, starts what is due. Never raises for one job's sake."""
        tell("WATCHDOG=1")
        now = self.clock()
        if self.awake_since is None or self.last_tick is None or now - self.last_tick > _SLEPT:
            self.awake_since = now
        self.last_tick = now
        self._collect()
        if self.reload_asked:
            tell(*reloading())
        self.board.refresh(now, force=self.reload_asked)
        if self.reload_asked:
            self.reload_asked = False
            tell("READY=1")
        if not self.wall.believed(now):
            LOG.warning("the clock jumped to %s: nothing starts until two ticks agree", now.isoformat(timespec="seconds"))
            return
        for entry in self.board.entries():
            try:
                self._look_at(entry, now)
            except Exception as error:  # one job never disturbs the others
                LOG.error("%s: the daemon could not look after it (%s)", entry.job, type(error).__name__)

    def run(self, seconds: int = TICK_SECONDS) -> None:
        """Ticks until `stopping`; then asks the workers to roll back and waits for them."""
        ticker = schedule.Scheduler()
        ticker.every(seconds).seconds.do(self._safe_tick)
        self._safe_tick()
        tell("READY=1", "STATUS=waiting for the next slot")
        while not self.stopping:
            ticker.run_pending()
            self._collect()
            if self.reload_asked:
                self._safe_tick()
            time.sleep(0.1)
        self._stop_workers()

    def _safe_tick(self) -> None:
        try:
            self.tick()
        except Exception as error:  # schedule would fire again at once, without end
            LOG.error("a tick failed (%s); the next one follows in %d seconds", type(error).__name__, TICK_SECONDS)

    def _look_at(self, entry: Entry, now: datetime) -> None:
        if self.stopping or entry.district in self.workers or len(self.workers) >= self.at_once:
            return
        memory = self._memory(entry, now)
        memory.forget_before(now)
        assert self.awake_since is not None
        begin, missed = wanted(
            entry.schedule, entry.zone, known_since=memory.known_since, settled=memory.settled, awake_since=self.awake_since, now=now
        )
        if missed:
            self._begin(entry, missed[0].slot.name, self._words(entry, missed[0]))
        elif begin is not None:
            self._begin(entry, begin.slot.name, self._words(entry, begin))
        else:
            late = overdue(entry.schedule, entry.zone, memory.settled, now)
            if (
                late is not None
                and late not in memory.alerted
                and late >= memory.known_since.astimezone(entry.zone).strftime("%Y-%m-%dT%H:%M")
            ):
                memory.alerted.add(late)
                keep(self._memory_file(entry), memory)
                self._begin(entry, f"overdue {late}", ["run", entry.job, "--slot", late, "--overdue"])

    def _words(self, entry: Entry, what: Start | Missed) -> list[str]:
        words = ["run", entry.job, "--slot", what.slot.name, "--due", what.slot.at.isoformat()]
        if self.board.is_broken(entry):
            words.append("--last-good")
        if isinstance(what, Missed):
            return [*words, "--missed", what.why]
        return [*words, f"--{what.kind}"]

    def _begin(self, entry: Entry, slot: str, words: list[str]) -> None:
        LOG.info("%s: starting %s", entry.job, slot)
        self.workers[entry.district] = self.start(entry.job, slot, words)

    def _collect(self) -> None:
        for district, worker in list(self.workers.items()):
            code = worker.finished()
            if code is None:
                continue
            del self.workers[district]
            self._settle(worker, code)

    def _settle(self, worker: Worker, code: int) -> None:
        LOG.info("%s: %s ended with exit code %d", worker.job, worker.slot, code)
        if worker.slot.startswith("overdue "):
            return
        memory = self.memories[worker.job]
        if code in FINAL:
            memory.settled.add(worker.slot)
            keep(self.var / worker.job.split("/")[0] / "daemon" / f"{worker.job.split('/')[1]}.json", memory)
        elif code == LOCK_HELD:
            LOG.info("%s: another run holds the store; %s is tried again", worker.job, worker.slot)
        else:
            self.board.doubt()

    def _memory(self, entry: Entry, now: datetime) -> JobMemory:
        if entry.job not in self.memories:
            path = self._memory_file(entry)
            memory = recall(path, now)
            if not path.exists():
                keep(path, memory)
            self.memories[entry.job] = memory
        return self.memories[entry.job]

    def _memory_file(self, entry: Entry) -> Path:
        return self.var / entry.district / "daemon" / f"{entry.job.split('/')[1]}.json"

    def _stop_workers(self) -> None:
        tell("STOPPING=1")
        for worker in self.workers.values():
            worker.stop()
        while self.workers:
            self._collect()
            time.sleep(0.02)
