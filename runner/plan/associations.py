"""Records that give a patron a secondary association at another site. (docs/domain.md section 4.)

Such a record writes the fields of the association alone; the person's own fields come from the record of the primary site.
"""

from __future__ import annotations

import polars as pl

from runner.composed import as_written
from runner.plan.adds import removed_by_policy, removed_messages
from runner.plan.case import AUTOASSIGN, SITE_DEFAULTS, Case
from runner.plan.judged import Judged, fate, joined_fates, joined_messages, without
from runner.plan.ownership import Locks

_FIELDS = ("barcode", *SITE_DEFAULTS)


def judge_associations(case: Case, rows: pl.DataFrame, lost_owners: pl.DataFrame) -> Judged:
    """The associations to make or change.

    Gives `n`, `line`, `patron`, `at`, `patron_id`, `version`, `owner` (the record that adds the patron), `association_id` (null: new),
    `number`, `has_code`, `was:F` and `to:F` of the association fields. `rows`: the records with the role associate; `lost_owners`: `n`,
    `outcome` of the adds that will not be made.
    """
    rows = rows.join(lost_owners.rename({"n": "owner", "outcome": "owner_outcome"}), on="owner", how="left", maintain_order="left")
    orphans = rows.filter(pl.col("at").is_null() & (pl.col("owner").is_null() | (pl.col("owner_outcome") == "refused")))
    removed = removed_by_policy(case, orphans)
    orphans = without(orphans, removed)
    marked = pl.concat([rows.filter(pl.col("owner_outcome") == "unchanged"), removed])
    mixed = without(without(rows, orphans), marked).filter(case.is_media(pl.col("site")))
    going = without(without(without(rows, orphans), marked), mixed)
    links = _linked(case, going)
    unfit = links.filter(pl.col("barcode_too_long") & pl.col("association_id").is_null())
    links, notes = _with_values(case, without(links, unfit))
    fates = joined_fates([fate(marked, "unchanged"), *(fate(gone, "refused") for gone in (orphans, mixed, unfit))])
    told = [removed_messages(case, removed), _orphan_message(case, orphans), _media_message(case, mixed), _too_long(case, unfit), *notes]
    return Judged(links, fates, joined_messages(told))


