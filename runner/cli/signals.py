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
from types import FrameType

_PATIENCE = 4.0  # seconds


def end_on_signals() -> None:
    """From now on SIGTERM ends the process with 143 and Ctrl-C with 130, once; further signals do not disturb the rollback."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    signal.signal(signal.SIGTERM, _terminate)
    signal.signal(signal.SIGINT, _interrupt)
    threading.Thread(target=_end_at_last, args=(reading,), daemon=True, name="signals").start()


def _terminate(_number: int, _frame: FrameType | None) -> None:
    _ignore_further()
    raise SystemExit(143)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    _ignore_further()
    raise KeyboardInterrupt


def _ignore_further() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


def _end_at_last(reading: int) -> None:
    while True:
        number = os.read(reading, 1)
        if number in (bytes([signal.SIGTERM]), bytes([signal.SIGINT])):
            time.sleep(_PATIENCE)
            os._exit(143 if number == bytes([signal.SIGTERM]) else 130)
