"""Barcodes that the planner gives: the number after the largest all-digit barcode at the site, same width. (docs/domain.md section 2.)

Largest is judged over what the store has before the plan, what the file claims, and what those bring along whom the file moves, so that no
number is one that somebody just gave up or is about to get. Several in one plan go by the order of the patrons' keys, never by the
order of the file.
"""

from __future__ import annotations

import polars as pl

from runner.plan.case import Case

_LONGEST = 14


def next_numbers(case: Case, wanting: pl.DataFrame) -> pl.DataFrame:
    """`wanting` (`n`, `site`, `patron`) with `code`: the barcode for each, null where the site has no number left."""
    largest = _largest(case, wanting["site"].unique())
    ordered = wanting.join(largest, on="site", how="left").sort("site", "patron")
    number = pl.col("largest").fill_null(0) + pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("site")
    code = number.cast(pl.String).str.zfill(pl.col("width").fill_null(1))
    return ordered.select("n", code=pl.when(number < 10**_LONGEST).then(code))


def sites_with_numbers(case: Case) -> pl.Series:
    """The sites at which there is a number for every record of the file, should each need one."""
    sites = pl.Series("site", [site.short_name for site in case.district.sites], dtype=pl.String)
    full = _largest(case, sites).filter(pl.col("largest") + case.frame.height >= 10**_LONGEST)
    return sites.filter(~sites.is_in(full["site"].implode()))


def _largest(case: Case, sites: pl.Series) -> pl.DataFrame:
    """The largest all-digit barcode of each site: `site`, `largest` Int64, `width` UInt32; sites without one are left out."""
    parts = [case.snapshot.patrons.select("site", "barcode"), case.snapshot.secondary.select("site", "barcode")]
    if "barcode" in case.frame.columns:
        parts.append(case.frame.filter(pl.col("refusal").is_null()).select("site", "barcode"))
    parts.append(_brought_along(case))
    codes = pl.concat(parts).filter(pl.col("site").is_in(sites.implode()) & pl.col("barcode").str.contains(r"^[0-9]{1,14}$"))
    numbered = codes.select("site", number=pl.col("barcode").cast(pl.Int64), width=pl.col("barcode").str.len_chars())
    return numbered.group_by("site").agg(largest=pl.col("number").max(), width=pl.col("width").sort_by("number", "width").last())


def _brought_along(case: Case) -> pl.DataFrame:
    """The barcodes that patrons have, at the sites that their records name: a record without a barcode moves the one that is there."""
    named = case.frame.filter(pl.col("refusal").is_null()).select("site", "district_id")
    return named.join(case.snapshot.patrons.select("district_id", "barcode"), on="district_id").select("site", "barcode")
