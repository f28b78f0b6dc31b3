"""Districts, jobs and records made by hand for tests of the planner."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from runner.fields import STORED_FIELDS
from runner.frames import empty_messages
from runner.job.model import (
    Column,
    Directory,
    District,
    FieldMap,
    Format,
    Guards,
    Job,
    Notify,
    Options,
    PatronProperties,
    PatronType,
    Site,
    Source,
)
from runner.mapping.records import Records

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
SITES = (
    Site("NORTH", "North High", default_patron_type="Student", default_access_level="Patron"),
    Site("SOUTH", "South High", default_patron_type="Student", default_access_level="Patron", default_resource_group="Shelf B"),
    Site("EAST", "East Middle", default_patron_type="Student", default_access_level="Patron"),
    Site("MEDIA", "Media Centre", kind="media", default_patron_type="Staff", default_access_level="Patron"),
    Site("FILM", "Film Archive", kind="media", default_patron_type="Staff", default_access_level="Patron"),
)


def district(**changes: Any) -> District:
    """Springfield: three schools and two media sites."""
    values: dict[str, Any] = {
        "key": "springfield",
        "path": Path("jobs/springfield/district.yaml"),
        "sha256": "0" * 64,
        "name": "Springfield USD",
        "time_zone": ZoneInfo("America/Chicago"),
        "store": "sqlite",
        "statistical_year_starts_in": 8,
        "graduating_grades": ("12",),
        "require_district_id": False,
        "sites": SITES,
        "patron_types": (PatronType("Student", "student"), PatronType("Staff", "staff")),
        "access_levels": ("Patron", "Library Assistant"),
        "guards": Guards(),
        "circulation": {},
        "circulation_max_age": timedelta(days=2),
        "history_days": 90,
        "approvals_expire": timedelta(days=7),
        "show_values": True,
        "notify": Notify(),
    }
    return District(**{**values, **changes})


def job(
    fields: Sequence[str],
    *,
    match_by: str = "district_id",
    write: Mapping[str, str] | None = None,
    in_district: District | None = None,
    options: Options | None = None,
    guards: Guards | None = None,
    removal: Any = None,
    fields_besides: Sequence[FieldMap] = (),
    **properties: Any,
) -> Job:
    """A patrons job that maps `fields`, each from a column of its own name, and `fields_besides`."""
    owners = write or {}
    maps = tuple(FieldMap(name, Column(name), write=owners.get(name, "always")) for name in fields)  # type: ignore[arg-type]
    return Job(
        key="springfield/students",
        path=Path("jobs/springfield/students.yaml"),
        sha256="1" * 64,
        name="students",
        kind="patrons",
        description="",
        enabled=True,
        district=in_district or district(),
        source=Source(Directory(Path("/exports")), "students.csv", None, 50.0, 0, Format()),
        properties=PatronProperties(match_by=match_by, fields=(*maps, *fields_besides), **properties),  # type: ignore[arg-type]
        schedule=None,
        options=options or Options(),
        removal=removal,
        guards=guards or Guards(),
    )


def records(rows: Sequence[Mapping[str, Any]], fields: Sequence[str], *, fingerprint: str = "mapping 1") -> Records:
    """Records as the mapping would give them. Each row has the fields' values (None absent, "" blank), and if need be `line`, `refusal`,
    `delete`, `associate`, `too_long`, `password`, `status_given`."""
    lines = [row.get("line", number) for number, row in enumerate(rows, start=2)]
    mapped = [name for name in STORED_FIELDS if name in fields]
    text = {name: pl.Series(name, [row.get(name) for row in rows], dtype=pl.String) for name in mapped}
    frame = pl.DataFrame(
        [
            pl.Series("line", lines, dtype=pl.UInt32),
            pl.Series("row_hash", [_hash(row) for row in rows], dtype=pl.UInt64),
            *text.values(),
            *([] if "site" in mapped else [pl.Series("site", [None] * len(rows), dtype=pl.String)]),
            pl.Series("refusal", [row.get("refusal") for row in rows], dtype=pl.String),
            pl.Series("barcode_too_long", [bool(row.get("too_long")) for row in rows], dtype=pl.Boolean),
            pl.Series("delete_asked", [bool(row.get("delete")) for row in rows], dtype=pl.Boolean),
            pl.Series("associate_asked", [bool(row.get("associate")) for row in rows], dtype=pl.Boolean),
        ]
    )
    if "status" in mapped:
        frame = frame.with_columns(pl.Series("status_given", [row.get("status_given", row.get("status")) for row in rows], dtype=pl.String))
    secrets = [(line, row["password"]) for line, row in zip(lines, rows, strict=True) if row.get("password")]
    return Records(
        frame=frame,
        passwords=pl.DataFrame(secrets, schema={"line": pl.UInt32, "password": pl.String}, orient="row"),
        messages=empty_messages(),
        rows_read=len(rows),
        skipped=0,
        malformed=0,
        fingerprint=fingerprint,
    )


def password_mac(clear: pl.Series) -> pl.Series:
    """A stand-in for the keyed fingerprint of passwords."""
    return ("mac of " + clear).alias("mac")


def record_mac(rows: pl.DataFrame) -> pl.Series:
    """A stand-in for the keyed fingerprint of records: the row's values."""
    texts = [name for name in STORED_FIELDS if name in rows.columns]
    return rows.select(mac=pl.concat_str([pl.col(name).fill_null("") for name in texts], separator="|"))["mac"]


def _hash(row: Mapping[str, Any]) -> int:
    cells = sorted((key, value) for key, value in row.items() if key not in ("line", "password"))
    return int.from_bytes(hashlib.sha256(repr(cells).encode()).digest()[:8], "big")
