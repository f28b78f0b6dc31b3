"""What becomes of the records that lose a contest for a barcode or a district id. (docs/domain.md section 4.)"""

from __future__ import annotations

import polars as pl
from msgspec.structs import replace

from runner.plan.associations import orphaned, stranded
from runner.plan.barcodes import (
    Standing,
    barcode_losers,
    barcode_messages,
    district_id_losers,
    district_id_messages,
    held_barcode_losers,
    held_district_id_losers,
)
from runner.plan.case import Case
from runner.plan.judged import fate, joined_fates, joined_messages, without
from runner.plan.numbers import next_numbers, sites_with_numbers

_NOWHERE = pl.Series("site", [], dtype=pl.String)
Settled = tuple[Standing, pl.DataFrame, pl.DataFrame]
_WANTING = pl.Schema({"n": pl.UInt32, "line": pl.UInt32, "patron": pl.String, "site": pl.String, "asked": pl.String, "rival": pl.String})


def settle(case: Case, standing: Standing) -> Settled:
    """The changes that stand after the contests, the fates of the others, and the messages.

    What is held comes last: it claims nothing of the others, and is then judged on the state that they leave, as its approval will be."""
    if not case.by_district_id:
        return _settle_ids(case, standing)
    drafted, spares = standing, case.properties.on_barcode_conflict == "autoassign"
    numbered = sites_with_numbers(case, drafted) if spares or _asking(drafted).height else _NOWHERE
    instead = numbered if spares else _NOWHERE
    standing, fates, messages = _refuse_numberless(case, standing, numbered)
    # An association in the way of which its own patron stays has lost no barcode: it is stranded, and told as that.
    spared, lost = _spared(barcode_losers(case, standing, instead).filter(pl.col("rival") != pl.col("label")), instead)
    standing, more, why = _refuse(case, standing, lost, barcode_messages(case, lost))
    fates, messages = joined_fates([fates, more]), joined_messages([messages, why])
    if case.kept.height:
        after, _ = _give_numbers(case, drafted, standing, spared)
        late, lost = _spared(held_barcode_losers(case, after, instead).filter(pl.col("rival") != pl.col("label")), instead)
        standing, more, why = _refuse(case, standing, lost, barcode_messages(case, lost))
        spared, fates, messages = pl.concat([spared, late]), joined_fates([fates, more]), joined_messages([messages, why])
    standing, told = _give_numbers(case, drafted, standing, spared)
    return standing, fates, joined_messages([messages, told])


def _settle_ids(case: Case, standing: Standing) -> Settled:
    """The same when matching by site and barcode: it is the district id that must be unique."""
    lost = district_id_losers(case, standing)
    standing, fates, messages = _refuse(case, standing, lost, district_id_messages(case, lost))
    if case.kept.is_empty():
        return standing, fates, messages
    lost = held_district_id_losers(case, standing)
    standing, more, why = _refuse(case, standing, lost, district_id_messages(case, lost))
    return standing, joined_fates([fates, more]), joined_messages([messages, why])


