"""A value that never prints itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret by reference (`reference` is the text in the file, such as `${env:NAME}`); `reveal()` reads it at the moment of use.

    Prints as `***`. `reveal` raises RunnerError with the reference, never the value, when it cannot be read."""

    reference: str
    reveal: Callable[[], str] = field(repr=False, compare=False)

    def __str__(self) -> str:
        return "***"

    def __repr__(self) -> str:
        return "Secret(***)"
