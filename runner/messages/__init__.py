"""The catalog of message codes: what each means and how to put it right. `runner explain CODE` and docs/messages.md are made from it.

A leaf: imports nothing of ours besides its own parts, and no polars. To add a code: an entry in the part that it belongs to.
"""

from __future__ import annotations

from difflib import get_close_matches

from runner.messages.circulation import CIRCULATION
from runner.messages.decisions import DECISIONS
from runner.messages.endings import ENDINGS
from runner.messages.explanation import Explanation, Severity
from runner.messages.files import FILE_NOTES, FILE_REFUSALS
from runner.messages.keys import KEYS
from runner.messages.sources import SOURCES
from runner.messages.store import STORE
from runner.messages.values import VALUES

__all__ = ["ENDED", "FILE_REFUSED", "MESSAGES", "Explanation", "Severity", "explain_code", "nearest", "severity_of"]

MESSAGES: dict[str, Explanation] = {entry.code: entry for entry in (*KEYS, *VALUES, *DECISIONS, *CIRCULATION, *FILE_NOTES)}
"""Messages about rows, patrons and the input as a whole: the codes of frames.MESSAGES."""

FILE_REFUSED: dict[str, Explanation] = {entry.code: entry for entry in (*FILE_REFUSALS, *SOURCES)}
"""Why an input file or its source was refused as a whole: the codes of errors.FileRefused and errors.SourceError."""


ENDED: dict[str, Explanation] = {entry.code: entry for entry in (*ENDINGS, *STORE)}
"""Why a command ended: the codes of all other runner.errors.RunnerError."""


def severity_of(code: str) -> Severity:
    """The severity of a message code. Raises KeyError for a code that is not in the catalog, for no message may go unexplained."""
    return MESSAGES[code].severity


def explain_code(code: str) -> str | None:
    """The long form of a code for `runner explain`, as plain text of several paragraphs; None for an unknown code."""
    entry = MESSAGES.get(code) or FILE_REFUSED.get(code) or ENDED.get(code)
    if entry is None:
        return None
    paragraphs = [
        f"{code} ({_kind(entry)})",
        entry.when,
        f"What the run did: {entry.effect}",
        f"How to put it right: {entry.fix}",
        entry.detail,
        f"Example: {entry.example}",
    ]
    return "\n\n".join(paragraphs)


def nearest(code: str, count: int = 3) -> list[str]:
    """The catalog's codes most like `code`, best first, for "did you mean"; empty when nothing is like it."""
    wanted = code.strip().lower().replace("_", "-").replace(" ", "-")
    return get_close_matches(wanted, [*MESSAGES, *FILE_REFUSED, *ENDED], n=count, cutoff=0.5)


def _kind(entry: Explanation) -> str:
    if entry.code in MESSAGES:
        return entry.severity
    return "file refused" if entry.code in FILE_REFUSED else "command ended"
