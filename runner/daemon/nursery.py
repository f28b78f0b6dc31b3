"""The daemon's side of the nursery: a process beside the daemon that has imported what a run needs and forks a worker for each.

A worker so begun imports nothing, which is half of what a small district's night costs. The nursery is asked over a socket pair; where it
cannot be had, is not alone in its process (docs/decisions/0803) or ends, workers are fresh processes as before. It ends with the daemon,
and by itself after ten minutes without work.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from runner.daemon import line
from runner.daemon.forked import UNKNOWN, Forked, Home

LOG = logging.getLogger("runner.daemon")
_END_PATIENCE = 1.0  # seconds


class Nursery(Home):
    """Workers with everything imported. `command` starts the program that forks; the number of its socket is added to it."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._ready = False
        self._usable = _system_can()
        self._children: dict[int, Forked] = {}
        self._last = 0

    @property
    def pid(self) -> int | None:
        """Its process, None while there is none."""
        return self._process.pid if self._process is not None else None

    def open(self) -> None:
        """Starts it, where it is not at work and ever was of use."""
        self.hear()
        if self._usable and self._channel is None:
            try:
                self._begin()
            except OSError as error:
                self._forgo(error.strerror or type(error).__name__)

    def start(
        self, name: str, words: Sequence[str], environment: Mapping[str, str], stderr: int, fresh: Callable[[], subprocess.Popen[bytes]]
    ) -> Forked | subprocess.Popen[bytes]:
        """A process that does what `runner` does with `words`, called `name` in lists of processes; `fresh()` where none can be forked."""
        self.open()
        if self._channel is None:
            return fresh()
        self._last += 1
        request = {"id": self._last, "name": name, "words": list(words), "environment": dict(environment)}
        try:
            line.say(self._channel, request, stderr)
        except OSError:  # gone, or so stuck that its line is full
            return fresh()
        self._children[self._last] = Forked(self, fresh)
        return self._children[self._last]

    def hear(self) -> None:
        """Takes note of what the nursery has said: workers that began and ended, or its own end."""
        while self._channel is not None:
            try:
                said, descriptor = line.hear(self._channel)
            except BlockingIOError:
                break
            if said:
                self._take(said, descriptor)
            else:
                self._lost()
        for number in [each for each, child in self._children.items() if child.orphan and child.is_over()]:
            self._children.pop(number).ended(UNKNOWN)

    def give_up(self) -> None:
        """Ends a nursery that does not answer; the next worker has another one."""
        LOG.warning("the nursery of workers does not answer, and is ended")
        if self._process is not None:
            self._process.kill()
        self._lost()

    def fileno(self) -> int | None:
        """What can be waited on: it is readable when there is news."""
        return self._channel.fileno() if self._channel is not None else None

    def close(self) -> None:
        """Ends the nursery. Workers that still run go on, as they do when the daemon is killed."""
        self._usable = False
        self._lost()

    def _begin(self) -> None:
        ours, theirs = line.pair()
        with theirs:
            quiet, number = subprocess.DEVNULL, theirs.fileno()
            try:
                self._process = subprocess.Popen(
                    [*self._command, str(number)], stdin=quiet, stdout=quiet, stderr=quiet, pass_fds=[number], start_new_session=True
                )
            except OSError:
                ours.close()
                raise
        self._channel, self._ready = ours, False

    def _take(self, said: Mapping[str, Any], descriptor: int | None) -> None:
        child = self._children.get(said.get("id", 0))
        if "ready" in said:
            self._ready = True
        elif "unfit" in said:
            self._forgo(said["unfit"])
        elif child is not None and descriptor is not None:
            child.begun(descriptor)
        elif child is not None:
            del self._children[said["id"]]
            child.ended(said["code"])
        elif descriptor is not None:
            os.close(descriptor)

    def _lost(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None
            self._reap()
            if not self._ready and self._usable:
                self._forgo("it ended before it was ready")
        for number, child in list(self._children.items()):
            child.orphaned()
            if child.instead is not None or child.code is not None:
                del self._children[number]

    def _reap(self) -> None:
        if self._process is not None:
            try:
                self._process.wait(_END_PATIENCE)
            except subprocess.TimeoutExpired:
                with suppress(OSError):
                    self._process.send_signal(signal.SIGKILL)
                self._process.wait()
            self._process = None

    def _forgo(self, why: str) -> None:
        if self._usable:
            LOG.warning("workers are started as fresh processes, for none can be forked here: %s", why)
        self._usable = False


def _system_can() -> bool:
    """Whether processes can be held by a descriptor, which another one of the same number never takes over, and signalled by it."""
    if not (hasattr(os, "pidfd_open") and hasattr(signal, "pidfd_send_signal") and hasattr(socket, "SOCK_SEQPACKET")):
        return False
    try:
        descriptor = os.pidfd_open(os.getpid())
    except OSError:
        return False
    try:
        signal.pidfd_send_signal(descriptor, 0)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True
