"""A signal ends a run at once, until its last row is being written: from then on what belongs to it is finished first.

A run that has committed and then lost its report would be found done by nobody who looks. One run goes on in a process at a time.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import Struct


class _Run(Struct):
    under_way: bool = False
    finishing: bool = False
    finished: bool = False
    asked: BaseException | None = None


_now = _Run()


def stop(reason: BaseException) -> None:
    """Raises `reason` now, or at the end of what is being finished. For a signal's handler: in the main thread."""
    if not _now.finishing:
        raise _late(reason) if _now.finished else reason
    _now.asked = reason


def finish_first() -> None:
    """From here on to the end of the `stoppable` block a signal waits."""
    _now.finishing = _now.under_way
    if _now.finishing and threading.current_thread() is threading.main_thread():
        # A library may have put a handler of its own before Python's, and would end what is finished here: this takes it away.
        signal.signal(signal.SIGINT, signal.getsignal(signal.SIGINT) or signal.default_int_handler)


def is_finishing() -> bool:
    """Whether a run is writing its last row, or what comes after it."""
    return _now.finishing


@contextmanager
def stoppable() -> Iterator[None]:
    """A block that a signal ends, or the end of which it waits for; `came_too_late` tells which, and of signals after the block as well."""
    _now.under_way, _now.finished = True, False
    try:
        yield
    finally:
        asked, _now.finished = _now.asked, _now.finishing
        _now.under_way, _now.finishing, _now.asked = False, False, None
    if asked is not None:
        raise _late(asked)


def _late(reason: BaseException) -> BaseException:
    reason.after_commit = True  # type: ignore[attr-defined]
    return reason


def came_too_late(reason: BaseException | None) -> bool:
    """Whether a run was finished before the signal ended the process."""
    return getattr(reason, "after_commit", False) is True