def orphaned(case: Case, links: pl.DataFrame, lost_owners: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The associations whose patron is not added after all, and their messages."""
    orphans = links.filter(pl.col("owner").is_in(lost_owners["n"].implode())) if lost_owners.height else links.clear()
    return orphans, _orphan_message(case, orphans)


def at_home(case: Case, links: pl.DataFrame) -> pl.DataFrame:
    """The associations at a site that is their patron's primary one: they can only stand where a transfer leaves that site."""
    return links.filter(pl.col("to:site").eq_missing(case.snapshot.column("site").gather(links["at"])))


def stranded(case: Case, links: pl.DataFrame, leaving: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The associations at a site that their patron does not leave, and their messages. `leaving`: the edits (`at`) that do leave theirs."""
    left = at_home(case, links)
    if left.is_empty():
        return left, joined_messages([])
    left = left.join(leaving, on="at", how="anti", maintain_order="left")
    text = pl.format("{} is still this patron's main site, for its transfer did not take place. See its other row.", "to:site")
    return left, case.tell(left, "duplicate-rows", "refused", text, field="site", value=pl.col("to:site"))


def _linked(case: Case, rows: pl.DataFrame) -> pl.DataFrame:
    own = case.frame[rows["n"]]
    given = [own[name].alias(f"given:{name}") if name in own.columns else _nothing(own.height, name) for name in _FIELDS]
    ids = [case.snapshot.column(name).gather(rows["at"]).alias(alias) for name, alias in (("id", "patron_id"), ("version", "version"))]
    links = rows.select("n", "line", "patron", "at", "owner", pl.col("site").alias("to:site"))
    links = links.hstack([*ids, *given, own["barcode_too_long"]])
    stored = case.snapshot.secondary.select(
        "at",
        pl.col("site").alias("to:site"),
        pl.col("site").alias("was:site"),
        pl.col("id").alias("association_id"),
        *(pl.col(name).alias(f"was:{name}") for name in _FIELDS),
    )
    links = links.join(stored, on=["at", "to:site"], how="left", maintain_order="left")
    for name in SITE_DEFAULTS:
        links = as_written(links, f"given:{name}", f"was:{name}")
    return links


def _nothing(height: int, name: str) -> pl.Series:
    return pl.repeat(None, height, dtype=pl.String, eager=True).alias(f"given:{name}")


def _with_values(case: Case, links: pl.DataFrame) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    asked = (pl.col("given:barcode") == AUTOASSIGN).fill_null(False) if case.by_district_id else pl.lit(False)
    has_code = pl.col("was:barcode").is_not_null()
    links = links.with_columns(has_code=has_code, number=asked & ~has_code)
    links = links.with_columns(pl.when(~asked).then("given:barcode").alias("given:barcode"))
    links = links.with_columns(_value(case, name).alias(f"to:{name}") for name in _FIELDS)
    blank = links.filter((pl.col("given:barcode") == "") & pl.col("association_id").is_not_null())
    too_long = links.filter("barcode_too_long")
    locks = Locks(case)
    for name in _FIELDS:
        links = _held_back(links, name, locks)
    return links, [_blank_kept(case, blank), _left_alone(case, too_long), locks.messages()]


def _held_back(links: pl.DataFrame, name: str, locks: Locks) -> pl.DataFrame:
    """A lock holds back the change of an association that is there; a new one edits nothing."""
    if name not in locks.fields:
        return links
    there = pl.col("association_id").is_not_null()
    held = locks.hold_back(links.filter(there), name)
    return pl.concat([held, links.filter(~there)], how="diagonal").sort("n")


def _value(case: Case, name: str) -> pl.Expr:
    """A new association takes what is given, else the site's default; one that is there follows the field's ownership."""
    given, was, new = pl.col(f"given:{name}"), pl.col(f"was:{name}"), pl.col("association_id").is_null()
    default = case.site_default(name, pl.col("to:site")) if name in SITE_DEFAULTS else pl.lit(None, dtype=pl.String)
    blank = pl.when(new).then(default).otherwise(was if name == "barcode" else default)
    filled = pl.when(given == "").then(blank).otherwise(given)
    match case.writes(name):
        case "always":
            there = pl.when(given.is_null()).then(was).otherwise(filled)
        case "if_empty" | "if_source_changed":
            there = pl.when(was.is_null()).then(filled).otherwise(was)
        case _:
            there = was
    return pl.when(new).then(pl.coalesce(filled, default)).otherwise(there)


def _orphan_message(case: Case, rows: pl.DataFrame) -> pl.DataFrame:
    text = "There is no such patron to associate with this site. A row that is no association must add the patron first."
    return case.tell(rows, "association-without-patron", "refused", text)


def _media_message(case: Case, rows: pl.DataFrame) -> pl.DataFrame:
    text = pl.format("{} is a media site, and media sites take no associations.", "site")
    return case.tell(rows, "site-kind-mismatch", "refused", text, field="site", value=pl.col("site"))


def _too_long(case: Case, rows: pl.DataFrame) -> pl.DataFrame:
    text = "The barcode is longer than 14 characters. Shorten it."
    return case.tell_long_barcodes(rows, "barcode-too-long", "refused", text)


def _left_alone(case: Case, rows: pl.DataFrame) -> pl.DataFrame:
    text = "The barcode is longer than 14 characters, so that the old one was kept. Shorten it."
    return case.tell_long_barcodes(rows, "value-too-long", "warning", text)


def _blank_kept(case: Case, rows: pl.DataFrame) -> pl.DataFrame:
    text = "The barcode is blank; the old one was kept. Fill it in."
    return case.tell(rows, "barcode-blank-kept", "warning", text, field="barcode")
