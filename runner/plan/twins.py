"""People who may be one: the same names and the same birth date. (docs/domain.md section 4, near-duplicates.)"""

from __future__ import annotations

import polars as pl

from runner.composed import beyond_ascii

_NAMES = ("last_name", "first_name")
TWIN = (*_NAMES, "birth_date")


def twins_of(people: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """Each of `people` beside each of the `stored` patrons with the same TWIN: the columns of both. Whoever lacks one of these has no twin;
    letters count whatever their form."""
    found = _pairs(people, stored)
    foreign = people.filter(pl.any_horizontal(beyond_ascii(people[name]) for name in _NAMES))
    if foreign.is_empty():
        return found
    born = stored.join(foreign, on="birth_date", how="semi")
    return pl.concat([found, _pairs(_composed(foreign), _composed(born))]).unique(maintain_order=True)


def _pairs(people: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    return people.join(stored.join(people, on=TWIN, how="semi"), on=TWIN)


def _composed(people: pl.DataFrame) -> pl.DataFrame:
    return people.with_columns(pl.col(name).cast(pl.String).str.normalize("NFC") for name in _NAMES)
