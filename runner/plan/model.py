"""A plan: everything that a run would change, with the values before and after, as a handful of frames."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
from msgspec import Struct, field

from runner.fields import STORED_FIELDS
from runner.frames import CHANGES, OUTCOME_ROWS, SETTLED, VALUES, empty_messages


class Held(Struct, frozen=True):
    """What a guard holds: `count` changes of `action`; `guard` in words, such as "delete 5%"."""

    action: str
    count: int
    guard: str


# In the place of a record's keyed fingerprint, where policy deletes a patron of whom only another job's file has a record.
OTHERS_RECORD = "another job's"


class Plan(Struct, frozen=True):
    """`changes`: frames.CHANGES, every action, adds included, held ones included (`held` true).
    `values`: frames.VALUES, changed fields of all but adds.
    `adds`: `ref` and runner.fields.STORED_FIELDS (String, or Categorical of a large first load; null is empty) of each new patron,
      `username_key`.
    `updates`: for update, transfer, inactivate, reactivate: `ref`, `patron_id`, `version`, and for every field that any change
      touches the value after (equal to the value before where this change leaves it); plus `username_key` when username is among them,
      and the columns `status_before`, `username_before` when a removal sets them.
    `associations`: `ref`, `op` (insert, update, delete), `association_id` Int64 (null for insert), `patron_id` Int64 (null: of the add
      `owner_ref`), `owner_ref` UInt32, `site`, `barcode`, `patron_type`, `access_level`, `resource_group`.
    `deletes`: `ref`, `patron_id`, `version`, `key` String, `record_mac` String (null unless policy deletes whom a
      file still holds; OTHERS_RECORD where that is another job's).
    `passwords`: `ref`, `line`, `patron_id` (null for adds): whose clear password, by line of Records.passwords, must be hashed;
      `password_mac`. Patrons whose password is removed stand in `password_clears` (`ref`, `patron_id`).
    `outcomes`: frames.OUTCOME_ROWS. `messages`: frames.MESSAGES. `seen`: Int64 patron ids that records matched.
    `applied_hashes`: UInt64 row hashes for the next baseline. `sent`: `ref`, `patron_id`, `field`, `value`, `fingerprint`.
    `new_patron_types`: names. `counts`: the keys of the run's JSON document. `sites`: records per canonical site.
    `settled`: frames.SETTLED, what a run may remember of the records that it mapped.
    """

    kind: str
    compared_as: str
    changes: pl.DataFrame
    values: pl.DataFrame
    adds: pl.DataFrame
    updates: pl.DataFrame
    associations: pl.DataFrame
    deletes: pl.DataFrame
    passwords: pl.DataFrame
    password_clears: pl.DataFrame
    outcomes: pl.DataFrame
    messages: pl.DataFrame
    seen: pl.Series
    applied_hashes: pl.Series
    sent: pl.DataFrame
    new_patron_types: tuple[str, ...]
    counts: Mapping[str, int]
    sites: Mapping[str, int]
    held: tuple[Held, ...]
    settled: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SETTLED))


# The columns that each frame of a plan has even when it is empty.
FRAMES: Mapping[str, pl.Schema] = {
    "changes": CHANGES,
    "values": VALUES,
    "adds": pl.Schema({"ref": pl.UInt32, **dict.fromkeys(STORED_FIELDS, pl.String), "username_key": pl.String}),
    "updates": pl.Schema({"ref": pl.UInt32, "patron_id": pl.Int64, "version": pl.Int64}),
    "associations": pl.Schema(
        {
            "ref": pl.UInt32,
            "op": pl.String,
            "association_id": pl.Int64,
            "patron_id": pl.Int64,
            "owner_ref": pl.UInt32,
            **dict.fromkeys(("site", "barcode", "patron_type", "access_level", "resource_group"), pl.String),
        }
    ),
    "deletes": pl.Schema({"ref": pl.UInt32, "patron_id": pl.Int64, "version": pl.Int64, "key": pl.String, "record_mac": pl.String}),
    "passwords": pl.Schema({"ref": pl.UInt32, "line": pl.UInt32, "patron_id": pl.Int64, "password_mac": pl.String}),
    "password_clears": pl.Schema({"ref": pl.UInt32, "patron_id": pl.Int64}),
    "outcomes": OUTCOME_ROWS,
    "sent": pl.Schema({"ref": pl.UInt32, "patron_id": pl.Int64, "field": pl.String, "value": pl.String, "fingerprint": pl.String}),
}


def changeless(kind: str, counts: Mapping[str, int], outcomes: pl.DataFrame, messages: pl.DataFrame | None = None) -> Plan:
    """A plan that changes nobody."""
    frames = {name: pl.DataFrame(schema=schema) for name, schema in FRAMES.items() if name != "outcomes"}
    return Plan(
        kind=kind,
        compared_as=kind,
        **frames,
        outcomes=outcomes,
        messages=messages if messages is not None else empty_messages(),
        seen=pl.Series("seen", [], dtype=pl.Int64),
        applied_hashes=pl.Series("row_hash", [], dtype=pl.UInt64),
        new_patron_types=(),
        counts=counts,
        sites={},
        held=(),
    )
