"""Rules of patterns: they must compile in the engine that runs them (linear time, no look-around), and their groups must exist."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runner.job.document import Document, Keys, dotted

_GROUP = re.compile(r"\$\$|\$\{(\w+)\}|\$([0-9]+)|\$([A-Za-z_]\w*)")
# A capturing group: an opening bracket, not escaped and not in a class, that is followed by no ? or by a name.
_OPENING = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?!\?)|\(\?P?<(\w+)>", re.DOTALL)


def check_patterns(document: Document) -> None:
    """Notes patterns that do not compile. Loads polars, and only when there is a pattern."""
    for at, pattern in list(_patterns(document)):
        if not _compiles(pattern):
            hint = "Rust's regular expressions: no look-around (?=..), no back-references; put it in single quotes"
            document.problem("pattern-invalid", f"`{dotted(at)}` is not a pattern that can be used", hint, at=at)
        elif at[-1] == "find":
            _check_groups(document, (*at[:-1], "replace"), pattern)


def _patterns(document: Document) -> Iterator[tuple[Keys, str]]:
    for at, text in document.texts():
        is_find = len(at) > 2 and at[-2:] == ("regex", "find") and at[0] == "properties"
        if is_find or (at[-1] == "matches" and at[0] == "properties" and "map" not in at):
            yield at, text


def _compiles(pattern: str) -> bool:
    import polars as pl

    try:
        pl.Series([""]).str.contains(pattern)
    except pl.exceptions.PolarsError:
        return False
    return True


def _check_groups(document: Document, at: Keys, pattern: str) -> None:
    names = [found.group(1) for found in _OPENING.finditer(pattern) if found.group().startswith("(")]
    known = {str(number) for number in range(len(names) + 1)} | {name for name in names if name}
    for found in _GROUP.finditer(document.text(*at) or ""):
        wanted = next((name for name in found.groups() if name), None)
        if wanted is not None and wanted not in known:
            text = f"`{dotted(at)}` asks for group {wanted}, and the pattern has {len(names) or 'none'}"
            document.problem(
                "pattern-group-unknown", text, "groups are the parts in (brackets), counted from 1; a dollar sign is $$", at=at
            )
