"""docs/messages.md from the catalog of message codes."""

from __future__ import annotations

from collections.abc import Iterable

from runner.messages import ENDED, FILE_REFUSED, MESSAGES, Explanation

HEAD = """# Messages

Generated from `runner/messages` by `make docs`; edit the catalog, not this page. `runner explain CODE` prints the same in a terminal.

Each message carries its code, the file's line, the patron's key, the field, the value (hidden where it is sensitive) and what was done.
*Refused* means that this one record was not applied and is tried again in every run until it is put right; *warning* means that it was
applied with a change worth knowing; *note* is for information.
"""
ORDER = {"refused": 0, "warning": 1, "note": 2}


def page() -> str:
    """The whole page as Markdown."""
    rows = sorted(MESSAGES.values(), key=lambda entry: (ORDER[entry.severity], entry.code))
    index = "\n".join(f"| [{entry.code}](#{entry.code}) | {entry.severity} | {entry.when} |" for entry in rows)
    return "\n".join(
        [
            HEAD,
            "## Overview\n\n| code | severity | when |\n|---|---|---|",
            index,
            "\n## About rows and patrons\n",
            *_entries(rows),
            "## Why a whole file is refused\n",
            *_entries(FILE_REFUSED.values()),
            "## Why a command ends\n",
            *_entries(ENDED.values()),
        ]
    )


def _entries(entries: Iterable[Explanation]) -> list[str]:
    return [
        f"### {entry.code}\n\n{entry.when}\n\n{entry.detail}\n\n"
        f"* What the run did: {entry.effect}\n* How to put it right: {entry.fix}\n* Example: {entry.example}\n"
        for entry in entries
    ]
