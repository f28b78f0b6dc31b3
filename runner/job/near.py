"""The nearest of some names: did you mean?"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher
from itertools import islice

_MOST = 1000  # names looked at; a hint is worth no more


def nearest(word: str, names: Iterable[str], *, limit: int = 3, least: float = 0.7) -> list[str]:
    """The names that look most like `word`, best first; letter case, hyphens and underscores aside."""
    wanted = _plain(word[:100])
    if not wanted:
        return []
    matcher = SequenceMatcher(None, b=wanted)  # it remembers its second text: the names are put in the place of the first
    scored = []
    for name in islice(names, _MOST):
        matcher.set_seq1(_plain(name))
        if matcher.real_quick_ratio() >= least and matcher.quick_ratio() >= least:
            scored.append((matcher.ratio(), name))
    close = sorted((pair for pair in scored if pair[0] >= least), key=lambda pair: (-pair[0], pair[1]))
    return [name for _, name in close[:limit]]


def did_you_mean(word: str, names: Iterable[str]) -> str | None:
    """`did you mean NAME?`, or None where nothing is near."""
    close = nearest(word, names, limit=1)
    return f"did you mean {close[0]}?" if close else None


def listed(names: Iterable[str], limit: int = 12) -> str:
    """`a, b or c`, cut after `limit` names."""
    all_names = list(names)
    shown = all_names[:limit]
    if len(all_names) > limit:
        return ", ".join(shown) + " and so on"
    return " or ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)


def _plain(name: str) -> str:
    return name.casefold().replace("_", "").replace("-", "").replace(" ", "")
