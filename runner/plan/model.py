"""A plan: everything that a run would change, with the values before and after, as a handful of frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class Held:
    """What a guard holds: `count` changes of `action`; `guard` in words, such as "delete 5%"."""

    action: str
    count: int
    guard: str


@dataclass(frozen=True, slots=True)
class Plan:
    """`changes`: frames.CHANGES, every action, adds included, held ones included (`held` true).
    `values`: frames.VALUES, changed fields of all but adds.
    `adds`: `ref` and runner.fields.STORED_FIELDS (String, null is empty) of each new patron, `username_key`.
    `updates`: for update, transfer, inactivate, reactivate: `ref`, `patron_id`, `version`, and for every field that any change
      touches the value after (equal to the value before where this change leaves it); plus `username_key` when username is among them,
      and the columns `status_before`, `username_before` when a removal sets them.
    `associations`: `ref`, `op` (insert, update, delete), `association_id` Int64 (null for insert), `patron_id` Int64 (null: of the add `owner_ref`),
      `owner_ref` UInt32, `site`, `barcode`, `patron_type`, `access_level`, `resource_group`.
    `deletes`: `ref`, `patron_id`, `version`, `key` String, `record_mac` String (null unless policy deletes).
    `passwords`: `ref`, `line`, `patron_id` (null for adds): whose clear password, by line of Records.passwords, must be hashed;
      `password_mac`. Patrons whose password is removed stand in `password_clears` (`ref`, `patron_id`).
    `outcomes`: frames.OUTCOME_ROWS. `messages`: frames.MESSAGES. `seen`: Int64 patron ids that records matched.
    `applied_hashes`: UInt64 row hashes for the next baseline. `sent`: `ref`, `patron_id`, `field`, `value`, `fingerprint`.
    `new_patron_types`: names. `counts`: the keys of the run's JSON document. `sites`: records per canonical site.
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
