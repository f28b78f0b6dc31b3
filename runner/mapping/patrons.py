"""Rows of a patrons job to records: the job's properties compiled once, run over the file batch by batch."""

from __future__ import annotations

from datetime import date

import polars as pl

from runner.fast_paths import pays
from runner.intake.rows import Rows
from runner.job.model import Condition, Job, PatronProperties
from runner.mapping.batches import Recipe, map_batches
from runner.mapping.cells import Cells
from runner.mapping.columns import hashed_columns, untrimmed_columns, wanted_columns
from runner.mapping.conditions import condition_holds
from runner.mapping.fingerprint import mapping_fingerprint
from runner.mapping.given import Given, given, given_name, not_mapped
from runner.mapping.readings import Reading, Setting, failure_trouble, reading
from runner.mapping.records import Records
from runner.mapping.repeating import Repeating

REFUSAL_ORDER = ("district-id-missing", "district-id-too-long", "site-missing", "site-unknown", "barcode-missing", "barcode-too-long")
_LARGE = 20_000


def map_rows(rows: Rows, job: Job, *, today: date | None = None, nobody_known: bool = False) -> Records:
    """The records of a patrons job (runner.mapping.records.Records): values in one of three states and canonical, messages by line.

    Takes the intake's rows with every column of `wanted_columns(job.properties)`. Nothing here knows the store: whether a record is an
    add, whether its barcode is free, what a blank status means is the plan's. Line numbers must be true (runner.intake.rows): they
    tell where a cell may span lines. `today` is the last day on which anybody can have been born; None where dates of birth are not
    judged. `nobody_known` says that the store has no patron: values that repeat in a large file are then kept
    once (runner.mapping.repeating). (docs/domain.md sections 2, 3 and 9.)
    """
    properties = job.properties
    if not isinstance(properties, PatronProperties):
        raise TypeError("map_rows takes a patrons job; a circulation job goes through map_circulation")
    recipe = _recipe(job, properties, today)
    mapped = map_batches(rows, recipe, Repeating() if nobody_known and pays(rows.rows_read, _LARGE) else None)
    secret = "password" in recipe.values
    frame = mapped.frame.drop("password") if secret else mapped.frame
    return Records(
        frame=frame,
        passwords=mapped.frame.select("line", "password").drop_nulls() if secret else _no_passwords(),
        messages=mapped.messages,
        rows_read=rows.rows_read,
        skipped=mapped.skipped,
        malformed=rows.malformed.height,
        fingerprint=mapping_fingerprint(job),
        long_barcodes=mapped.marked.select("line", "value"),
    )


def _recipe(job: Job, properties: PatronProperties, today: date | None) -> Recipe:
    fields = {field.target: field for field in properties.fields}
    mapped = {target: given(field, properties.null_tokens, today) for target, field in fields.items()}
    readings = _readings(job, properties, mapped)
    failures = [failure_trouble(failure) for each in mapped.values() for failure in each.failures]
    values = {target: each.value for target, each in readings.items() if target in fields or target == "site"}
    if "status" in fields:
        values["status_given"] = pl.col(given_name("status"))
    cells = Cells(properties.null_tokens)
    return Recipe(
        columns=wanted_columns(properties),
        untrimmed=untrimmed_columns(properties),
        hashed=hashed_columns(properties),
        skip=None if properties.skip_when is None else condition_holds(properties.skip_when, cells),
        rules={"delete_asked": _rule(properties.delete_when, cells), "associate_asked": _rule(properties.associate_when, cells)},
        givens=[*mapped.values(), *(not_mapped(target) for target in readings if target not in fields)],
        values=values,
        rarely={target: each.rarely for target, each in readings.items() if each.rarely is not None},
        troubles=[*failures, *(trouble for each in readings.values() for trouble in each.troubles)],
        fields=fields,
        refusal_order=REFUSAL_ORDER,
        marks={"barcode_too_long": "barcode-too-long"},
    )


def _readings(job: Job, properties: PatronProperties, mapped: dict[str, Given]) -> dict[str, Reading]:
    """One reading a field, those that a record cannot do without included, mapped or not."""
    blankable = frozenset(target for target, each in mapped.items() if each.can_be_blank)
    setting = Setting(job.district, properties.match_by, blankable)
    key = "district_id" if properties.match_by == "district_id" else "barcode"
    return {target: reading(target, setting) for target in dict.fromkeys([*mapped, "site", key])}


def _rule(condition: Condition | None, cells: Cells) -> pl.Expr:
    return pl.lit(False) if condition is None else condition_holds(condition, cells)


def _no_passwords() -> pl.DataFrame:
    return pl.DataFrame(schema={"line": pl.UInt32, "password": pl.String})
