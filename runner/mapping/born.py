"""Dates of birth: nobody is born after today, and a year of two digits is one of the hundred that end with this year.

(docs/domain.md section 2, docs/decisions/0302-reading-values.md.)
"""

from __future__ import annotations

import re
from datetime import date

import polars as pl
from msgspec import Struct

from runner.job.model import DateFormat, FieldMap, Job

_SHORT_YEAR = re.compile(r"(?<!%)(?:%%)*%[-_0]?[yD]")


class Born(Struct, frozen=True):
    """The reading of `birth_date` on the day `today`. No job writes it; the mapping adds it to that field."""

    today: date
    short_year: bool


def born_by(field: FieldMap, today: date) -> Born:
    """How the field `birth_date` is read on the day `today`."""
    return Born(today, any(isinstance(step, DateFormat) and _SHORT_YEAR.search(step.format) for step in field.steps))


def read_born(step: Born, value: pl.Expr) -> pl.Expr:
    """`value` (canonical dates) with years of two digits in their century; null for a day that is yet to come."""
    if step.short_year:
        earlier = pl.concat_str(value.str.slice(0, 4).cast(pl.Int32, strict=False) - 100, value.str.slice(4))
        value = pl.when(value > f"{step.today.year}-12-31").then(earlier).otherwise(value)
    return pl.when(value <= step.today.isoformat()).then(value)


def century_of(job: Job, today: date) -> str:
    """The year with which the century of two-digit years ends; "" for a job that reads no such years of birth."""
    born = next((born_by(field, today) for field in job.properties.fields if field.target == "birth_date"), None)
    return str(today.year) if born is not None and born.short_year else ""
