"""SIGTERM and Ctrl-C: the open transaction rolls back, the process ends within 5 s (docs/interface.md section 4).

The first signal raises in the main thread, so that every `with` block and transaction on the way unwinds. Python can only do that
between two of its own steps: a library that computes for long would hold it up. A thread that the signal also wakes ends the process then;
the store rolls back an open transaction by itself at its next opening, and a commit is whole or not at all.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

from runner.stopping import stop

_PATIENCE = 4.0  # seconds
_WORDS = 0.3  # seconds, to say it in


def end_on_signals(last_words: Callable[[int], object]) -> None:
    """From now on SIGTERM ends the process with 143 and Ctrl-C with 130, once; further signals do not disturb the rollback. `last_words`
    is called with the exit code where the process has to be ended from outside of the main thread."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    signal.signal(signal.SIGTERM, _terminate)
    signal.signal(signal.SIGINT, _interrupt)
    threading.Thread(target=_end_at_last, args=(reading, last_words), daemon=True, name="signals").start()


def _terminate(_number: int, _frame: FrameType | None) -> None:
    _ignore_further()
    stop(SystemExit(143))


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    _ignore_further()
    stop(KeyboardInterrupt())


def _ignore_further() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


def _end_at_last(reading: int, last_words: Callable[[int], object]) -> None:
    while True:
        number = os.read(reading, 1)
        if number in (bytes([signal.SIGTERM]), bytes([signal.SIGINT])):
            time.sleep(_PATIENCE)
            code = 143 if number == bytes([signal.SIGTERM]) else 130
            # In a thread that is not waited for long: the main thread may be writing to a reader that does not read.
            speaking = threading.Thread(target=last_words, args=(code,), daemon=True)
            speaking.start()
            speaking.join(_WORDS)
            os._exit(code)
