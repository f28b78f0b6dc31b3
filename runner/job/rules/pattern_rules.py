"""Rules of patterns: they must compile in the engine that runs them (linear time, no look-around), and their groups must exist."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runner.job.document import Document, Keys, dotted

_GROUP = re.compile(r"\$\$|\$\{(\w+)\}|\$([0-9]+)|\$([A-Za-z_]\w*)")
# How other programs write a group.
_BACKSLASH = re.compile(r"\\(?:([0-9])|g<(\w+)>)")
# What the engine says of a pattern, below a picture of it.
_WHY = re.compile(r"^error: (.{1,150})", re.MULTILINE)
# A capturing group: an opening bracket, not escaped and not in a class, that is followed by no ? or by a name.
_OPENING = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?!\?)|\(\?P?<(\w+)>", re.DOTALL)


def check_patterns(document: Document) -> None:
    """Notes patterns that do not compile. Loads polars, and only when there is a pattern."""
    for at, pattern in list(_patterns(document)):
        fault = _fault_of(pattern)
        if fault is not None:
            hint = "Rust's regular expressions: no look-around (?=..), no back-references; put it in single quotes"
            document.problem("pattern-invalid", f"`{dotted(at)}` is not a pattern that can be used{fault}", hint, at=at)
        elif at[-1] == "find":
            _check_groups(document, (*at[:-1], "replace"), pattern)


def _patterns(document: Document) -> Iterator[tuple[Keys, str]]:
    for at, text in document.texts():
        is_find = len(at) > 2 and at[-2:] == ("regex", "find") and at[0] == "properties"
        if is_find or (at[-1] == "matches" and at[0] == "properties" and "map" not in at):
            yield at, text


def _fault_of(pattern: str) -> str | None:
    """What the engine has against the pattern, as the end of a sentence ("" where it does not say); None where it compiles."""
    import polars as pl

    try:
        pl.Series([""]).str.contains(pattern)
    except pl.exceptions.PolarsError as error:
        why = _WHY.search(str(error))
        return f": {why[1]}" if why is not None else ""
    return None


def _check_groups(document: Document, at: Keys, pattern: str) -> None:
    names = [found.group(1) for found in _OPENING.finditer(pattern) if found.group().startswith("(")]
    known = {str(number) for number in range(len(names) + 1)} | {name for name in names if name}
    replacement = document.text(*at) or ""
    for found in _BACKSLASH.finditer(replacement):
        text = f"`{dotted(at)}` has {found.group()}, which would be written as it stands"
        document.problem("pattern-group-unknown", text, f"a group is written ${{{found[1] or found[2]}}}", at=at)
    for found in _GROUP.finditer(replacement):
        wanted = next((name for name in found.groups() if name), None)
        if wanted is not None and wanted not in known:
            text = f"`{dotted(at)}` asks for group {wanted}, and the pattern has {len(names) or 'none'}"
            document.problem(
                "pattern-group-unknown", text, "groups are the parts in (brackets), counted from 1; a dollar sign is $$", at=at
            )
