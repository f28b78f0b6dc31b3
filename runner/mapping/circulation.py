"""Rows of a circulation job to entries of checkouts, fines or holds. (docs/domain.md section 10.)"""

from __future__ import annotations

import polars as pl
from msgspec import Struct

from runner.intake.rows import Rows
from runner.job.model import CirculationProperties, CirculationTable, Job
from runner.mapping.batches import Recipe, map_batches
from runner.mapping.cells import Cells
from runner.mapping.columns import hashed_columns, untrimmed_columns, wanted_columns
from runner.mapping.conditions import condition_holds
from runner.mapping.fingerprint import mapping_fingerprint
from runner.mapping.given import given, given_name, not_mapped
from runner.mapping.readings import Reading, Setting, failure_trouble, reading
from runner.mapping.trouble import Trouble

REFUSAL_ORDER = (
    *("district-id-missing", "district-id-too-long", "site-missing", "site-unknown", "barcode-missing", "barcode-too-long"),
    *("item-barcode-missing", "amount-invalid"),
)
TABLE_FIELDS: dict[CirculationTable, tuple[str, ...]] = {
    "checkouts": ("site", "item_barcode", "due_date"),
    "fines": ("site", "amount"),
    "holds": ("site", "item_barcode"),
}


class CirculationRecords(Struct, frozen=True):
    """The entries of one circulation file.

    `frame`, one row per row of the file, skipped ones left out, equal rows each for itself: `line` UInt32, `row_hash` UInt64; the key
    (`district_id`, or `site` and `barcode`) String; `site` String, a canonical short name; and by table
    checkouts: `item_barcode` String, `due_date` String (YYYY-MM-DD, null without one); fines: `amount_cents` Int64 (negative: a refund
    owed to the patron); holds: `item_barcode` String; `refusal` String: null, or the code that refuses the row whatever the store says.
    `messages`: frames.MESSAGES, those of malformed rows included. That the patron exists is judged later, against the store.
    """

    table: CirculationTable
    frame: pl.DataFrame
    messages: pl.DataFrame
    rows_read: int
    skipped: int
    malformed: int
    fingerprint: str


def map_circulation(rows: Rows, job: Job) -> CirculationRecords:
    """The entries of a circulation job, refused rows marked. Takes the intake's rows with every column of `wanted_columns`."""
    properties = job.properties
    if not isinstance(properties, CirculationProperties):
        raise TypeError("map_circulation takes a circulation job; a patrons job goes through map_rows")
    mapped = map_batches(rows, _recipe(job, properties))
    key = ["district_id"] if properties.match_by == "district_id" else ["barcode"]
    wanted = [_cents() if name == "amount" else pl.col(name) for name in TABLE_FIELDS[properties.table]]
    return CirculationRecords(
        table=properties.table,
        frame=mapped.frame.select("line", "row_hash", *key, *wanted, "refusal"),
        messages=mapped.messages,
        rows_read=rows.rows_read,
        skipped=mapped.skipped,
        malformed=rows.malformed.height,
        fingerprint=mapping_fingerprint(job),
    )


def _recipe(job: Job, properties: CirculationProperties) -> Recipe:
    fields = {field.target: field for field in properties.fields}
    key = "district_id" if properties.match_by == "district_id" else "barcode"
    targets = (key, *TABLE_FIELDS[properties.table])
    mapped = {target: given(field, properties.null_tokens) for target, field in fields.items() if target in targets}
    setting = Setting(job.district, properties.match_by, frozenset())
    readings = {target: _reading(target, setting, "site" in fields) for target in targets}
    failures = [failure_trouble(failure) for each in mapped.values() for failure in each.failures]
    return Recipe(
        columns=wanted_columns(properties),
        untrimmed=untrimmed_columns(properties),
        hashed=hashed_columns(properties),
        skip=None if properties.skip_when is None else condition_holds(properties.skip_when, Cells(properties.null_tokens)),
        rules={},
        givens=[*mapped.values(), *(not_mapped(target) for target in targets if target not in mapped)],
        values={target: each.value for target, each in readings.items()},
        rarely={target: each.rarely for target, each in readings.items() if each.rarely is not None},
        troubles=[*failures, *(trouble for each in readings.values() for trouble in each.troubles)],
        fields=fields,
        refusal_order=REFUSAL_ORDER,
        marks={},
    )


def _reading(target: str, setting: Setting, site_mapped: bool) -> Reading:
    value = pl.col(given_name(target))
    missing = value.is_null() | (value == "")
    match target:
        case "item_barcode":
            return Reading(value, (Trouble("item-barcode-missing", target, missing, "the row names no item, so it was not loaded"),))
        case "amount":
            return Reading(value, (Trouble("amount-invalid", target, missing | ~value.str.contains(_AMOUNT), _AMOUNT_TEXT),))
        case "site" if not site_mapped and setting.match_by == "district_id":
            return Reading(value)
        case _:
            return reading(target, setting)


# at most 13 digits before the point: whole cents then fit an Int64 with room to sum them
_AMOUNT = r"^[+-]?(?:[0-9]{1,13}(?:\.[0-9]{0,2})?|\.[0-9]{1,2})$"
_AMOUNT_TEXT = "the amount is no number of at most 13 digits and two decimals, so the row was not loaded"


def _cents() -> pl.Expr:
    """Whole cents from text, by integers alone: 12.5 is 1250, -.75 is -75. Null where the amount cannot be read."""
    amount = pl.col("amount")
    readable = amount.str.contains(_AMOUNT)
    whole = amount.str.extract(r"([0-9]*)(?:\.|$)", 1).str.pad_start(1, "0").cast(pl.Int64, strict=False)
    part = amount.str.extract(r"\.([0-9]*)$", 1).fill_null("").str.pad_end(2, "0").cast(pl.Int64, strict=False)
    sign = pl.when(amount.str.starts_with("-")).then(pl.lit(-1)).otherwise(pl.lit(1))
    return pl.when(readable).then(sign * (whole * 100 + part)).alias("amount_cents")
