"""Barcodes that the planner gives: the number after the largest all-digit barcode at the site, same width. (docs/domain.md section 2.)

Largest is judged over what the site has before the plan and what the records want to have there (`drafted`: before any contest), so that
no number is one that somebody just gave up or is about to get. Several in one plan go by the order of the patrons' keys, never by the
order of the file.
"""

from __future__ import annotations

import polars as pl

from runner.plan.barcodes import Standing
from runner.plan.case import Case

_LONGEST = 14


def next_numbers(case: Case, drafted: Standing, wanting: pl.DataFrame) -> pl.DataFrame:
    """`wanting` (`n`, `site`, `patron`) with `code`: the barcode for each, null where the site has no number left."""
    largest = _largest(case, drafted, wanting["site"].unique())
    ordered = wanting.join(largest, on="site", how="left").sort("site", "patron")
    number = pl.col("largest").fill_null(0) + pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("site")
    code = number.cast(pl.String).str.zfill(pl.col("width").fill_null(1))
    return ordered.select("n", code=pl.when(number < 10**_LONGEST).then(code))


def sites_with_numbers(case: Case, drafted: Standing) -> pl.Series:
    """The sites at which there is a number for every record of the file, should each need one."""
    sites = pl.Series("site", [site.short_name for site in case.district.sites], dtype=pl.String)
    full = _largest(case, drafted, sites).filter(pl.col("largest") + case.frame.height >= 10**_LONGEST)
    return sites.filter(~sites.is_in(full["site"].implode()))


def _largest(case: Case, drafted: Standing, sites: pl.Series) -> pl.DataFrame:
    """The largest all-digit barcode of each site: `site`, `largest` Int64, `width` UInt32; sites without one are left out."""
    parts = [case.snapshot.patrons.select("site", "barcode"), case.snapshot.secondary.select("site", "barcode")]
    parts += [_of_the_new(case), *(each.select(site="to:site", barcode="to:barcode") for each in (drafted.edits, drafted.links))]
    codes = pl.concat(parts).filter(pl.col("site").is_in(sites.implode()) & pl.col("barcode").str.contains(r"^[0-9]{1,14}$"))
    numbered = codes.select("site", number=pl.col("barcode").cast(pl.Int64), width=pl.col("barcode").str.len_chars())
    return numbered.group_by("site").agg(largest=pl.col("number").max(), width=pl.col("width").sort_by("number", "width").last())


def _of_the_new(case: Case) -> pl.DataFrame:
    """The barcodes that records of unknown patrons name: also of those that lack something, for they may come again without fault."""
    if "barcode" not in case.frame.columns:
        return pl.DataFrame(schema={"site": pl.String, "barcode": pl.String})
    asked = case.frame.filter(pl.col("refusal").is_null() & ~pl.col("delete_asked")).select("site", "barcode", "district_id")
    return asked.join(case.snapshot.patrons, on="district_id", how="anti").select("site", "barcode")
