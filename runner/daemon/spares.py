"""Processes begun ahead of their work: each has imported what a run needs, and waits for its words.

Half of what a small district's night costs is importing; a spare does that on another processor while the run before it works. It becomes
one worker and ends with it, so that each run has a fresh process as ever. (docs/decisions/0803-workers-begun-ahead.md)
"""

from __future__ import annotations

import json
import logging
import socket
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

MESSAGE = 1 << 17  # the most bytes of a request
LOG = logging.getLogger("runner.daemon")


class _Spare(Struct, frozen=True):
    process: subprocess.Popen[bytes]
    channel: socket.socket

    def leave(self) -> None:
        """Ends it; it has begun nothing."""
        self.channel.close()
        self.process.kill()
        self.process.wait()


class Spares:
    """`count` processes in waiting. `command` starts one; the number of its socket is added to it."""

    def __init__(self, command: Sequence[str], count: int = 2) -> None:
        self._command = command
        self._count = count
        self._waiting: deque[_Spare] = deque()

    @property
    def pids(self) -> list[int]:
        """The processes that wait now."""
        return [spare.process.pid for spare in self._waiting]

    def open(self) -> None:
        """Begins as many as are missing."""
        self.look()
        try:
            while len(self._waiting) < self._count:
                self._waiting.append(self._begin())
        except OSError as error:
            LOG.warning("no worker can be begun ahead: %s", error.strerror or type(error).__name__)

    def start(
        self, name: str, words: Sequence[str], environment: Mapping[str, str], stderr: int, fresh: Callable[[], subprocess.Popen[bytes]]
    ) -> subprocess.Popen[bytes]:
        """A process that does what `runner` does with `words`, called `name` in lists of processes; `fresh()` where nobody waits."""
        self.look()
        request = json.dumps({"name": name, "words": list(words), "environment": dict(environment)}).encode()
        while self._waiting:
            spare = self._waiting.popleft()
            try:
                with spare.channel:
                    socket.send_fds(spare.channel, [request], [stderr])
            except OSError:  # ended this moment
                spare.leave()
                continue
            self.open()
            return spare.process
        process = fresh()
        self.open()
        return process

    def look(self) -> None:
        """Lets go of those that have ended: by themselves after a time without work, or killed."""
        for spare in [each for each in self._waiting if each.process.poll() is not None]:
            self._waiting.remove(spare)
            spare.leave()

    def close(self) -> None:
        """Ends those that wait. Workers go on."""
        while self._waiting:
            self._waiting.pop().leave()

    def _begin(self) -> _Spare:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)  # the daemon waits for nobody
        with theirs:
            quiet, number = subprocess.DEVNULL, theirs.fileno()
            try:
                # A session of its own, as a fresh worker has: Ctrl-C in a terminal reaches the daemon alone, which passes it on.
                process = subprocess.Popen(
                    [*self._command, str(number)], stdin=quiet, stdout=quiet, stderr=quiet, pass_fds=[number], start_new_session=True
                )
            except OSError:
                ours.close()
                raise
        return _Spare(process, ours)