def _spared(lost: pl.DataFrame, instead: pl.Series) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Those of `lost` that get another number or keep their own (on_barcode_conflict: autoassign), and those that are refused."""
    can = pl.col("site").is_in(instead.implode())
    return lost.filter(can), lost.filter(~can)


def _refuse_numberless(case: Case, standing: Standing, numbered: pl.Series) -> Settled:
    """Without those who asked for a number at a site that has none left (14 nines)."""
    missing = _asking(standing).filter(~pl.col("site").is_in(numbered.implode()))
    return _refuse(case, standing, missing.select(unit="n"), _missing_message(case, missing))


def _refuse(case: Case, standing: Standing, lost: pl.DataFrame, told: pl.DataFrame) -> Settled:
    """Without the losers, and without the associations that could only stand with them."""
    if lost.is_empty():
        return standing, joined_fates([]), told
    gone = lost.select(n="unit")
    orphans, why_orphans = orphaned(case, without(standing.links, gone), gone)
    links = without(without(standing.links, gone), orphans)
    edits = without(standing.edits, gone)
    left, why_left = stranded(case, links, edits.filter("moves"))
    rest = replace(standing, adds=without(standing.adds, gone), edits=edits, links=without(links, left))
    fates = joined_fates(fate(each, "refused") for each in (gone, orphans, left))
    return rest, fates, joined_messages([told, why_orphans, why_left])


def _give_numbers(case: Case, drafted: Standing, standing: Standing, spared: pl.DataFrame) -> tuple[Standing, pl.DataFrame]:
    """Numbers for those who asked for one, and for losers who have no barcode of their own there; the other losers keep theirs."""
    asked = _asking(standing)
    if asked.is_empty() and spared.is_empty():
        return standing, joined_messages([])
    holding = pl.concat([frame.filter("has_code").select("n") for frame in (without(standing.edits, standing.links), standing.links)])
    losing = spared.select(n="unit", line="line", patron="label", site="site", asked="barcode", rival="rival")
    keeping = losing.join(holding, on="n", how="semi")
    wanting = pl.concat([asked, losing.join(holding, on="n", how="anti")])
    given = wanting.join(next_numbers(case, drafted, wanting.select("n", "site", "patron")), on="n")
    standing = _with_codes(standing, given.select("n", "code"), keeping.select("n"))
    return standing, joined_messages([_given_message(case, given), _kept_message(case, keeping)])


def _asking(standing: Standing) -> pl.DataFrame:
    site = {"edits": "to:site", "links": "to:site", "adds": "site"}
    parts = [
        frame.filter("number").select("n", "line", "patron", pl.col(site[name]).alias("site"))
        for name, frame in (("adds", standing.adds), ("edits", standing.edits), ("links", standing.links))
        if "number" in frame.columns
    ]
    return pl.concat([pl.DataFrame(schema=_WANTING), *parts], how="diagonal")


def _with_codes(standing: Standing, given: pl.DataFrame, keeping: pl.DataFrame) -> Standing:
    kept = pl.col("n").is_in(keeping["n"].implode())

    def changed(frame: pl.DataFrame, column: str, own: str | None, given: pl.DataFrame = given) -> pl.DataFrame:
        if frame.is_empty():
            return frame
        stays = pl.when(kept).then(own).otherwise(column) if own else pl.col(column)
        coded = frame.join(given, on="n", how="left", maintain_order="left")
        return coded.with_columns(pl.coalesce("code", stays).alias(column)).drop("code")

    return replace(
        standing,
        adds=changed(standing.adds, "barcode", None),
        edits=changed(standing.edits, "to:barcode", "stand:barcode", without(given, standing.links)),
        links=changed(standing.links, "to:barcode", "was:barcode"),
    )


def _given_message(case: Case, given: pl.DataFrame) -> pl.DataFrame:
    text = pl.format(
        "The barcode {} belongs to patron {} or is claimed by its record, so that this patron got {}. Correct the record.",
        "asked",
        "rival",
        "code",
    )
    return _autoassigned(case, given.filter(pl.col("rival").is_not_null()), text)


def _kept_message(case: Case, keeping: pl.DataFrame) -> pl.DataFrame:
    text = pl.format(
        "The barcode {} belongs to patron {} or is claimed by its record, so that this patron kept its own. Correct the record.",
        "asked",
        "rival",
    )
    return _autoassigned(case, keeping, text)


def _autoassigned(case: Case, rows: pl.DataFrame, text: pl.Expr) -> pl.DataFrame:
    return case.tell(rows, "barcode-autoassigned", "warning", text, field="barcode", value=pl.col("asked"))


def _missing_message(case: Case, missing: pl.DataFrame) -> pl.DataFrame:
    text = pl.format("There is no number left at {} for a barcode. Give the record one.", "site")
    return case.tell(missing, "barcode-missing", "refused", text, field="barcode")
