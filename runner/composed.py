"""The same letters in another form of Unicode: é is one character or a letter and an accent, and looks the same.

What came is kept as it came; only comparisons compose it first (Unicode form NFC), and only where it is not plain English.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import polars as pl


def compose(text: str) -> str:
    """The text with its accented letters in one character each, where there is one."""
    return unicodedata.normalize("NFC", text)


def composed(column: str) -> pl.Expr:
    """The column's texts, composed: for few rows."""
    return pl.col(column).str.normalize("NFC")


def comparable(value: pl.Expr, words: Iterable[str]) -> pl.Expr:
    """`value` as it is to be compared with `words` that were composed: composed too where a word asks for it, which costs something."""
    return value if all(word.isascii() for word in words) else value.str.normalize("NFC")


def as_written(frame: pl.DataFrame, given: str, other: str) -> pl.DataFrame:
    """The frame whose column `given` has the form of the column `other` wherever that is the same letters."""
    same = alike(frame[given], frame[other], frame[given].ne_missing(frame[other]))
    return frame.with_columns(pl.when(same).then(other).otherwise(given).alias(given)) if same.any() else frame


def beyond_ascii(texts: pl.Series) -> pl.Series:
    """Which texts have letters beyond plain English (Boolean; null is none, and so is a column of nothing else)."""
    texts = texts.cast(pl.String)
    return (texts.str.len_bytes() != texts.str.len_chars()).fill_null(False)


def alike(some: pl.Series, others: pl.Series, among: pl.Series) -> pl.Series:
    """Which of `some` that are `among` (Boolean) those to be compared are the same letters as their neighbour in `others` (Boolean, never
    null)."""
    at = (among & beyond_ascii(some)).arg_true()
    mine, theirs = (texts.gather(at).cast(pl.String).str.normalize("NFC") for texts in (some, others))
    same = (mine == theirs).fill_null(False)
    return pl.repeat(False, some.len(), dtype=pl.Boolean, eager=True).scatter(at.filter(same), True)
