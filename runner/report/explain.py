"""What a message code means and how to put it right, from the catalog of all codes."""

from __future__ import annotations

import polars as pl

_KNOWN: dict[str, tuple[str, str]] = {}


def explained(code: str) -> tuple[str, str]:
    """(meaning, the way to put it right)."""
    return _KNOWN.get(code, ("", ""))


def put_right(messages: pl.DataFrame) -> pl.Series:
    """For each message the way to put it right."""
    return messages["code"].replace_strict({}, default=None, return_dtype=pl.String)
