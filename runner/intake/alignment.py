"""Where the lines of one file stood in another: two nights' exports, which are nearly the same in nearly the same order."""

from __future__ import annotations

import polars as pl

_PROBES = 1_000
_ROUNDS = 8
_FEW = 0.02  # of the lines: so many are looked up one by one


def positions_among(lines: pl.Series, known: pl.Series) -> pl.Series:
    """The position (UInt32) of each of `lines` in `known`, null for one that is not there. Both are hashes (UInt64); those of `known`
    stand there once.

    Neighbours of one file are mostly neighbours in the other, so that a shift that fits one line is tried on all; only the rest is looked
    up in a table."""
    count = lines.len()
    found = pl.repeat(None, count, dtype=pl.UInt32, eager=True)
    if known.is_empty() or not count:
        return found
    # In one piece each: pieces that do not begin at the same places cost more than joining them.
    lines, known = lines.rechunk(), known.rechunk()
    found, left = _neighbours(lines, known, found)
    for _ in range(_ROUNDS):
        if left.len() <= _FEW * count:
            break
        shift = _shift(lines, known, left.head(_PROBES))
        if shift is None:
            break
        moved = left + shift
        inside = (moved >= 0) & (moved < known.len())
        same = inside & (lines.gather(left) == known.gather(moved.clip(0, known.len() - 1)))
        found = found.scatter(left.filter(same), moved.filter(same).cast(pl.UInt32))
        left = left.filter(~same)
    return _looked_up(found, left, lines, known)


def _neighbours(lines: pl.Series, known: pl.Series, nothing: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The positions under the one shift that fits the first lines, and the lines that it does not fit: slices, no looking up."""
    count = lines.len()
    every = pl.int_range(count, dtype=pl.Int64, eager=True)
    shift = _shift(lines, known, every.head(_PROBES))
    if shift is None:
        return nothing, every
    first, end = max(0, -shift), min(count, known.len() - shift)
    if first >= end:
        return nothing, every
    places = pl.int_range(first + shift, end + shift, dtype=pl.UInt32, eager=True)
    same = lines.slice(first, end - first) == known.slice(first + shift, end - first)
    inside = pl.select(pl.when(same).then(places)).to_series()
    found = pl.concat([nothing.slice(0, first), inside, nothing.slice(end)]).rechunk()
    return found, every.filter(found.is_null())


def _shift(lines: pl.Series, known: pl.Series, probes: pl.Series) -> int | None:
    """How far the first of `probes` that `known` has is from its place there."""
    asked = lines.gather(probes)
    there = known.is_in(asked.implode()).arg_true()
    if there.is_empty():
        return None
    place = int(there[0])
    at = (asked == known[place]).arg_true()[0]
    return place - int(probes[int(at)])


def _looked_up(found: pl.Series, left: pl.Series, lines: pl.Series, known: pl.Series) -> pl.Series:
    if left.is_empty():
        return found
    asked = pl.DataFrame({"hash": lines.gather(left), "line": left})
    there = known.is_in(asked["hash"].implode()).arg_true()
    places = pl.DataFrame({"hash": known.gather(there), "place": there}).join(asked, on="hash")
    return found.scatter(places["line"], places["place"].cast(pl.UInt32))
