"""What the planner may ask of the store. It is handed a reader and never a writer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import polars as pl
from msgspec import Struct

from runner.intake.rows import InputHistory


class Baseline(Struct, frozen=True):
    """The job's last input less what was not applied: `row_hashes` UInt64 in any order, valid for one mapping and one version of the
    hash."""

    row_hashes: pl.Series
    fingerprint: str
    hash_version: str


class Reader(Protocol):
    """A consistent view of one store. Every method gives a frame that is the same however often it is asked."""

    def patrons(self, columns: Sequence[str], ids: pl.Series | None = None) -> pl.DataFrame:
        """All patrons, or those of `ids`, with `columns`: of `id` Int64, `version` Int64, runner.fields.STORED_FIELDS (String, null is
        empty; association
        fields are those of the primary association), `username_key`, `password_mac` String; `added_at`, `edited_at`, `status_at`
        Datetime(us, UTC); `status_cause` (file, removal, staff, undo), `status_before`, `username_before` String."""

    def associations(self) -> pl.DataFrame:
        """All secondary associations: `id`, `patron_id` Int64, and the association fields `site`, `barcode`, `patron_type`,
        `access_level`, `resource_group` String."""

    def transactions(self, ids: pl.Series | None = None) -> pl.DataFrame:
        """One row per patron (of `ids`) that has any: `patron_id` Int64, `checkouts`, `fines`, `refunds`, `holds` UInt32 (entries),
        `balance_cents` Int64 (fines less refunds), `checkout_sites` String (comma-joined). An amount of 0 is no fine that anybody owes:
        it counts with `refunds`."""

    def locks(self) -> pl.DataFrame:
        """`patron_id` Int64, `field`, `reason`, `owner` String, `until` Date (null: no end)."""

    def sent(self, job: str) -> pl.DataFrame:
        """The bases of `if_source_changed`: `patron_id` Int64, `field`, `value`, `fingerprint` String (of the field's mapping)."""

    def removed_marks(self) -> pl.DataFrame:
        """Patrons that policy deleted while a file may still hold them: `key` String, `record_mac` String (of the record that the deleting
        job had of it; runner.plan.model.OTHERS_RECORD where only another job had one)."""

    def undone(self, job: str) -> pl.DataFrame:
        """Changes that an undo took back and nobody approved again: `patron` String, `field`, `after` String, `action` String."""

    def last_seen(self) -> pl.DataFrame:
        """`patron_id` Int64, `seen_at` Datetime(us, UTC): the latest over all jobs; patrons never seen are left out."""

    def seen_by(self, job: str) -> pl.Series:
        """Int64 patron ids that this job's last finished run saw (the base of percentages)."""

    def seen_elsewhere(self, job: str) -> pl.Series:
        """Int64 patron ids that the last finished run of any other job saw."""

    def baseline(self, job: str) -> Baseline | None: ...

    def input_history(self, job: str) -> InputHistory | None: ...

    def patron_types(self) -> pl.Series:
        """Names of patron types that runs have created besides those of district.yaml."""

    def circulation_loads(self) -> pl.DataFrame:
        """The newest load of each circulation table that has one: `table_name`, `job` String, `loaded_at` Datetime(us, UTC),
        and Int64 `row_count`, `refused`, `malformed`, `patron_unknown`."""

    def taken_at(self) -> datetime: ...
