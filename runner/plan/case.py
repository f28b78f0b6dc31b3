"""What stays the same while one plan is made."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import polars as pl
from msgspec import Struct

from runner.fields import FIELDS, STORED_FIELDS
from runner.frames import empty_messages, messages_from
from runner.job.model import District, FieldMap, Job, PatronProperties, Site
from runner.mapping.columns import column_label
from runner.mapping.records import Records
from runner.plan.reader import Reader
from runner.plan.snapshot import Snapshot

PasswordMac = Callable[[pl.Series], pl.Series]
RecordMac = Callable[[pl.DataFrame], pl.Series]

SITE_DEFAULTS = ("patron_type", "access_level", "resource_group")
AUTOASSIGN = "autoassign"
KEPT_WHEN_BLANK = ("last_name", "barcode", "status")
NO_MESSAGES = empty_messages()


class Case(Struct, frozen=True):
    """One job, its records and the store. A record is named by `n`, its position in `frame`; a patron by `at`, its position in the
    snapshot. `macs`: `n`, `mac` of the records with a password. `kept`: `n`, `guard` of the records that are held: they are planned,
    but judged as records that keep what their patron had. `record_mac`: the keyed fingerprints of records. `circulation_good`: whether the
    tables that say who has transactions can be trusted."""

    job: Job
    properties: PatronProperties
    records: Records
    reader: Reader
    snapshot: Snapshot
    now: datetime
    macs: pl.DataFrame
    kept: pl.DataFrame
    record_mac: RecordMac | None = None
    circulation_good: bool = True

    @property
    def frame(self) -> pl.DataFrame:
        """The records (runner.mapping.records)."""
        return self.records.frame

    @property
    def district(self) -> District:
        return self.job.district

    @property
    def by_district_id(self) -> bool:
        return self.properties.match_by == "district_id"

    @property
    def mapped(self) -> tuple[str, ...]:
        """The stored fields that the mapping names, in the fields' own order."""
        return tuple(name for name in STORED_FIELDS if name in self.frame.columns)

    @property
    def maps(self) -> dict[str, FieldMap]:
        return {field.target: field for field in self.properties.fields}

    def label(self, field: str) -> str | None:
        """The source column to point at in a message about `field`."""
        field_map = self.maps.get(field)
        return column_label(field_map) if field_map else None

    def writes(self, field: str) -> str:
        """The ownership of `field`; fields that the mapping does not name are never written."""
        field_map = self.maps.get(field)
        return field_map.write if field_map else "never"

    def tell(
        self, rows: pl.DataFrame, code: str, severity: str, text: pl.Expr | str, *, field: str | None = None, value: pl.Expr | None = None
    ) -> pl.DataFrame:
        """One message per row of `rows` (`line`, `patron`), pointing at the source column of `field`; a secret's value is masked."""
        if rows.is_empty():
            return NO_MESSAGES
        if value is not None and field in FIELDS and FIELDS[field].kind == "secret":
            value = pl.when(value.is_not_null()).then(pl.lit("***"))
        column = self.label(field) if field else None
        return messages_from(rows, code, severity, text, field=field, column=column, value=value, patron=pl.col("patron"))

    def tell_long_barcodes(self, rows: pl.DataFrame, code: str, severity: str, text: str) -> pl.DataFrame:
        """As `tell`, of barcodes that are too long: the mapping has made them null, and kept what they were for the message alone."""
        told = rows if rows.is_empty() else rows.join(self.records.long_barcodes, on="line", how="left", maintain_order="left")
        return self.tell(told, code, severity, text, field="barcode", value=pl.col("value"))

    def site_default(self, field: str, site: pl.Expr) -> pl.Expr:
        """The site's default for one of SITE_DEFAULTS; null where the site has none."""
        defaults = {each.short_name: _default(each, field) for each in self.district.sites if _default(each, field)}
        if not defaults:
            return pl.lit(None, dtype=pl.String)
        return site.replace_strict(defaults, default=None, return_dtype=pl.String)

    def is_media(self, site: pl.Expr) -> pl.Expr:
        """Whether a site is a media site. A site that district.yaml does not know is none."""
        return site.is_in([each.short_name for each in self.district.sites if each.kind == "media"]).fill_null(False)


def _default(site: Site, field: str) -> str | None:
    given: str | None = getattr(site, f"default_{field}")
    return given or None
