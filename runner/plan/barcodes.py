"""Barcodes: unique per site over all associations, judged on the state after the whole plan. (docs/domain.md section 4.)

When matching by site and barcode no record can claim another barcode, and it is the district id that must be unique.
"""

from __future__ import annotations

import polars as pl
from msgspec import Struct
from msgspec.structs import replace

from runner.frames import each_once
from runner.plan.case import Case
from runner.plan.contest import CLAIMS, HOLDERS, LOSERS, late_losers, losers
from runner.plan.judged import joined_messages
from runner.plan.match import place

_CLAIM = pl.Schema({**CLAIMS, "line": pl.UInt32(), "site": pl.String(), "barcode": pl.String(), "moves": pl.Boolean()})
_LOST = pl.Schema({**LOSERS, **_CLAIM})


class Standing(Struct, frozen=True):
    """The changes that still stand: `adds` (runner.plan.adds), `edits` (runner.plan.edits), `links` (runner.plan.associations), `deletes`
    (runner.plan.deletions). A record that makes an association and brings its patron back stands in `edits` and in `links`."""

    adds: pl.DataFrame
    edits: pl.DataFrame
    links: pl.DataFrame
    deletes: pl.DataFrame


def barcode_losers(case: Case, standing: Standing, numbered: pl.Series) -> pl.DataFrame:
    """The records that cannot have their barcode: `unit`, `key`, `rival`, and `line`, `label`, `site`, `barcode`, `moves` of the claim.

    `numbered`: the sites at which a loser gets a number instead (runner.plan.numbers). What is held claims nothing and keeps what its
    patron had."""
    claims = _claims(standing)
    if case.kept.height:
        claims = claims.filter(~pl.col("unit").is_in(case.kept["n"].implode()))
    if claims.is_empty() or (case.snapshot.patrons.is_empty() and each_once(claims["barcode"])):
        return pl.DataFrame(schema=_LOST)
    claims = claims.with_columns(key=place(claims))
    return losers(claims.select(*CLAIMS), _holders(case, standing, claims, numbered)).join(claims.drop("key"), on="unit").select(*_LOST)


def held_barcode_losers(case: Case, standing: Standing, numbered: pl.Series) -> pl.DataFrame:
    """The same of the records that are held, as their approval will find them. `standing`: what the others have after the contests."""
    claims = _claims(standing)
    mine = claims.filter(pl.col("unit").is_in(case.kept["n"].implode()))
    if mine.is_empty():
        return pl.DataFrame(schema=_LOST)
    claims = claims.with_columns(key=place(claims))
    holders = _holders(replace(case, kept=case.kept.clear()), standing, claims, numbered)
    return late_losers(claims.select(*CLAIMS), holders, case.kept["n"]).join(claims.drop("key"), on="unit").select(*_LOST)


def district_id_losers(case: Case, standing: Standing) -> pl.DataFrame:
    """When matching by site and barcode: the records that cannot have their district id, `unit`, `key`, `rival`, `line`, `label`."""
    leaving = _leaving_ids(standing).filter(~pl.col("unit").is_in(case.kept["n"].implode()))
    claims = leaving.filter(pl.col("key").is_not_null())
    lost = losers(claims.select(*CLAIMS), _id_holders(case, standing, leaving))
    return lost.join(claims.select("unit", "line", "label"), on="unit")


def held_district_id_losers(case: Case, standing: Standing) -> pl.DataFrame:
    """The same of the records that are held, as their approval will find them. `standing`: what the others have after the contests."""
    leaving = _leaving_ids(standing)
    claims = leaving.filter(pl.col("key").is_not_null())
    holders = _id_holders(replace(case, kept=case.kept.clear()), standing, leaving)
    lost = late_losers(claims.select(*CLAIMS), holders, case.kept["n"])
    return lost.join(claims.select("unit", "line", "label"), on="unit")


def _leaving_ids(standing: Standing) -> pl.DataFrame:
    """One row per record that changes a district id: CLAIMS (a null `key`: it is cleared), `line`, `at` (null: of a new patron)."""
    parts = [pl.DataFrame(schema={**CLAIMS, "line": pl.UInt32, "at": pl.UInt32})]
    if "district_id" in standing.adds.columns:
        parts.append(standing.adds.select("line", unit="n", key="district_id", label=pl.coalesce(place(standing.adds, "/"), "patron")))
    if "to:district_id" in standing.edits.columns:
        moving = standing.edits.filter(pl.col("to:district_id").ne_missing(pl.col("was:district_id")))
        parts.append(moving.select("line", "at", unit="n", key="to:district_id", label="patron"))
    return pl.concat(parts, how="diagonal")


def _id_holders(case: Case, standing: Standing, leaving: pl.DataFrame) -> pl.DataFrame:
    claims = leaving.filter(pl.col("key").is_not_null())
    stored = case.snapshot.patrons.select(key="district_id", at=pl.int_range(pl.len(), dtype=pl.UInt32)).join(claims, on="key", how="semi")
    # By its place: the id itself is what is contested.
    places = case.snapshot.patrons.select(label=pl.coalesce(place(case.snapshot.patrons, "/"), "district_id"))["label"]
    stored = stored.with_columns(label=places.gather(stored["at"]))
    stored = stored.join(going(case, standing), on="at", how="anti").join(leaving.filter(pl.col("key").is_null()), on="at", how="anti")
    return stored.join(leaving.select("at", "unit").drop_nulls(), on="at", how="left").select(*HOLDERS)


