"""A reader that is busy in another thread: whoever wants something else of it waits until that is done."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, cast

import polars as pl

from runner.plan.narrow import Finder


@contextmanager
def beside(threads: int) -> Iterator[Executor]:
    """Threads that have ended when the block has, whatever ends it: a connection must not be closed while one of them reads. A signal may
    come while they are waited for; it comes once (docs/decisions/0700-one-error-boundary-and-one-signal-thread.md)."""
    pool = ThreadPoolExecutor(threads)
    try:
        yield pool
    finally:
        try:
            pool.shutdown()
        except BaseException:
            pool.shutdown()
            raise


def awaited(reader: Finder, first: Future[pl.DataFrame]) -> Finder:
    """`reader`, of which `first` is being asked. Its methods raise what that raises."""
    return cast(Finder, _Awaited(reader, first))


class _Awaited:
    def __init__(self, reader: Finder, first: Future[pl.DataFrame]) -> None:
        self._reader = reader
        self._first = first

    def __getattr__(self, name: str) -> Any:
        self._first.result()
        return getattr(self._reader, name)
