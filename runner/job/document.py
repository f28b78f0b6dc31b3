"""A YAML file as data that remembers where each key and value stands, and collects what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct, field

from runner.problems import Place, Problem

Keys = tuple[str | int, ...]
MAX_PROBLEMS = 100  # a file with more is read again once these are put right


class Document(Struct):
    """One file: its data (text, int, Decimal, bool, None, list, dict), the place of every key and value, and its problems.

    `unknown` holds the paths of values that cannot be used (an alias, a missing variable, a wrong type): nothing more is said of
    those. `usable` says whether the file gave a mapping; `data` is {} where it did not.
    """

    path: Path
    raw: bytes = b""
    data: dict[str, Any] = field(default_factory=dict)
    keys: dict[Keys, Place] = field(default_factory=dict)
    values: dict[Keys, Place] = field(default_factory=dict)
    unknown: set[Keys] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    usable: bool = False

    def problem(
        self,
        code: str,
        text: str,
        hint: str | None = None,
        *,
        at: Keys = (),
        on: Literal["key", "value"] = "value",
        severity: Literal["error", "warning"] = "error",
    ) -> None:
        """Notes a problem of the key or value at the path `at`; silent below a value that is unknown or was reported already."""
        if any(at[:depth] in self.unknown for depth in range(1, len(at) + 1)):
            return
        self.note(Problem(self.path, self.place(at, on), code, text, hint, dotted(at) or None, severity))

    def unusable(self, at: Keys) -> None:
        """Marks a value of which a problem was told: it reads as None from here on, and nothing more is said of it."""
        if at:
            self.unknown.add(at)

    def note(self, problem: Problem) -> None:
        """Adds a problem unless the same code was noted for the same key and place, or the file has MAX_PROBLEMS already."""
        if not self.full and all((p.code, p.place, p.key) != (problem.code, problem.place, problem.key) for p in self.problems):
            self.problems.append(problem)

    @property
    def full(self) -> bool:
        """Whether so many problems were noted that no more are looked for."""
        return len(self.problems) >= MAX_PROBLEMS

    def place(self, at: Keys, on: Literal["key", "value"] = "value") -> Place | None:
        """Where the key or value stands; the nearest parent's place where it has none."""
        first, second = (self.keys, self.values) if on == "key" else (self.values, self.keys)
        for depth in range(len(at), -1, -1):
            found = first.get(at[:depth]) or second.get(at[:depth])
            if found is not None:
                return found
        return None

    def get(self, *at: str | int) -> Any:
        """The value at a path, or None where any part of it is missing or unknown."""
        value: Any = self.data
        for depth, part in enumerate(at, start=1):
            if at[:depth] in self.unknown:
                return None
            if isinstance(value, dict) and isinstance(part, str):
                value = value.get(part)
            elif isinstance(value, list) and isinstance(part, int) and part < len(value):
                value = value[part]
            else:
                return None
        return value

    def mapping(self, *at: str | int) -> dict[str, Any]:
        """The mapping at a path, {} where there is none."""
        value = self.get(*at)
        return value if isinstance(value, dict) else {}

    def items(self, *at: str | int) -> list[Any]:
        """The list at a path, [] where there is none."""
        value = self.get(*at)
        return value if isinstance(value, list) else []

    def text(self, *at: str | int) -> str | None:
        """The text at a path, None where there is none."""
        value = self.get(*at)
        return value if isinstance(value, str) else None

    def texts(self) -> Iterator[tuple[Keys, str]]:
        """Every text value with its path."""
        stack: list[tuple[Keys, Any]] = [((), self.data)]
        while stack:
            at, value = stack.pop()
            if isinstance(value, str):
                yield at, value
            elif isinstance(value, dict):
                stack.extend(((*at, key), below) for key, below in value.items())
            elif isinstance(value, list):
                stack.extend(((*at, index), below) for index, below in enumerate(value))

    def has_errors(self) -> bool:
        """Whether any problem is an error and not a warning."""
        return any(problem.severity == "error" for problem in self.problems)


def dotted(at: Keys) -> str:
    """A path as people write it: `removal.delete.inactive`, `sites[2].name`."""
    made = ""
    for part in at:
        made += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if made else part
    return made