def barcode_messages(case: Case, lost: pl.DataFrame) -> pl.DataFrame:
    """Why each of `lost` was refused, who is in the way, and how to put it right."""
    text = pl.format(
        "The barcode {} at {} belongs to patron {} or is claimed by its record. Put the right district id on that patron, merge the two, "
        "or give one of them another barcode.",
        "barcode",
        "site",
        "rival",
    )
    lost = lost.with_columns(patron="label")
    there = case.tell(lost.filter(~pl.col("moves")), "barcode-in-use", "refused", text, field="barcode", value=pl.col("barcode"))
    target = case.tell(lost.filter("moves"), "barcode-in-use-at-target", "refused", text, field="barcode", value=pl.col("barcode"))
    return joined_messages([there, target])


def district_id_messages(case: Case, lost: pl.DataFrame) -> pl.DataFrame:
    text = pl.format("The district id {} belongs to patron {} or is claimed by its record. Correct it, or merge the two.", "key", "rival")
    return case.tell(lost.with_columns(patron="label"), "district-id-in-use", "refused", text, field="district_id", value=pl.col("key"))


def _claims(standing: Standing) -> pl.DataFrame:
    """One row per record that wants a barcode at a site which its patron does not have there: _CLAIM without its `key`."""
    adds = _numberless(standing.adds).select("line", "site", "barcode", unit="n", label="patron", moves=pl.lit(False))
    edits = standing.edits.filter(_wants_code()).select("line", *_wanted(), unit="n", label="patron", moves="moves")
    links = standing.links.filter(pl.col("to:barcode").ne_missing(pl.col("was:barcode")))
    links = links.select("line", *_wanted(), unit="n", label="patron", moves=pl.lit(True))
    claims = pl.concat([part for part in (adds, edits, links) if part.height] or [adds])
    return claims.filter(pl.col("barcode").is_not_null()) if claims["barcode"].has_nulls() else claims


def _numberless(adds: pl.DataFrame) -> pl.DataFrame:
    """The adds that bring a barcode of their own."""
    return adds.filter(~pl.col("number")) if adds["number"].any() else adds


def _wanted() -> list[pl.Expr]:
    return [pl.col("to:site").alias("site"), pl.col("to:barcode").alias("barcode")]


def _wants_code() -> pl.Expr:
    """A barcode or a site that is new to the patron; not that of the association which a transfer promotes."""
    other_code = pl.col("to:barcode").ne_missing(pl.col("stand:barcode"))
    return other_code | (pl.col("moves") & pl.col("promotes").is_null())


def _holders(case: Case, standing: Standing, claims: pl.DataFrame, numbered: pl.Series) -> pl.DataFrame:
    return pl.concat([_primary_holders(case, standing, claims, numbered), _secondary_holders(case, standing, claims)])


def _primary_holders(case: Case, standing: Standing, claims: pl.DataFrame, numbered: pl.Series) -> pl.DataFrame:
    patrons = case.snapshot.patrons
    if patrons.is_empty():
        return pl.DataFrame(schema=HOLDERS)
    stored = patrons.select(key=place(patrons), at=pl.int_range(pl.len(), dtype=pl.UInt32)).filter(pl.col("key").is_not_null())
    stored = stored.join(claims, on="key", how="semi")
    leaving = _leaving(case, standing, claims, numbered)
    stored = stored.join(going(case, standing), on="at", how="anti")
    stored = stored.join(leaving.filter(pl.col("unit").is_null()), on="at", how="anti")
    stored = stored.join(leaving, on="at", how="left")
    return stored.with_columns(label=case.snapshot.keys().gather(stored["at"])).select(*HOLDERS)


def _leaving(case: Case, standing: Standing, claims: pl.DataFrame, numbered: pl.Series) -> pl.DataFrame:
    """Patrons whose primary association gives up its barcode: `at`, `unit` (the record that must win for it; null: it does in any case)."""
    edits = standing.edits.filter(_wants_code() | pl.col("moves")).filter(~pl.col("n").is_in(case.kept["n"].implode()))
    claiming = claims.select("unit", claims_one=pl.lit(True))
    edits = edits.select("at", "moves", unit="n", site="to:site").join(claiming, on="unit", how="left")
    # A transfer that gets a number instead leaves its old site all the same.
    depends = pl.col("claims_one").fill_null(False) & ~(pl.col("moves") & pl.col("site").is_in(numbered.implode()))
    return edits.select("at", unit=pl.when(depends).then("unit"))


def _secondary_holders(case: Case, standing: Standing, claims: pl.DataFrame) -> pl.DataFrame:
    second = case.snapshot.secondary
    stored = second.select("at", "id", key=place(second)).filter(pl.col("key").is_not_null()).join(claims, on="key", how="semi")
    if stored.is_empty():
        return pl.DataFrame(schema=HOLDERS)
    stored = stored.join(going(case, standing), on="at", how="anti")
    promoted = standing.edits.filter(_wants_code()).select(id="promotes", unit="n")
    changed = standing.links.select(id="association_id", unit="n")
    leaving = pl.concat([promoted, changed]).drop_nulls().join(claims, on="unit", how="semi")
    stored = stored.join(leaving, on="id", how="left")
    return stored.with_columns(label=case.snapshot.keys().gather(stored["at"])).select(*HOLDERS)


def going(case: Case, standing: Standing) -> pl.DataFrame:
    """The patrons that are deleted: `at`."""
    return standing.deletes.filter(~pl.col("n").is_in(case.kept["n"].implode())).select("at")
