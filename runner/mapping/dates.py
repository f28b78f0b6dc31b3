"""Reading dates: strptime formats as people know them, in the words of polars."""

from __future__ import annotations

import re
from functools import cache

import polars as pl

from runner.errors import InvalidFiles


def read_date(text: pl.Expr, form: str) -> pl.Expr:
    """`text` (String) as Date, null where it is no date in `form`; a time of day in it is read and dropped.

    Raises InvalidFiles for a format that gives a time in part, such as an hour without minutes, which polars cannot read.
    """
    return text.str.strptime(pl.Date, _in_polars_words(form), strict=False, cache=False)


@cache
def _in_polars_words(form: str) -> str:
    # Python's %f is a fraction of any length; polars takes %f for a count of nanoseconds
    words = re.sub(r"\.%f", "%.f", form).replace("%f", "%6f")
    try:
        pl.Series(["2000-01-01"]).str.strptime(pl.Date, words, strict=False)
    except pl.exceptions.ComputeError:
        raise InvalidFiles(
            f"the date format {form!r} gives a time in part",
            "write hours with minutes, %H:%M or %I:%M %p; or cut the time off with a `slice` step before the date",
        ) from None
    return words
