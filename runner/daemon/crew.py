"""The workers that run now: at most one per district (its store takes one run at a time), and so many side by side as were allowed."""

from __future__ import annotations

import logging
import os
import select
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from typing import Protocol

from runner.daemon.catalogue import Entry
from runner.daemon.patience import Patience
from runner.daemon.remembered import Remembered
from runner.daemon.worker import DONE, FILE_AWAITED, LOCK_HELD, Worker

LOG = logging.getLogger("runner.daemon")
STOP_PATIENCE = 4.5  # seconds in which workers must have rolled back
_ALERT, _STUCK = "alert ", "alert of failed attempts "
_MANY_TRIES = 5  # that came to nothing: some two minutes, in which a server may have been started anew
_SHORT, _LONG = timedelta(seconds=5), timedelta(minutes=1)  # pauses while somebody else holds the store
_SOON, _LATER = timedelta(minutes=1), timedelta(minutes=5)  # pauses while a file is waited for
_OVERSTAYED = "took longer than `runner serve --max-runtime` allows and was stopped: raise that, or see why the job takes so long"
_TOLD_AGAIN = 60  # tries, an hour of them


class Starter(Protocol):
    """Starts a worker for a slot: `words` are what `runner` is called with, `now` the daemon's clock."""

    def __call__(self, job: str, slot: str, words: list[str], now: datetime) -> Worker: ...


