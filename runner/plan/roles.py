"""What each record may do: several rows for one patron, and the rules that a row asked for. (docs/domain.md section 4.)"""

from __future__ import annotations

import polars as pl

from runner.frames import repeated
from runner.plan.case import Case

Role = pl.Enum(["refused", "duplicate", "same", "delete", "associate", "base"])
"""refused: on its own or as one of several rows; duplicate: a copy of `lead`; same: an incremental leaves it alone; base: adds, updates or
transfers its patron; associate: gives its patron a secondary association."""

_NOT_VALUES = {"line", "row_hash", "status_given"}


def give_roles(case: Case, rows: pl.DataFrame, converted: pl.Series) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows (runner.plan.match) with `role`, `lead` UInt32 (of a duplicate: the record it repeats; else itself) and `owner` UInt32
    (of an association for a patron that is not in the store: the record that adds the patron), and the messages of what was refused."""
    flags = case.frame.select("site", "refusal", "delete_asked", "associate_asked")
    rows = pl.concat([rows, flags], how="horizontal").with_columns(converted=converted)
    rows = rows.with_columns(refusal=_refusal(case, rows))
    several = _several(case, rows)
    rows = _join_several(rows, several)
    rows = rows.with_columns(role=_role(case, rows))
    rows = _with_owners(rows, several)
    return rows.drop("clash", "led", "converted"), _messages(case, rows)


def _refusal(case: Case, rows: pl.DataFrame) -> pl.Expr:
    """The mapping refuses what cannot be matched; should it not have, the record is refused here all the same."""
    if not rows.filter(pl.col("refusal").is_null() & (pl.col("key").is_null() | pl.col("site").is_null())).height:
        return pl.col("refusal")
    missing = "district-id-missing" if case.by_district_id else "barcode-missing"
    found = pl.when(pl.col("site").is_null()).then(pl.lit("site-missing")).when(pl.col("key").is_null()).then(pl.lit(missing))
    return pl.coalesce("refusal", found)


def _several(case: Case, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows that share their patron with another row: `n`, `group`, `lead`, `clash` (the rows are neither copies nor associations),
    `led` (one of the rows is no association: it says where the patron's primary association is)."""
    matched = rows["at"].is_not_null()
    shared = (repeated(rows["at"]) & matched) | (~matched & rows["key"].is_not_null() & repeated(rows["key"]))
    if not shared.any():
        return pl.DataFrame(schema={"n": pl.UInt32, "group": pl.String, "lead": pl.UInt32, "clash": pl.Boolean, "led": pl.Boolean})
    group = pl.coalesce(pl.format("\x1f{}", "at"), "key")
    some = rows.filter(shared).with_columns(group=group).join(case.macs, on="n", how="left", maintain_order="left")
    values = case.frame.filter(shared).select(pl.exclude(_NOT_VALUES))
    some = some.with_columns(content=values.hstack([some["mac"]]).hash_rows(seed=2))
    some = some.with_columns(lead=pl.col("n").sort_by("line").first().over("group", "content"))
    alive = (pl.col("lead") == pl.col("n")) & pl.col("refusal").is_null()
    count = alive.sum().over("group")
    sites = pl.col("site").filter(alive).n_unique().over("group")
    movers = (alive & ~pl.col("associate_asked")).sum().over("group")
    deletes = (alive & pl.col("delete_asked")).sum().over("group")
    clash = alive & (count > 1) & ((sites != count) | (movers > 1) | (deletes > 0))
    return some.select("n", "group", "lead", clash=clash, led=movers > 0)


def _join_several(rows: pl.DataFrame, several: pl.DataFrame) -> pl.DataFrame:
    if several.is_empty():
        return rows.with_columns(lead="n", clash=pl.lit(False), led=pl.lit(False))
    joined = rows.join(several.drop("group"), on="n", how="left", maintain_order="left")
    return joined.with_columns(pl.col("lead").fill_null(pl.col("n")), pl.col("clash", "led").fill_null(False))


def _role(case: Case, rows: pl.DataFrame) -> pl.Expr:
    asked = pl.col("associate_asked")
    if rows["associate_asked"].any():
        at_home = pl.col("site").eq_missing(case.snapshot.column("site").gather(rows["at"]))
        asked = asked & (pl.col("led") | ~at_home)
    return (
        pl.when(pl.col("lead") != pl.col("n")).then(pl.lit("duplicate"))
        .when(pl.col("refusal").is_not_null() | pl.col("clash")).then(pl.lit("refused"))
        .when(~pl.col("converted")).then(pl.lit("same"))
        .when(pl.col("delete_asked")).then(pl.lit("delete"))
        .when(asked).then(pl.lit("associate"))
        .otherwise(pl.lit("base"))
        .cast(Role)
    )  # fmt: skip


def _with_owners(rows: pl.DataFrame, several: pl.DataFrame) -> pl.DataFrame:
    """An association for a patron whom another row of the file adds belongs to that row."""
    new = rows.filter(pl.col("at").is_null() & pl.col("role").is_in(["associate", "base"])).join(several.select("n", "group"), on="n")
    if new.is_empty():
        return rows.with_columns(owner=pl.lit(None, dtype=pl.UInt32))
    bases = new.filter(pl.col("role") == "base").select("group", owner="n")
    owned = new.filter(pl.col("role") == "associate").join(bases, on="group").select("n", "owner")
    return rows.join(owned, on="n", how="left", maintain_order="left")


def _messages(case: Case, rows: pl.DataFrame) -> pl.DataFrame:
    copies = rows.filter(pl.col("role") == "duplicate")
    lead_line = rows["line"].gather(copies["lead"])
    copies = copies.with_columns(lead_line=lead_line)
    text = pl.format("The same row as line {}; it was taken once.", "lead_line")
    collapsed = case.tell(copies, "duplicate-collapsed", "note", text)
    clashes = rows.filter("clash")
    text = pl.format("Several different rows are about patron {}. Leave one in, or let associate_when tell the associations.", "patron")
    refused = case.tell(clashes, "duplicate-rows", "refused", text)
    return pl.concat([collapsed, refused, _unmatched(case, rows)])


def _unmatched(case: Case, rows: pl.DataFrame) -> pl.DataFrame:
    """Messages for the records that the mapping did not refuse although nothing can be matched by them."""
    told = case.frame["refusal"]
    untold = rows.filter(pl.col("refusal").is_not_null() & told.is_null() & (pl.col("role") == "refused"))
    parts = [
        case.tell(untold.filter(pl.col("refusal") == code), code, "refused", text, field=field)
        for code, field, text in (
            ("site-missing", "site", "The record names no site. Fill in the site's short name or alias."),
            ("district-id-missing", "district_id", "The record has no district id, and this job matches by it."),
            ("barcode-missing", "barcode", "The record has no barcode, and this job matches by it."),
        )
    ]
    return pl.concat(parts)
