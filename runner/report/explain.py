"""What a message code means and how to put it right, from the catalog of all codes."""

from __future__ import annotations

import polars as pl

from runner.messages import FILE_REFUSED, MESSAGES

_ALL = {**FILE_REFUSED, **MESSAGES}


def explained(code: str) -> tuple[str, str]:
    """When a code appears, and how to put it right; empty texts for a code that the catalog does not have."""
    entry = _ALL.get(code)
    return (entry.when, entry.fix) if entry else ("", "")


def put_right(messages: pl.DataFrame) -> pl.Series:
    """For each message the way to put it right, null where the catalog has none."""
    fixes = {code: entry.fix for code, entry in _ALL.items()}
    return messages["code"].replace_strict(fixes, default=None, return_dtype=pl.String)
