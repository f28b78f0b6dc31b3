"""One story told to two workspaces, with every fast path on and with none: the first deed after which the two differ."""

from __future__ import annotations

import difflib
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from tests.stories.facts import Deed, Story, Variable, Wait, Write
from tests.stories.sameness import READ_IN_FULL, Facts
from tests.stories.workspace import Workspace

_SHOWN = 12  # lines of each part that differs
_HARMLESS = (Wait, Write, Variable)  # these do nothing to a store


@dataclass(frozen=True)
class Difference:
    """`at`: which deed; `parts`: what differs after it, name by name, with the lines that `off` (-) or `on` (+) alone has."""

    at: int
    deed: Deed
    parts: dict[str, list[str]]

    def __str__(self) -> str:
        told = [f"after deed {self.at}, {str(self.deed)[:200]}:"]
        for name, lines in self.parts.items():
            told += [f"  {name}", *(f"    {line[:400]}" for line in lines[:_SHOWN])]
        return "\n".join(told)


def difference(story: Story, folder: Path, addresses: tuple[str, str] | None = None, met: Counter[str] | None = None) -> Difference | None:
    """The first difference of two tellings in an empty `folder`; None where there is none. `addresses`: of two empty PostgreSQL stores;
    `met` counts what the fast telling came across."""
    slow = Workspace(folder / "slow", "off", story, addresses[0] if addresses else None)
    fast = Workspace(folder / "fast", "on", story, addresses[1] if addresses else None)
    return told_to_both(slow, fast, story, met)


def told_to_both(one: Workspace, other: Workspace, story: Story, met: Counter[str] | None = None) -> Difference | None:
    """The first difference of two workspaces that are told a story deed by deed. Closes both."""
    try:
        for at, deed in enumerate(story.deeds):
            answers = one.do(deed), other.do(deed)
            if met is not None:
                met[" ".join([type(deed).__name__, *answers[1].get("exit code", ())])] += 1
            if parts := _parts(*answers) | ({} if isinstance(deed, _HARMLESS) else _parts(one.holds(), other.holds())):
                return Difference(at, deed, parts)
        if met is not None:
            met.update(reason for reasons in other.in_full.values() for reason in reasons)
        return None
    finally:
        one.close()
        other.close()


def _parts(one: Facts, other: Facts) -> dict[str, list[str]]:
    """What differs."""
    found = {}
    for name in sorted({*one, *other}):
        mine, theirs = one.get(name, ["(nothing)"]), other.get(name, ["(nothing)"])
        if mine != theirs and [READ_IN_FULL] not in (mine, theirs):
            lines = islice(difflib.unified_diff(mine, theirs, lineterm="", n=0), 2, None)
            found[name] = [line for line in lines if not line.startswith("@@")]
    return found
