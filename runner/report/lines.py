"""The field lines of changes: what stood before and what stands after, for a few changes at a time."""

from __future__ import annotations

import polars as pl

from runner.fields import FIELDS
from runner.frames import VALUES
from runner.report.model import RunReport
from runner.report.veil import veiled_values

_RANK = {name: rank for rank, name in enumerate(FIELDS)}


def field_lines(report: RunReport, refs: pl.DataFrame) -> pl.DataFrame:
    """frames.VALUES of the changes in `refs` (`ref`), ordered by ref and field; of an add, each field that it fills, before null.

    Secrets are masked, and values hidden where the district says so. Cost follows the number of refs, not the size of the run.
    """
    changed = report.values.join(refs.select("ref"), on="ref", how="semi")
    both = pl.concat([changed.select(VALUES.names()), _filled(report.adds, refs)])
    rank = pl.col("field").replace_strict(_RANK, default=len(_RANK), return_dtype=pl.UInt8)
    return veiled_values(both.sort("ref", rank, maintain_order=True), report.show_values)


def _filled(adds: pl.DataFrame, refs: pl.DataFrame) -> pl.DataFrame:
    fields = [name for name in adds.columns if name in FIELDS]
    if not fields or refs.is_empty():
        return pl.DataFrame(schema=VALUES)
    # By position: a join or a filter would take every column of a million new patrons along.
    at = adds["ref"].is_in(refs["ref"].implode()).arg_true()
    chosen = adds[at].select("ref", pl.col(fields).cast(pl.String))
    long = chosen.unpivot(fields, index="ref", variable_name="field", value_name="after").drop_nulls("after")
    return long.select("ref", "field", before=pl.lit(None, dtype=pl.String), after="after")
