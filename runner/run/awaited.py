"""A reader that is busy in another thread: whoever wants something else of it waits until that is done."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any, cast

import polars as pl

from runner.plan.narrow import Finder


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
