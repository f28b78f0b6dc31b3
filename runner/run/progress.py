"""How a long piece of work tells how far it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Stage(Protocol):
    """One stage under way; `advance` takes how many of its units are done in all, and the total where it is known by now."""

    def advance(self, done: int, total: int | None = None) -> None: ...


class Progress(Protocol):
    """Told of each stage as it begins and ends."""

    def stage(self, name: str, total: int | None = None) -> AbstractContextManager[Stage]: ...


class _Silent:
    def advance(self, done: int, total: int | None = None) -> None:
        """Says nothing."""


class NoProgress:
    """Progress that says nothing: for tests and for the daemon's children."""

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[Stage]:  # noqa: ARG002
        yield _Silent()
