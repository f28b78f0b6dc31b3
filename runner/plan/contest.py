"""Who loses a contest for unique keys, judged on the state after the whole plan. (docs/domain.md section 4.)

A *unit* is one record's change. It claims at most one new key; what it had before is free again only if it wins. So a key that somebody
holds is lost when the holder stays, or when the holder wants to leave and loses its own contest: that is a chain through units, and chains
may be as long as the file. They are followed by doubling the stride, so that a million units in one chain take twenty rounds.
"""

from __future__ import annotations

import polars as pl

from runner.frames import repeated

CLAIMS = pl.Schema({"unit": pl.UInt32, "key": pl.String, "label": pl.String})
HOLDERS = pl.Schema({"key": pl.String, "label": pl.String, "unit": pl.UInt32})
LOSERS = pl.Schema({"unit": pl.UInt32, "key": pl.String, "rival": pl.String})


def losers(claims: pl.DataFrame, holders: pl.DataFrame) -> pl.DataFrame:
    """The units that cannot have what they claim, with the patron in their way.

    `claims`: one row per unit, `unit`, `key`, `label` (whose). `holders`: who has a key before, `key`, `label`, `unit`: the unit that frees
    it by winning, null when it stays whatever happens; keys that are freed in any case are left out by the caller. Of several claims on one
    key all lose; a claim is counted as one although it loses elsewhere. Gives `unit`, `key`, `rival` (label), in no order.
    """
    if claims.is_empty():
        return pl.DataFrame(schema=LOSERS)
    crowded = repeated(claims["key"])
    in_the_way = holders.join(claims.select("key").unique() if crowded.any() else claims, on="key", how="semi")
    if in_the_way.is_empty() and not crowded.any():
        return pl.DataFrame(schema=LOSERS)
    asked = claims.with_columns(crowded=crowded).join(
        in_the_way.rename({"label": "holder", "unit": "leaves"}), on="key", how="left", maintain_order="left"
    )
    asked = asked.with_columns(lost=pl.col("crowded") | (pl.col("holder").is_not_null() & pl.col("leaves").is_null()))
    if not asked["lost"].any():
        return pl.DataFrame(schema=LOSERS)
    asked = asked.with_columns(lost=_spread(asked))
    return _with_rivals(asked)


def late_losers(claims: pl.DataFrame, holders: pl.DataFrame, late: pl.Series) -> pl.DataFrame:
    """The losers among the units `late`, which wait for a person's word while all others have what they claim.

    `claims` and `holders`: as `losers` takes them, of all units, less the claims that the others lost."""
    waits = pl.col("unit").is_in(late.implode())
    left = holders.filter(pl.col("unit").is_null() | waits)
    taken = claims.filter(~waits).select("key", "label", unit=pl.lit(None, dtype=pl.UInt32))
    return losers(claims.filter(waits).select(*CLAIMS), pl.concat([left.select(*HOLDERS), taken.select(*HOLDERS)]))


def _spread(asked: pl.DataFrame) -> pl.Series:
    """`lost`, spread to every unit whose key is held by a unit that loses."""
    rows = asked.select(leaves="unit", row=pl.int_range(pl.len(), dtype=pl.UInt32))
    following = asked.select("leaves").join(rows, on="leaves", how="left", maintain_order="left")["row"]
    lost = asked["lost"]
    for _ in range(asked.height.bit_length() + 1):
        if following.null_count() == len(following):
            break
        lost = lost | lost.gather(following).fill_null(False)
        following = following.gather(following)
    return lost


def _with_rivals(asked: pl.DataFrame) -> pl.DataFrame:
    """The losers with the one patron that each message names: the holder that stays, else the first other claimant."""
    lost = asked.filter("lost")
    fate = asked.select(leaves="unit", holder_lost="lost")
    lost = lost.join(fate, on="leaves", how="left", maintain_order="left")
    stays = pl.col("holder").is_not_null() & (pl.col("leaves").is_null() | pl.col("holder_lost").fill_null(False))
    first, last = pl.col("label").min().over("key"), pl.col("label").max().over("key")
    other = pl.when(pl.col("label") == first).then(last).otherwise(first)
    return lost.select("unit", "key", rival=pl.when(stays).then("holder").otherwise(other))
