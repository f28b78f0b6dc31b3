"""What one step of the planning leaves behind."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl
from msgspec import Struct

from runner.frames import Outcome, empty_messages

FATES = pl.Schema({"n": pl.UInt32(), "outcome": Outcome})
_NO_FATES = pl.DataFrame(schema=FATES)
_NO_MESSAGES = empty_messages()


class Judged(Struct, frozen=True):
    """`frame`: the records that go on, one row each. `fates`: `n`, `outcome` of those that do not. `messages`: frames.MESSAGES."""

    frame: pl.DataFrame
    fates: pl.DataFrame
    messages: pl.DataFrame


def fate(rows: pl.DataFrame, outcome: str) -> pl.DataFrame:
    """The same outcome for every record of `rows`."""
    if rows.is_empty():
        return _NO_FATES
    return rows.select("n", outcome=pl.lit(outcome, dtype=Outcome))


def joined_fates(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat([_NO_FATES, *(part for part in parts if part.height)])


def joined_messages(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat([_NO_MESSAGES, *(part for part in parts if part.height)])


def without(frame: pl.DataFrame, gone: pl.DataFrame) -> pl.DataFrame:
    """`frame` less the records (`n`) of `gone`, in its order."""
    return frame if gone.is_empty() else frame.filter(~pl.col("n").is_in(gone["n"].implode()))