class Crew:
    """Starts workers and takes note of how they end. `doubt` is called when an end says that the job files are not what they seemed,
    `look` whenever workers are looked after."""

    def __init__(
        self,
        start: Starter,
        memory: Remembered,
        *,
        at_once: int = 2,
        doubt: Callable[[], None] = lambda: None,
        look: Callable[[], None] = lambda: None,
    ) -> None:
        self._start = start
        self._memory = memory
        self._at_once = at_once
        self._doubt = doubt
        self._look = look
        self._patience = Patience()
        self._held_up = Patience(_SHORT, _LONG, free=0)
        self._awaiting = Patience(_SOON, _LATER, free=0)
        self._waiting = {LOCK_HELD: self._held_up, FILE_AWAITED: self._awaiting}  # for something else to happen
        self._overstayed: set[tuple[str, str]] = set()
        self._told_stuck: set[tuple[str, str]] = set()
        self._runs: dict[str, Worker] = {}
        self._alerts: dict[str, Worker] = {}

    def has_room(self, entry: Entry) -> bool:
        """Whether a run of the job may start now."""
        return entry.district not in self._runs and len(self._runs) < self._at_once

    def may_try(self, entry: Entry, slot: str, now: datetime) -> bool:
        """Whether the pause after a try that came to nothing is over."""
        return all(each.may_try(entry.job, slot, now) for each in self._kinds)

    def tries(self, entry: Entry, slot: str) -> int:
        """How often the slot was tried for nothing: who was tried less goes first."""
        return sum(each.tries(entry.job, slot) for each in self._kinds)

    @property
    def _kinds(self) -> tuple[Patience, ...]:
        return self._patience, *self._waiting.values()

    def is_held_up(self, entry: Entry, slot: str) -> bool:
        """Whether another run held the store at an earlier try, or the file was not there yet, which was told then."""
        return any(each.tries(entry.job, slot) for each in self._waiting.values())

    def begin(self, entry: Entry, slot: str, words: list[str], now: datetime) -> None:
        """Starts the worker of a slot."""
        self._runs[entry.district] = self._start(entry.job, slot, [*words, *self._before(entry, slot)], now)

    def alert(self, entry: Entry, slot: str, words: list[str], now: datetime, *, label: str = _ALERT) -> bool:
        """Starts a worker that only tells people; it waits for nobody. Gives whether it did, for one alert of a job goes at a time."""
        if entry.job in self._alerts or not self._patience.may_try(entry.job, label + slot, now):
            return False
        self._alerts[entry.job] = self._start(entry.job, label + slot, [*words, *self._before(entry, slot)], now)
        return True

    def alert_if_stuck(self, entry: Entry, slot: str, words: list[str], now: datetime) -> bool:
        """The same, once, where so many attempts at the slot came to nothing. (A run that failed has settled its slot.)"""
        if (entry.job, slot) in self._told_stuck or self._patience.tries(entry.job, slot) < _MANY_TRIES:
            return False
        if not self.alert(entry, slot, words, now, label=_STUCK):
            return False
        self._told_stuck.add((entry.job, slot))
        return True

    def _before(self, entry: Entry, slot: str) -> list[str]:
        return ["--before", f"the attempt before {_OVERSTAYED}"] if (entry.job, slot) in self._overstayed else []

    def collect(self, now: datetime) -> bool:
        """Takes note of workers that have ended; gives whether one of them settled its slot or gave way to others."""
        self._look()
        made_room = False
        for running in (self._runs, self._alerts):
            for key, worker in list(running.items()):
                code = worker.finished()
                waits = self._waiting.get(code) if code is not None else None
                if waits is None or not waits.tries(worker.job, worker.slot):
                    _pass_on(worker, logging.ERROR if waits is None else logging.INFO)
                if code is not None:
                    del running[key]
                    worker.close()
                    made_room |= self._ended(worker, code, now)
        return made_room

    def rest(self, seconds: float) -> None:
        """Waits so long, or until a worker has ended where the system can tell."""
        with ExitStack() as held:
            waits = select.poll()
            for worker in self._everybody():
                # Our own child keeps its number until we have asked for its exit code.
                if (descriptor := _held(worker)) is not None:
                    held.callback(os.close, descriptor)
                    waits.register(descriptor, select.POLLIN)
            waits.poll(seconds * 1000)

    def stop(self, now: datetime) -> None:
        """Asks all workers to roll back, and kills the one that has not done so after 4.5 seconds."""
        for worker in self._everybody():
            worker.stop()
        ends = time.monotonic() + STOP_PATIENCE
        while self._everybody() and time.monotonic() < ends:
            self.collect(now)
            self.rest(0.02)
        for worker in self._everybody():
            LOG.error("%s: %s did not end in time and is killed; its transaction rolls back", worker.job, worker.slot)
            worker.kill()

    def _ended(self, worker: Worker, code: int, now: datetime) -> bool:
        if code in DONE:
            LOG.info("%s: %s is done (exit code %d)", worker.job, worker.slot, code)
            for each in self._kinds:
                each.forget(worker.job, worker.slot)
            self._overstayed.discard((worker.job, worker.slot))
            if not worker.slot.startswith(_STUCK):
                self._memory.settle(worker.job, worker.slot.removeprefix(_ALERT), alert=worker.slot.startswith(_ALERT))
            return True
        if code == LOCK_HELD:
            if self._held_up.failed(worker.job, worker.slot, now) % _TOLD_AGAIN == 1:
                LOG.warning("%s: another run holds the store; %s waits, and is tried again every minute or sooner", worker.job, worker.slot)
            return True
        if code == FILE_AWAITED:
            self._awaiting.failed(worker.job, worker.slot, now)
            self._memory.await_file(worker.job, worker.slot)
            return True
        tries = self._patience.failed(worker.job, worker.slot, now)
        if worker.overstayed:
            LOG.error("%s: %s %s", worker.job, worker.slot, _OVERSTAYED)
            self._overstayed.add((worker.job, worker.slot))
        LOG.warning("%s: %s ended with exit code %d (try %d)", worker.job, worker.slot, code, tries)
        self._doubt()
        return False

    def _everybody(self) -> list[Worker]:
        return [*self._runs.values(), *self._alerts.values()]


def _held(worker: Worker) -> int | None:
    if not hasattr(os, "pidfd_open"):  # not every system can
        return None
    with suppress(OSError):
        return os.pidfd_open(worker.process.pid)
    return None


def _pass_on(worker: Worker, level: int) -> None:
    """What the worker says, in the daemon's own lines, with the job's name; `level`: of what it says of an error."""
    for line in worker.news():
        LOG.log(level if line.startswith(("error: ", "hint: ")) else logging.INFO, "%s: %s", worker.job, line)
