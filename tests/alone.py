"""Turns, where several workers run the tests: a test that measures time has the machine for itself, the others share it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def turn(*, alone: bool, gate: Path = Path(__file__), room: Path = Path(__file__).parent) -> Iterator[None]:
    """While this lasts, no turn `alone` of this checkout does, and where this one is alone, no other at all.

    Whoever comes passes the gate first, and who wants to be alone keeps it shut while waiting: shared turns that follow each other closely
    would otherwise never let it in. What is locked is there anyway (a file and a folder, which stay as they are), and the locks are the
    operating system's: a worker that dies leaves nothing behind."""
    with _locked(gate, fcntl.LOCK_EX) as passing, _locked(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH):
        if not alone:
            fcntl.flock(passing, fcntl.LOCK_UN)
        yield


@contextmanager
def _locked(path: Path, how: int) -> Iterator[int]:
    opened = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(opened, how)
        yield opened
    finally:
        fcntl.flock(opened, fcntl.LOCK_UN)  # a process that was forked meanwhile holds a copy of `opened`: closing ours would not do
        os.close(opened)
