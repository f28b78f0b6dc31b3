"""Records of patrons that the store does not have. (docs/domain.md sections 3, 4 and 6.)"""

from __future__ import annotations

from functools import reduce

import polars as pl

from runner.frames import as_text
from runner.plan.case import AUTOASSIGN, SITE_DEFAULTS, Case
from runner.plan.incremental import in_baseline, row_hashes, usable_baseline
from runner.plan.judged import Judged, fate, joined_fates, joined_messages, without
from runner.plan.model import OTHERS_RECORD
from runner.plan.twins import TWIN, twins_of


def judge_adds(case: Case, rows: pl.DataFrame) -> Judged:
    """The patrons to add: `n`, `line`, `patron`, every mapped field with its value in the new patron (null: empty), `number` Boolean (the
    barcode is still to be given). `rows`: base records (runner.plan.roles) that matched nobody."""
    marked = removed_by_policy(case, rows)
    given = _given(case, without(rows, marked))
    messages = [removed_messages(case, marked), _status_messages(case, given)]
    unfit, refusals = _unfit(case, given)
    adds = _with_values(case, without(given, unfit))
    fates = joined_fates([fate(marked, "unchanged"), fate(unfit, "refused")])
    return Judged(adds, fates, joined_messages([*messages[:1], without_lines(messages[1], unfit), *refusals]))


def twins(case: Case, adds: pl.DataFrame) -> pl.DataFrame:
    """Adds whose last name, first name and birth date equal an existing patron's: `n`, `line`, `patron`, `twin` (its key)."""
    if not set(TWIN) <= set(adds.columns) or adds.is_empty() or case.snapshot.patrons.is_empty():
        return pl.DataFrame(schema={"n": pl.UInt32, "line": pl.UInt32, "patron": pl.String, "twin": pl.String})
    stored = pl.DataFrame([case.snapshot.column(name) for name in TWIN]).with_columns(twin=case.snapshot.keys())
    asked = adds.select("n", "line", "patron", *TWIN)
    return twins_of(asked, stored).group_by("n", "line", "patron").agg(pl.col("twin").min())


def twin_messages(case: Case, found: pl.DataFrame) -> pl.DataFrame:
    text = pl.format(
        "Patron {} has the same names and birth date. If they are one person, put this district id on that patron or merge the two.", "twin"
    )
    return case.tell(found, "possible-duplicate", "warning", text, field="last_name")


def without_lines(messages: pl.DataFrame, gone: pl.DataFrame) -> pl.DataFrame:
    """`messages` less those about the records of `gone`."""
    return messages if gone.is_empty() else messages.filter(~pl.col("line").is_in(gone["line"].implode()))


def _given(case: Case, rows: pl.DataFrame) -> pl.DataFrame:
    """The records' own columns beside `n` and `patron`; the frame itself where everybody is new."""
    frame = case.frame.drop("line", "site")
    if rows.height != frame.height:
        frame = frame[rows["n"]]
    return rows.select("n", "line", "patron", "site").hstack(frame)


