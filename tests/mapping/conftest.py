"""A small district, and rows mapped by a few fields: what every test of the mapping needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from msgspec.structs import replace

from runner.frames import MALFORMED, empty_messages
from runner.intake.rows import Rows
from runner.job.model import (
    CirculationProperties,
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
    Step,
    Trim,
    ValueSource,
)
from runner.mapping.patrons import map_rows
from runner.mapping.records import Records

Cells = dict[str, list[str]]


@pytest.fixture
def district() -> District:
    """NORTH has every default, SOUTH none; MEDIA is a media centre."""
    north = Site("NORTH", "North High", ("017",), "library", "Student", "Patron", "Textbooks")
    sites = (north, Site("SOUTH", "South High", ("018", "south high")), Site("MEDIA", "Media Centre", (), "media"))
    types = (PatronType("Student", "student"), PatronType("Faculty", "faculty"))
    return District(
        key="springfield",
        path=Path("district.yaml"),
        sha256="0",
        name="Springfield USD",
        time_zone=ZoneInfo("America/Chicago"),
        store="sqlite",
        statistical_year_starts_in=8,
        graduating_grades=("12",),
        require_district_id=False,
        sites=sites,
        patron_types=types,
        access_levels=("Patron", "Library Assistant"),
        guards=Guards(),
        circulation={},
        circulation_max_age=timedelta(days=2),
        history_days=90,
        approvals_expire=timedelta(days=7),
        show_values=True,
        notify=Notify(),
    )


@pytest.fixture
def job(district: District) -> Callable[..., Job]:
    """A job with these properties, of the kind that they belong to."""

    def make(properties: PatronProperties | CirculationProperties) -> Job:
        return Job(
            key="springfield/students",
            path=Path("students.yaml"),
            sha256="0",
            name="students",
            kind="patrons" if isinstance(properties, PatronProperties) else "circulation",
            description="",
            enabled=True,
            district=district,
            source=Source(Directory(Path("/exports")), "students.csv", None, 50, 0, Format()),
            properties=properties,
            schedule=None,
            options=Options(),
            removal=None,
            guards=Guards(),
        )

    return make


def field(target: str, source: ValueSource | str, *steps: Step, trim: bool = True, **settings: Any) -> FieldMap:
    """A field as the job file gives it: trimmed first unless `trim` is off."""
    return FieldMap(target, Column(source) if isinstance(source, str) else source, (Trim(trim), *steps), **settings)


@pytest.fixture(name="field")
def field_fixture() -> Callable[..., FieldMap]:
    return field


def rows_of(cells: Cells, **parts: Any) -> Rows:
    """Rows with the cells of each column, from line 2 on."""
    height = len(next(iter(cells.values()), []))
    lines = pl.Series("line", range(2, height + 2), dtype=pl.UInt32)
    frame = pl.DataFrame([lines, *(pl.Series(name, values, dtype=pl.String) for name, values in cells.items())])
    rows = Rows(frame.lazy(), pl.DataFrame(schema=MALFORMED), height, tuple(cells), empty_messages())
    return replace(rows, **parts)


@pytest.fixture(name="rows_of")
def rows_fixture() -> Callable[..., Rows]:
    return rows_of


@pytest.fixture
def mapped(job: Callable[..., Job]) -> Callable[..., Records]:
    """Maps columns of cells by some fields; the keys `id` and `site` are added where the fields do not name them."""

    def run(cells: Cells, *fields: FieldMap, match_by: str = "district_id", **settings: Any) -> Records:
        height = len(next(iter(cells.values())))
        named = {each.target for each in fields}
        given = {"#id": [f"{1000 + n}" for n in range(height)], "#site": ["NORTH"] * height, "#code": [f"P {n}" for n in range(height)]}
        keys = (field("district_id", "#id"), field("site", "#site"), *((field("barcode", "#code"),) if match_by != "district_id" else ()))
        properties = PatronProperties(
            match_by=match_by,  # type: ignore[arg-type]
            fields=(*(each for each in keys if each.target not in named), *fields),
            **settings,
        )
        return map_rows(rows_of({**given, **cells}), job(properties))

    return run


@pytest.fixture
def values(mapped: Callable[..., Records]) -> Callable[..., list[str | None]]:
    """The values that one field gets for the cells of column `X`."""

    def run(
        cells: Sequence[str],
        source: ValueSource | str,
        *steps: Step,
        target: str = "homeroom",
        null_tokens: Sequence[str] = (),
        **more: Any,
    ):
        records = mapped({"X": list(cells)}, field(target, source, *steps, **more), null_tokens=tuple(null_tokens))
        return records.frame.get_column(target).to_list()

    return run


@pytest.fixture
def told() -> Callable[[Records], list[tuple[Any, ...]]]:
    """The messages of some records as (code, line, column, field, value)."""
    return lambda records: records.messages.select("code", "line", "column", "field", "value").rows()
