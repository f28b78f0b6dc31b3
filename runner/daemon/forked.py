"""A process that the nursery forked. It is not our child: a descriptor of it takes signals, and the nursery says how it ended."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

UNKNOWN = 255  # the exit code of a process that ended after its nursery, so that nobody knows how: its slot is tried again, and knows
BEGIN_PATIENCE = 60.0  # seconds until the nursery must have forked, its imports counted in
TOLD_PATIENCE = 5.0  # seconds from a process's end until the nursery must have told of it
_KILL_PATIENCE = 2.0


class Home(Protocol):
    """The nursery that a process comes from."""

    def hear(self) -> None:
        """Takes note of what the nursery has said."""

    def give_up(self) -> None:
        """Ends a nursery that does not answer."""


@dataclass(slots=True)
class Forked:
    """Behaves as subprocess.Popen does. `fresh` starts the same work as a plain process, where the nursery ends before it forked."""

    home: Home
    fresh: Callable[[], subprocess.Popen[bytes]]
    asked: float = field(default_factory=time.monotonic)
    descriptor: int | None = None
    code: int | None = None
    instead: subprocess.Popen[bytes] | None = None
    orphan: bool = False
    _waiting: list[int] = field(default_factory=list)
    _ended: float | None = None

    def poll(self) -> int | None:
        """Its exit code, negative for a signal, or None while it runs."""
        if self.code is None and self.instead is None:
            self.home.hear()
            self._be_impatient()
        return self.code if self.instead is None else self.instead.poll()

    def send_signal(self, number: int) -> None:
        """Signals the process, or as soon as there is one."""
        if self.instead is not None:
            self.instead.send_signal(number)
        elif self.descriptor is None:
            self._waiting.append(number)
        elif self.code is None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.descriptor, number)

    def kill(self) -> None:
        """Ends it at once."""
        self.send_signal(signal.SIGKILL)

    def wait(self) -> int:
        """Its exit code; waits for its end, a moment at most. Raises TimeoutExpired."""
        ends = time.monotonic() + _KILL_PATIENCE
        while (code := self.poll()) is None and not self.is_over():
            if time.monotonic() > ends:
                raise subprocess.TimeoutExpired("a forked process", _KILL_PATIENCE)
            time.sleep(0.01)
        return UNKNOWN if code is None else code

    def begun(self, descriptor: int) -> None:
        """The nursery forked; `descriptor` stands for the process, and is closed with it."""
        self.descriptor = descriptor
        for number in self._waiting:
            self.send_signal(number)

    def ended(self, code: int) -> None:
        """The nursery told how the process ended."""
        self.code = code
        self._let_go()

    def orphaned(self) -> None:
        """The nursery is gone. A process that it forked goes on; one that it did not is started without it."""
        self.orphan = True
        if self.descriptor is not None or self.code is not None or self.instead is not None:
            return
        if self._waiting:  # what was to end before it began need not begin
            self.ended(-self._waiting[0])
        else:
            self.instead = self.fresh()

    def is_over(self) -> bool:
        """Whether the process has ended, told of or not."""
        return self.descriptor is not None and bool(select.select([self.descriptor], [], [], 0)[0])

    def _be_impatient(self) -> None:
        if self.code is not None or self.instead is not None or self.orphan:
            return
        now = time.monotonic()
        if self.descriptor is None:
            late = now - self.asked > BEGIN_PATIENCE
        else:
            self._ended = (self._ended or now) if self.is_over() else None
            late = self._ended is not None and now - self._ended > TOLD_PATIENCE
        if late:
            self.home.give_up()

    def _let_go(self) -> None:
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None
