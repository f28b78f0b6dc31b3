"""The shape of one entry of the catalog."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Severity = Literal["refused", "warning", "note"]
ONE_TRANSACTION = "All changes of a run are written in one transaction, so what could not be written whole was not written at all."


class Explanation(Struct, frozen=True):
    """What one code means, written for a school librarian.

    `when`: one sentence, when the message appears. `effect`: what the run did about it. `fix`: how to put it right.
    `detail`: the longer paragraph of `runner explain`. `example`: a row, a value or a setting with what comes of it.
    A code with severity "refused" about a row means one record; about a file, the whole file.
    """

    code: str
    severity: Severity
    when: str
    effect: str
    fix: str
    detail: str
    example: str


_NOTHING_CHANGED = "The command ended; nothing was changed."


def ended(code: str, when: str, fix: str, detail: str, example: str, effect: str = _NOTHING_CHANGED) -> Explanation:
    """Of an error that ends a command, or of a run that did not take place."""
    return Explanation(code, "refused", when, effect, fix, detail, example)
