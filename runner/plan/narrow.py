"""The few patrons that some records can have to do with, of a large store: whom they match, and who holds a key that they may claim.

A plan of these records over these patrons is the plan over the whole store: nobody else is matched, nobody else's barcode or username
is asked for, and nobody else looks like one of the new ones. (docs/decisions/0505-lines-that-are-known.md.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import polars as pl

from runner.fields import STORED_FIELDS
from runner.job.model import Job, PatronProperties
from runner.mapping.records import Records
from runner.plan.case import AUTOASSIGN
from runner.plan.match import filled
from runner.plan.reader import Reader
from runner.plan.snapshot import asked_columns, mapped_fields
from runner.plan.twins import TWIN, twins_of
from runner.plan.usernames import username_key

_KEYS = ("username_key", "username_before")


class Finder(Reader, Protocol):
    """A reader that also finds patrons by their keys, without showing everybody."""

    def population(self) -> int:
        """How many patrons there are at most; 0 only where there is nobody. Asked without a look at each."""

    def baseline_has_lines(self, job: str) -> bool:
        """Whether the job's baseline surely has the row hash of every line that `lines_note` remembers. No is no more than a doubt."""

    def offer_baseline(self, job: str, row_hashes: pl.Series) -> None:
        """Row hashes (UInt64, in any order) that may be all of the job's baseline: where they are, it need not be read."""

    def holders(self, column: Literal["district_id", "username_key"], keys: pl.Series) -> pl.Series:
        """Int64 ids of the patrons whose `column` is one of `keys` (String)."""

    def standing_at(self, places: pl.DataFrame) -> pl.Series:
        """Int64 ids of the patrons who have one of `places` (`site`, `barcode` String), by their primary association or another."""


def concerned(frame: pl.DataFrame, reader: Finder, *, by_district_id: bool) -> pl.Series:
    """Ids (Int64, ascending, each once) of at least everybody whom a plan of the records `frame` (runner.mapping.records) looks at."""
    own = frame.select(*(filled(frame, name).alias(name) for name in ("district_id", "site", "barcode", "username", *TWIN)))
    named = reader.holders("district_id", own["district_id"].drop_nulls().unique())
    # All that the plan asks of them is read at once: finding their rows costs more than what stands in them.
    known = reader.patrons(concerned_columns(mapped_fields(frame)), named)
    asked = own.select("site", "barcode")
    if by_district_id:
        new = own.join(known, on="district_id", how="anti")
        placed = _standing(pl.concat([asked, *_after_moves(own, known)]), known, reader)
        found = [named, placed, _logins(own, known, reader), _twins(new, reader)]
    else:
        placed = _standing(asked, known, reader)
        holding = reader.patrons(["id", "username_key", "username_before"], placed)
        found = [named, placed, _logins(own, holding, reader), _twins(own, reader)]
    return pl.concat([ids.cast(pl.Int64).rename("id") for ids in found]).unique().sort()


def concerned_columns(fields: Sequence[str]) -> list[str]:
    """What is read of each patron whom records that bring `fields` name."""
    return asked_columns([*(name for name in STORED_FIELDS if name in fields), *_KEYS])


def _standing(places: pl.DataFrame, known: pl.DataFrame, reader: Finder) -> pl.Series:
    """Who has one of `places` (`site`, `barcode`). What `known` patrons have need not be looked up: nobody else has it."""
    asked = places.drop_nulls().unique()
    held = known.join(asked, on=["site", "barcode"], how="semi")
    others = asked.join(held, on=["site", "barcode"], how="anti")
    return pl.concat([held["id"], reader.standing_at(others)]) if others.height else held["id"]


def narrow(job: Job, records: Records) -> bool:
    """Whether a plan may look at `concerned` patrons alone: whoever hands out barcodes looks at all that a site has."""
    assert isinstance(job.properties, PatronProperties)
    frame = records.frame
    asked = "barcode" in frame.columns and bool((frame["barcode"] == AUTOASSIGN).any())
    return not asked and job.properties.on_barcode_conflict != "autoassign"


def _after_moves(own: pl.DataFrame, known: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The places where matched patrons could stand after a move or with another barcode: what the record leaves out is the patron's."""
    both = own.select("district_id", "site", "barcode").join(
        known.select("district_id", was_site="site", was_barcode="barcode"), on="district_id"
    )
    return both.select("site", barcode="was_barcode"), both.select(site="was_site", barcode="barcode")


def _logins(own: pl.DataFrame, known: pl.DataFrame, reader: Finder) -> pl.Series:
    """Holders of the login names that are asked for, or that come back with a patron whom the policy had inactivated."""
    names = pl.concat([own["username"].rename("name"), known["username_before"].rename("name")]).drop_nulls()
    asked = username_key(names).drop_nulls().unique()
    others = asked.filter(~asked.is_in(known["username_key"].implode()))
    return reader.holders("username_key", others) if others.len() else pl.Series("id", [], dtype=pl.Int64)


def _twins(new: pl.DataFrame, reader: Finder) -> pl.Series:
    """Patrons with the names and birth date of a record that may be new."""
    people = new.select(TWIN).drop_nulls()
    if people.is_empty():
        return pl.Series("id", [], dtype=pl.Int64)
    return twins_of(people, reader.patrons(["id", *TWIN]))["id"]
