"""Messages and bases that only the finished plan can tell."""

from __future__ import annotations

import polars as pl

from runner.mapping.fingerprint import field_fingerprint
from runner.plan.barcodes import Standing
from runner.plan.case import Case
from runner.plan.judged import joined_messages, without
from runner.plan.match import filled
from runner.plan.patron_types import created_messages, known_types, one_of_each


def of_mapping(messages: pl.DataFrame, rows: pl.DataFrame, *, incremental: bool) -> pl.DataFrame:
    """The mapping's messages with the key of each record's patron, less those of rows that an incremental did not convert. What is said of
    the file at a row (no field) is said however the row is looked at."""
    if messages.is_empty():
        return messages
    keys = rows.select("line", own="patron", skipped=(pl.col("role") == "same") & incremental)
    unsaid = pl.col("skipped").fill_null(False) & pl.col("field").is_not_null()
    named = messages.join(keys, on="line", how="left", maintain_order="left").filter(~unsaid)
    return named.with_columns(patron=pl.coalesce("patron", "own")).drop("own", "skipped")


def new_types(case: Case, standing: Standing) -> pl.DataFrame:
    """The patron types that this plan brings into use: `patron_type`, and `line`, `patron` of one record that names each."""
    known = known_types(case.district, case.reader)
    parts = [pl.DataFrame(schema={"n": pl.UInt32, "line": pl.UInt32, "patron": pl.String, "patron_type": pl.String})]
    for frame, name in ((standing.adds, "patron_type"), (standing.edits, "to:patron_type"), (standing.links, "to:patron_type")):
        if name not in frame.columns or not set(frame[name].unique().drop_nulls()) - known:
            continue
        changed = pl.lit(True) if name == "patron_type" else pl.col(name).ne_missing(pl.col("was:patron_type"))
        parts.append(frame.filter(changed).select("n", "line", "patron", patron_type=name))
    used = without(pl.concat(parts), case.kept).filter(~pl.col("patron_type").is_in(list(known)))
    return one_of_each(used)


def of_result(case: Case, rows: pl.DataFrame, standing: Standing, outcomes: pl.DataFrame, created: pl.DataFrame) -> pl.DataFrame:
    """The messages about new patron types (`created`), reactivated patrons and missing district ids."""
    new = created_messages(created, case.label("patron_type"))
    back = returned(case, standing)
    text = pl.format("The removal policy had inactivated this patron; its record is back, so that it is {} again.", "to:status")
    reactivated = case.tell(back, "reactivated", "note", text, field="status", value=pl.col("to:status"))
    return joined_messages([new, reactivated, _reminders(case, rows, outcomes)])


def returned(case: Case, standing: Standing) -> pl.DataFrame:
    """The edits that reactivate their patron and are not held."""
    return without(standing.edits.filter("back"), case.kept)


def bases_of_adds(case: Case, standing: Standing) -> pl.DataFrame:
    """The bases of `if_source_changed` that new patrons begin with: `n`, `patron_id` (null), `field`, `value`, `fingerprint`."""
    parts = [pl.DataFrame(schema={"n": pl.UInt32, "patron_id": pl.Int64, "field": pl.String, "value": pl.String, "fingerprint": pl.String})]
    for name, field in case.maps.items():
        if field.write == "if_source_changed" and name in case.frame.columns and standing.adds.height:
            given = standing.adds.select("n").with_columns(value=case.frame[name].gather(standing.adds["n"]).cast(pl.String))
            if name == "username":  # one that somebody else has was not sent
                given = given.filter(standing.adds["username"].is_not_null() | (pl.col("value") == ""))
            made = given.filter(pl.col("value").is_not_null())
            fingerprint = pl.lit(field_fingerprint(case.job, field))
            nobody = pl.lit(None, dtype=pl.Int64)
            parts.append(made.select("n", patron_id=nobody, field=pl.lit(name), value="value", fingerprint=fingerprint))
    return pl.concat(parts)


def _reminders(case: Case, rows: pl.DataFrame, outcomes: pl.DataFrame) -> pl.DataFrame:
    if not case.district.require_district_id or case.by_district_id:
        return joined_messages([])
    own = case.frame.select(own=filled(case.frame, "district_id"))["own"] if case.frame.height else pl.Series("own", [], dtype=pl.String)
    asked = rows.with_columns(outcomes["outcome"]).filter(
        own.is_null() & pl.col("role").is_in(["base", "associate"]) & (pl.col("outcome") != "refused")
    )
    text = "This district wants a district id for everyone, and the record has none. The rest of it was applied."
    return case.tell(asked, "district-id-reminder", "warning", text, field="district_id")
