"""The examples of a job, put through its mapping and the planner: what came out, and where that differs from what was expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import polars as pl
from msgspec import Struct
from msgspec.structs import replace

from runner.cli.one_patron import OnePatron
from runner.fields import FIELDS
from runner.frames import MALFORMED, empty_messages
from runner.intake.rows import Rows
from runner.job.examples import Example
from runner.job.model import Job
from runner.job.near import did_you_mean
from runner.mapping.circulation import map_circulation
from runner.mapping.columns import wanted_columns
from runner.mapping.patrons import map_rows
from runner.mapping.records import Records
from runner.plan.make import make_plan
from runner.plan.model import Plan


class Rehearsed(Struct, frozen=True):
    """One example and the sentences that say where it differs; none where it came out as expected."""

    example: Example
    differences: tuple[str, ...]


def rehearse(job: Job, examples: Sequence[Example], now: datetime) -> list[Rehearsed]:
    """Each example on its own: its row mapped, then planned against its store (empty, or with the one patron that it gives).

    The values are the record's: absent, blank or filled. Where the example gives a patron, a value that the plan leaves alone is absent."""
    columns = wanted_columns(job.properties)
    rows = _rows(examples, columns)
    if job.kind == "circulation":
        entries = map_circulation(rows, job).frame
        found = [_entry_differences(example, entries.filter(pl.col("line") == line)) for line, example in enumerate(examples, start=2)]
    else:
        records = map_rows(rows, job, today=job.district.today(now))
        found = [_differences(job, example, _alone(records, line), now) for line, example in enumerate(examples, start=2)]
    return [Rehearsed(each, (*_strange_columns(each, columns), *mine)) for each, mine in zip(examples, found, strict=True)]


def _rows(examples: Sequence[Example], columns: Sequence[str]) -> Rows:
    cells = {name: [example.row.get(name, "") for example in examples] for name in columns}
    lines = pl.Series("line", range(2, len(examples) + 2), dtype=pl.UInt32)
    frame = pl.DataFrame([lines, *(pl.Series(name, values, dtype=pl.String) for name, values in cells.items())])
    return Rows(frame.lazy(), pl.DataFrame(schema=MALFORMED), len(examples), tuple(columns), empty_messages())


def _alone(records: Records, line: int) -> Records:
    """The records of one example's row."""
    own = pl.col("line") == line
    frame = records.frame.filter(own)
    return replace(
        records,
        frame=frame,
        passwords=records.passwords.filter(own),
        messages=records.messages.filter(own),
        rows_read=1,
        skipped=1 - frame.height,
        malformed=0,
    )


def _strange_columns(example: Example, columns: Sequence[str]) -> list[str]:
    strange = [name for name in example.row if name not in columns]
    return [f"the job reads no column {name!r}" + (f"; {near}" if (near := did_you_mean(name, columns)) else "") for name in strange]


def _entry_differences(example: Example, entry: pl.DataFrame) -> list[str]:
    """Of one row of a circulation job; `amount` is in the district's currency, as in the file."""
    if entry.is_empty():
        return [] if example.skipped else [f"expected {_wanted(example)}, but the row was skipped"]
    values = {name: None if value is None else str(value) for name, value in entry.row(0, named=True).items()}
    if values["refusal"] is not None:
        return (
            [] if example.refused == values["refusal"] else [f"expected {_wanted(example)}, but the row was refused: {values['refusal']}"]
        )
    if example.fields is None:
        return [f"expected {_wanted(example)}, but the row was loaded"]
    if values.get("amount_cents") is not None:
        values["amount"] = str(Decimal(values["amount_cents"] or 0).scaleb(-2))
    return _compared(example.fields, values)


def _compared(expected: Mapping[str, str | None], came: Mapping[str, str | None]) -> list[str]:
    return [
        f"{field}: expected {_shown(value)}, got {_shown(came.get(field))}" for field, value in expected.items() if came.get(field) != value
    ]


def _differences(job: Job, example: Example, records: Records, now: datetime) -> list[str]:
    if records.frame.is_empty():
        return [] if example.skipped else [f"expected {_wanted(example)}, but the row was skipped"]
    plan = _planned(job, example, records, now)
    refused = plan.messages.filter(pl.col("severity") == "refused").select("code", "text").rows()
    if refused:
        code, text = refused[0]
        return (
            []
            if example.refused in [each for each, _ in refused]
            else [f"expected {_wanted(example)}, but the record was refused: {code}: {text}"]
        )
    if example.fields is None:
        return [f"expected {_wanted(example)}, but the record was {_outcome(plan)}"]
    came = _record_values(records) if example.store is None else _meeting(_record_values(records), example.store, plan)
    return _compared(example.fields, came)


def _planned(job: Job, example: Example, records: Records, now: datetime) -> Plan:
    def no_key(texts: pl.Series) -> pl.Series:
        return texts

    def no_record_key(frame: pl.DataFrame) -> pl.Series:
        return pl.Series(["-"] * frame.height, dtype=pl.String)

    reader = OnePatron(None if example.store is None else _with_key(example.store, records), now)
    return make_plan(job, records, reader, kind="full", now=now, password_mac=no_key, record_mac=no_record_key)


def _with_key(store: Mapping[str, str | None], records: Records) -> dict[str, str | None]:
    """The store's patron, found by the row's own key where the example does not write it down again."""
    record = records.frame.row(0, named=True)
    keys = {name: record.get(name) for name in ("district_id", "site", "barcode")}
    return {"status": "Active", **keys, **store}


def _record_values(records: Records) -> dict[str, str | None]:
    values = {name: value for name, value in records.frame.row(0, named=True).items() if name in FIELDS}
    passwords = records.passwords["password"]
    return {**values, **({"password": passwords[0]} if len(passwords) else {})}


def _meeting(record: Mapping[str, str | None], store: Mapping[str, str | None], plan: Plan) -> dict[str, str | None]:
    """The record as it meets the patron: what is written, blank for what is emptied, absent for what the store keeps (`write`, say)."""
    written = {field: after or "" for field, after in plan.values.select("field", "after").iter_rows()}
    equal = {field: value for field, value in record.items() if (value or None) == (store.get(field) or None)}
    return {**equal, **written}


def _outcome(plan: Plan) -> str:
    return str(plan.outcomes["outcome"][0]) if plan.outcomes.height else "read"


def _wanted(example: Example) -> str:
    if example.skipped:
        return "that the row is skipped"
    return f"the refusal {example.refused}" if example.refused else "a record"


def _shown(value: str | None) -> str:
    return "nothing (absent)" if value is None else "blank" if value == "" else repr(value)
