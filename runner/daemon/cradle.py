"""The nursery's own side: a process with one thread that forks a worker for each request and says how it ended.

A fork copies one thread alone, and a lock that another one held stays shut in the copy for ever. So the nursery looks before each fork
whether it is alone in its process, and forks nothing when it is not. (docs/decisions/0803)
"""

from __future__ import annotations

import gc
import os
import selectors
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from runner.daemon import line

IDLE = 600.0  # seconds without work after which a nursery ends; the next run finds another one, of the program as it is then
_BUG, _NO_PROCESS = 70, 71
_TASKS = Path("/proc/self/task")


def alone() -> bool:
    """Whether this process has one thread, those of libraries counted."""
    return len(list(_TASKS.iterdir())) == 1


@dataclass(slots=True)
class Cradle:
    """`run` does what the words of a request say and raises SystemExit; `wake` is called before it in each worker."""

    channel: socket.socket
    run: Callable[[list[str]], object]
    wake: Callable[[], None]
    idle: float = IDLE
    _children: dict[int, tuple[int, int]] = field(default_factory=dict)  # descriptor -> process, request

    def serve(self) -> None:
        """Forks a worker for each request until the daemon is gone, or nothing has been to do for long."""
        if not self._fit():
            return
        self._say({"ready": True})
        with selectors.DefaultSelector() as waits:
            waits.register(self.channel, selectors.EVENT_READ)
            while events := waits.select(None if self._children else self.idle):
                for key, _ in events:
                    if key.fileobj is not self.channel:
                        self._bury(key.fd, waits)
                    elif not self._take(waits):
                        return

    def _take(self, waits: selectors.BaseSelector) -> bool:
        """Answers one request; False where there will be none any more."""
        request, stderr = line.hear(self.channel)
        if stderr is None or not self._fit():
            return False
        try:
            process = os.fork()
        except OSError:
            self._say({"id": request["id"], "code": _NO_PROCESS})
            return True
        if process == 0:
            self._become(request, stderr, waits)
        os.close(stderr)
        descriptor = os.pidfd_open(process)
        self._children[descriptor] = process, request["id"]
        waits.register(descriptor, selectors.EVENT_READ)
        self._say({"id": request["id"], "pid": process}, descriptor)
        return True

    def _bury(self, descriptor: int, waits: selectors.BaseSelector) -> None:
        waits.unregister(descriptor)
        process, request = self._children.pop(descriptor)
        _, status = os.waitpid(process, 0)
        os.close(descriptor)
        self._say({"id": request, "code": os.waitstatus_to_exitcode(status)})

    def _become(self, request: Mapping[str, Any], stderr: int, waits: selectors.BaseSelector) -> NoReturn:
        """This process is the worker from here on; it ends here whatever happens."""
        code = _BUG
        try:
            os.setsid()
            waits.close()
            for inherited in (self.channel.detach(), *self._children):
                os.close(inherited)
            os.dup2(stderr, 2)
            os.close(stderr)
            os.environ.update(request["environment"])
            _be_called(request["name"])
            self.wake()
            self.run(request["words"])
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else _BUG
        finally:
            with suppress(OSError, ValueError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)

    def _fit(self) -> bool:
        if alone():
            return True
        self._say({"unfit": "the libraries have started threads"})
        return False

    def _say(self, what: Mapping[str, object], descriptor: int | None = None) -> None:
        with suppress(OSError):  # the daemon is gone: the next look at the channel will say so
            line.say(self.channel, what, descriptor)


def settle_down() -> None:
    """What has been imported is no rubbish: neither this process nor a worker looks through it again."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    gc.collect()
    gc.freeze()


def _be_called(name: str) -> None:
    """The worker's name in lists of processes that show names (`ps -o comm`, top); the system keeps fifteen characters."""
    with suppress(OSError):
        Path("/proc/self/comm").write_text(name, encoding="utf-8")
