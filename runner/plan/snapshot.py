"""The store as the planner sees it: the columns that one job needs, read once, one position per patron."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from runner.fields import STORED_FIELDS
from runner.plan.reader import Reader

_ALWAYS = ("id", "version", "district_id", "site", "barcode", "status", "status_cause", "status_before", "username_before")


def mapped_fields(frame: pl.DataFrame) -> list[str]:
    """The stored fields that the records `frame` (runner.mapping.records) bring."""
    return [name for name in STORED_FIELDS if name in frame.columns]


def asked_columns(fields: Sequence[str]) -> list[str]:
    """What a snapshot for a job that maps `fields` reads of each patron."""
    return list(dict.fromkeys((*_ALWAYS, *fields)))


def patron_key() -> pl.Expr:
    """A stored patron's key: the district id, or SITE/BARCODE where there is none."""
    return pl.coalesce("district_id", pl.concat_str("site", pl.lit("/"), pl.col("barcode").fill_null("")))


class Snapshot:
    """What the reader shows, kept in memory. `patrons` has one row per patron; a patron's position in it is called `at`."""

    def __init__(self, reader: Reader | Among, fields: Sequence[str]) -> None:
        self._reader = reader
        self._secondary: pl.DataFrame | None = None
        self.patrons = reader.patrons(asked_columns(fields))

    def column(self, name: str) -> pl.Series:
        """One column in the order of `patrons`; read now when it was not asked for at first."""
        if name not in self.patrons.columns:
            more = self._reader.patrons(["id", name])
            self.patrons = self.patrons.join(more, on="id", how="left", maintain_order="left")
        return self.patrons[name]

    def at(self, positions: pl.Series, names: Sequence[str]) -> pl.DataFrame:
        """The stored values `was:NAME` for each position (null position: nulls), in the order of `positions`."""
        return pl.DataFrame([self.column(name).gather(positions).alias(f"was:{name}") for name in names])

    def keys(self) -> pl.Series:
        """Each patron's key (`patron_key`)."""
        return self.patrons.select(patron=patron_key())["patron"]

    @property
    def secondary(self) -> pl.DataFrame:
        """All secondary associations with `at`, the position of their patron."""
        if self._secondary is None:
            stored = self._reader.associations()
            positions = self.patrons.select(patron_id="id", at=pl.int_range(pl.len(), dtype=pl.UInt32))
            self._secondary = stored.join(positions, on="patron_id", how="inner")
        return self._secondary


class Among:
    """A reader that shows some patrons as if there were no others; everything else is as the whole reader tells it."""

    def __init__(self, reader: Reader, ids: pl.Series) -> None:
        self._reader = reader
        self._ids = ids

    def patrons(self, columns: Sequence[str], ids: pl.Series | None = None) -> pl.DataFrame:
        """runner.plan.reader.Reader.patrons, of these alone."""
        some = self._ids if ids is None else ids.filter(ids.is_in(self._ids.implode()))
        return self._reader.patrons(columns, some)

    def associations(self) -> pl.DataFrame:
        """runner.plan.reader.Reader.associations, of these alone."""
        return self._reader.associations().filter(pl.col("patron_id").is_in(self._ids.implode()))
