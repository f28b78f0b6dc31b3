"""Circulation rows and the patrons they belong to: what a load would put into its table. (docs/domain.md section 10.)"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import polars as pl
from msgspec import Struct

from runner.frames import MESSAGES, OUTCOME_ROWS, OUTCOMES, Outcome, messages_from
from runner.mapping.circulation import CirculationRecords
from runner.plan.match import place
from runner.plan.reader import Reader

_COLUMNS = {
    "checkouts": {"site": "site", "item_barcode": "item_barcode", "due_date": "due_date"},
    "fines": {"site": "site", "amount_cents": "amount_cents"},
    "holds": {"site": "site", "item_barcode": "item_barcode"},
}


class CirculationPlan(Struct, frozen=True):
    """What one load would write. `rows`: `patron_id` Int64 and the table's columns; `outcomes` frames.OUTCOME_ROWS (a loaded row counts
    as added); `messages` frames.MESSAGES; `counts` those of the run's JSON document; `refused` counts refused rows without
    `patron_unknown`."""

    rows: pl.DataFrame
    outcomes: pl.DataFrame
    messages: pl.DataFrame
    counts: Mapping[str, int]
    refused: int
    patron_unknown: int


def plan_circulation(records: CirculationRecords, reader: Reader, sites: Collection[str]) -> CirculationPlan:
    """The rows of one load with their patrons. Identical rows are separate entries; a row of an unknown patron is refused.

    `sites`: the district's short names. By site and barcode, whoever stands at a site that the district no longer names is found by the
    barcode alone, where nobody else has it at the row's site: what they owe must not be lost with the name."""
    named = records.frame.with_columns(patron=_key(records.frame), token=_token(records.frame))
    found = named.join(_patrons(records.frame, reader, sites), on="token", how="left", maintain_order="left")
    unknown = found.filter(pl.col("refusal").is_null() & pl.col("patron_id").is_null())
    loaded = found.filter(pl.col("refusal").is_null() & pl.col("patron_id").is_not_null())
    text = pl.format("no patron has the key {}; the row was left out", pl.col("patron").fill_null("?"))
    messages = pl.concat(
        [
            _with_keys(records.messages, named),
            messages_from(unknown, "patron-unknown", "refused", text, patron=pl.col("patron"), value=pl.col("patron")),
        ]
    )
    good = pl.col("refusal").is_null() & pl.col("patron_id").is_not_null()
    outcomes = found.select(
        "line", "patron", "patron_id", outcome=pl.when(good).then(pl.lit("added")).otherwise(pl.lit("refused")).cast(Outcome)
    )
    return CirculationPlan(
        rows=loaded.select("patron_id", *(pl.col(column).alias(name) for name, column in _COLUMNS[records.table].items())),
        outcomes=outcomes.select(OUTCOME_ROWS.names()),
        messages=messages,
        counts=_counts(records, loaded.height, found.height, messages),
        refused=found.height - loaded.height - unknown.height,
        patron_unknown=unknown.height,
    )


def _key(frame: pl.DataFrame) -> pl.Expr:
    """How reports name the row's patron."""
    return pl.col("district_id") if "district_id" in frame.columns else pl.concat_str("site", pl.lit("/"), "barcode")


def _token(frame: pl.DataFrame) -> pl.Expr:
    """What the row is matched by: a site's name may have a slash."""
    return pl.col("district_id") if "district_id" in frame.columns else place(frame)


def _patrons(frame: pl.DataFrame, reader: Reader, sites: Collection[str]) -> pl.DataFrame:
    """`token` (`_token`), `patron_id`; by site and barcode secondary associations count too."""
    if "district_id" in frame.columns:
        known = reader.patrons(["id", "district_id"]).filter(pl.col("district_id").is_not_null())
        return known.select(token="district_id", patron_id="id")
    columns = ("patron_id", "site", "barcode")
    primary = reader.patrons(["id", "site", "barcode"]).rename({"id": "patron_id"}).select(columns)
    standing = pl.concat([primary, reader.associations().select(columns)])
    gone = standing.filter(~pl.col("site").is_in(list(sites))).drop("site")
    asked = frame.select("site", "barcode").unique(maintain_order=True)
    formerly = asked.join(gone, on="barcode", maintain_order="left_right").select(columns)
    places = pl.concat([standing, formerly]).select("patron_id", token=place(standing))
    return places.filter(pl.col("token").is_not_null()).unique("token", keep="first")


def _with_keys(messages: pl.DataFrame, named: pl.DataFrame) -> pl.DataFrame:
    keyed = messages.join(named.select("line", key="patron"), on="line", how="left", maintain_order="left")
    return keyed.with_columns(patron=pl.coalesce("patron", "key")).select(MESSAGES.names())


def _counts(records: CirculationRecords, loaded: int, read: int, messages: pl.DataFrame) -> dict[str, int]:
    return {
        "rows_read": records.rows_read,
        "skipped": records.skipped,
        "malformed": records.malformed,
        "records_read": read,
        **dict.fromkeys(OUTCOMES, 0),
        "added": loaded,
        "refused": read - loaded,
        "warnings": messages.filter(pl.col("severity") == "warning").height,
        "inactivated": 0,
        "reactivated": 0,
        "removed": 0,
    }