def removed_by_policy(case: Case, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows (of records that match nobody) whose patron the policy deleted while a file still held this very record: the one whose
    job deleted it, or one that this job has accepted before and that is still the same."""
    marks = case.reader.removed_marks()
    if marks.is_empty() or rows.is_empty() or case.record_mac is None:
        return rows.clear()
    asked = rows.with_columns(place=case.frame.select(pl.concat_str("site", pl.lit("/"), _barcode(case)))[rows["n"]].to_series())
    by_id = asked.join(marks.rename({"key": "patron"}), on="patron")
    by_place = asked.filter(pl.col("place") != pl.col("patron")).join(marks.rename({"key": "place"}), on="place")
    found = pl.concat([by_id.drop("place"), by_place.drop("place")])
    if found.is_empty():
        return rows.clear()
    same = case.record_mac(as_text(case.frame[found["n"]])) == found["record_mac"]
    if not same.all():
        same |= _accepted(case, found)
    return rows.join(found.filter(same).select("n"), on="n", how="semi")


def _accepted(case: Case, found: pl.DataFrame) -> pl.Series:
    """Which records (`n`, positions) this job's last run has seen and left as they should be. Where that is not known any more, as after
    an undo or a change of the mapping, those whose mark says no more than that this job knows them."""
    baseline, _ = usable_baseline(case.reader, case.job, "incremental", case.records.fingerprint)
    if baseline is None:
        knew = case.reader.input_history(case.job.key) is not None
        return (found["record_mac"] == OTHERS_RECORD) & knew
    return in_baseline(row_hashes(case)[found["n"]], baseline)


def _barcode(case: Case) -> pl.Expr:
    return pl.col("barcode") if "barcode" in case.frame.columns else pl.lit(None, dtype=pl.String)


def removed_messages(case: Case, marked: pl.DataFrame) -> pl.DataFrame:
    """The notes about them."""
    text = (
        "The removal policy deleted this patron, and its record is still the same. It is added again when the record changes, or when that "
        "deletion is undone."
    )
    return case.tell(marked, "removed-by-policy", "note", text)


def _unfit(case: Case, given: pl.DataFrame) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """The records that lack what a new patron needs, and why."""
    nameless = _empty(given, "last_name")
    too_long = pl.col("barcode_too_long")
    without_code = _empty(given, "barcode") & ~too_long
    told = (
        (nameless, "last-name-missing", "last_name", "A new patron needs a last name. Fill it in."),
        (without_code, "barcode-missing", "barcode", "A new patron needs a barcode. Fill it in, or map autoassign."),
    )
    messages = [case.tell(given.filter(lacks), code, "refused", text, field=field) for lacks, code, field, text in told]
    long_ones = given.filter(too_long)
    messages.append(
        case.tell_long_barcodes(long_ones, "barcode-too-long", "refused", "The barcode is longer than 14 characters. Shorten it.")
    )
    unfit = reduce(lambda one, other: one | other, (nameless, without_code, too_long))
    return given.filter(unfit).select("n", "line"), messages


def _empty(given: pl.DataFrame, name: str) -> pl.Expr:
    return (pl.col(name).is_null() | (pl.col(name) == "")) if name in given.columns else pl.lit(True)


def _status_messages(case: Case, given: pl.DataFrame) -> pl.DataFrame:
    if "status" not in given.columns:
        return joined_messages([])
    rows = given.filter(pl.col("status") == "")
    text = "The status is blank or unknown; the new patron is Active. Use Active, Inactive or Restricted."
    return case.tell(rows, "status-defaulted", "warning", text, field="status", value=pl.col("status_given").cast(pl.String))


def _with_values(case: Case, given: pl.DataFrame) -> pl.DataFrame:
    """Blank and absent become the default or empty. Columns without a blank are handed on as they are."""
    made: list[pl.Expr] = []
    for name in case.mapped:
        if name not in (*SITE_DEFAULTS, "status") and (given[name] == "").any():
            made.append(pl.when(pl.col(name) != "").then(pl.col(name)).alias(name))
    sites = given["site"].unique().to_frame()
    for name in SITE_DEFAULTS:
        made += _filled(given, name, _at_sites(sites, case.site_default(name, pl.col("site"))))
    made += _filled(given, "status", pl.lit("Active"))
    if "barcode" not in given.columns:  # nobody is added then (_unfit), but whoever looks at adds looks for their barcodes
        made.append(pl.lit(None, dtype=pl.String).alias("barcode"))
    number = _barcode(case) == AUTOASSIGN if case.by_district_id else pl.lit(False)
    adds = given.with_columns(*made, number=number)
    if adds["number"].any():
        adds = adds.with_columns(barcode=pl.when(~pl.col("number")).then("barcode"))
    extra = [name for name in ("barcode", *SITE_DEFAULTS, "status") if name not in case.mapped]
    return adds.select("n", "line", "patron", *case.mapped, *extra, "number")


def _filled(given: pl.DataFrame, name: str, default: pl.Expr) -> list[pl.Expr]:
    """`name` with the default wherever it is empty; nothing where it never is."""
    if name not in given.columns:
        return [default.alias(name)]
    empty = _empty(given, name)
    if not given.select(empty.any()).item():
        return []
    return [pl.when(empty).then(default).otherwise(pl.col(name)).alias(name)]


def _at_sites(sites: pl.DataFrame, default: pl.Expr) -> pl.Expr:
    """The default of each row's site; a constant where these `sites` all have the same, which then takes no memory."""
    found = sites.select(default.alias("default"))["default"].unique()
    return pl.lit(found[0], dtype=pl.String) if found.len() == 1 else default
