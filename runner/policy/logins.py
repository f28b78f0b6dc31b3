"""What disabling a login makes of a username: the prefix once, cut to fit, unique in the district. (docs/domain.md section 6, step A2.)"""

from __future__ import annotations

import polars as pl

from runner.plan.usernames import DISABLED, disabled_name, username_key


def disabled_names(patrons: pl.DataFrame, taken: pl.Series) -> pl.DataFrame:
    """`row`, `username`, `username_key` of the patrons of `patrons` (`row` UInt32, `username`) that get another name.

    `taken` has the keys of everybody that begin with the prefix, those of `patrons` too: who has it already keeps its name, and so does
    whom a guard holds.
    Where the new name is taken, or two would be the same, a number is put at its end: the same patrons always get the same names,
    whatever their order."""
    asked = patrons.filter(pl.col("username").is_not_null() & ~pl.col("username").str.starts_with(DISABLED))
    wanted = asked.select("row", name="username", try_number=pl.lit(1, pl.UInt32)).sort("name", "row")
    given = pl.DataFrame(schema={"row": pl.UInt32, "username": pl.String, "username_key": pl.String})
    number = pl.when(pl.col("try_number") == 1).then(pl.lit("")).otherwise(pl.format("-{}", "try_number"))
    while wanted.height:
        tried = wanted.with_columns(username=disabled_name(pl.col("name"), number))
        tried = tried.with_columns(username_key(tried["username"]))
        free = ~tried["username_key"].is_in(taken.implode()) & ~tried["username_key"].is_in(given["username_key"].implode())
        won = free & tried["username_key"].is_first_distinct()
        given = pl.concat([given, tried.filter(won).select(given.columns)])
        wanted = tried.filter(~won).select("row", "name", pl.col("try_number") + 1)
    return given
