"""Whom a job's removal policy may touch: filters that join with *and*, judged on the primary association."""

from __future__ import annotations

import polars as pl

from runner.job.model import District, Scope
from runner.plan.reader import Reader


def in_scope(scope: Scope, district: District) -> pl.Expr:
    """Whether a patron (`patron_type`, `access_level`) is in the scope. A type that district.yaml does not list has the persona `other`."""
    if scope.everyone:
        return pl.lit(True)
    chosen = pl.lit(True)
    if scope.patron_types:
        chosen &= pl.col("patron_type").is_in(list(scope.patron_types)).fill_null(False)
    if scope.access_levels:
        chosen &= pl.col("access_level").is_in(list(scope.access_levels)).fill_null(False)
    if scope.personas:
        personas = {each.name: each.persona for each in district.patron_types}
        persona = pl.col("patron_type").replace_strict(personas, default="other", return_dtype=pl.String) if personas else pl.lit("other")
        chosen &= persona.is_in(list(scope.personas))
    return chosen


def patrons_in_scope(scope: Scope, district: District, reader: Reader) -> pl.DataFrame:
    """`site`, `patrons`: how many patrons the store holds in the scope before the run: what the guards' percentages are of."""
    stored = reader.patrons(["site", "patron_type", "access_level"])
    return stored.filter(in_scope(scope, district)).group_by("site").len("patrons")
