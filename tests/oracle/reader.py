"""The oracle's store as the planner sees it: runner.plan.reader.Reader over plain values."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import polars as pl

from runner.fields import ASSOCIATION_FIELDS
from runner.intake.rows import InputHistory
from runner.plan.reader import Baseline
from tests.oracle.facts import Patron, Store
from tests.oracle.letters import name_key

THEN = datetime(2026, 1, 1, tzinfo=UTC)
_TYPES: dict[str, Any] = {
    "id": pl.Int64,
    "version": pl.Int64,
    **dict.fromkeys(("added_at", "edited_at", "status_at"), pl.Datetime("us", "UTC")),
}


@dataclass
class PlainReader:
    """`fingerprints` are those of the fields' mappings today, `marks` the keyed fingerprints of removed patrons' records."""

    store: Store
    fingerprints: dict[str, str] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)
    last_input: Baseline | None = None

    def patrons(self, columns: Sequence[str], ids: pl.Series | None = None) -> pl.DataFrame:
        rows = [_told(patron) for patron in self._people() if ids is None or patron.id in ids.to_list()]
        schema = {name: _TYPES.get(name, pl.String) for name in columns}
        return pl.DataFrame({name: [row.get(name) for row in rows] for name in columns}, schema=schema)

    def population(self) -> int:
        return len(list(self._people()))

    def baseline_has_lines(self, job: str) -> bool:
        return False

    def offer_baseline(self, job: str, row_hashes: pl.Series) -> None:
        pass

    def holders(self, column: str, keys: pl.Series) -> pl.Series:
        known = self.patrons(["id", column])
        return known.filter(pl.col(column).is_in(keys.implode()))["id"]

    def standing_at(self, places: pl.DataFrame) -> pl.Series:
        ids = self.associations().select("site", "barcode", id="patron_id")
        return pl.concat([self.patrons(["site", "barcode", "id"]), ids]).join(places, on=["site", "barcode"], how="semi")["id"].unique()

    def associations(self) -> pl.DataFrame:
        schema = {"id": pl.Int64, "patron_id": pl.Int64, **dict.fromkeys(ASSOCIATION_FIELDS, pl.String)}
        places = [(patron.id, site, place) for patron in self._people() for site, place in patron.others.items()]
        rows = [
            {**dict.fromkeys(schema), "id": number, "patron_id": owner, "site": site, **place}
            for number, (owner, site, place) in enumerate(places)
        ]
        return pl.DataFrame(rows, schema=schema)

    def transactions(self, ids: pl.Series | None = None) -> pl.DataFrame:
        counts = dict.fromkeys(("checkouts", "fines", "refunds", "holds"), pl.UInt32)
        schema = {"patron_id": pl.Int64, **counts, "balance_cents": pl.Int64, "checkout_sites": pl.String}
        rows = [(patron.id, 0, 1, 1, 0, 0, None) for patron in self._people() if patron.owes]  # a fine and a refund that cancel out
        return pl.DataFrame(rows, schema=schema, orient="row")

    def locks(self) -> pl.DataFrame:
        schema = {"patron_id": pl.Int64, "field": pl.String, "reason": pl.String, "owner": pl.String, "until": pl.Date}
        rows = [(patron.id, name, "because", "desk", until) for patron in self._people() for name, until in patron.locks.items()]
        return pl.DataFrame(rows, schema=schema, orient="row")

    def sent(self, job: str) -> pl.DataFrame:
        schema = dict.fromkeys(("field", "value", "fingerprint"), pl.String)
        rows = [
            (patron.id, name, value, self.fingerprints.get(name, "") if todays else "another mapping")
            for patron in self._people()
            for name, (value, todays) in patron.bases.items()
        ]
        return pl.DataFrame(rows, schema={"patron_id": pl.Int64, **schema}, orient="row")

    def removed_marks(self) -> pl.DataFrame:
        return pl.DataFrame(list(self.marks.items()), schema={"key": pl.String, "record_mac": pl.String}, orient="row")

    def undone(self, job: str) -> pl.DataFrame:
        return pl.DataFrame(schema=dict.fromkeys(("patron", "field", "after", "action"), pl.String))

    def last_seen(self) -> pl.DataFrame:
        return pl.DataFrame(schema={"patron_id": pl.Int64, "seen_at": pl.Datetime("us", "UTC")})

    def seen_by(self, job: str) -> pl.Series:
        return pl.Series("patron_id", [], dtype=pl.Int64)

    def seen_elsewhere(self, job: str) -> pl.Series:
        return self.seen_by(job)

    def baseline(self, job: str) -> Baseline | None:
        return self.last_input

    def input_history(self, job: str) -> InputHistory | None:
        return None

    def patron_types(self) -> pl.Series:
        return pl.Series("name", self.store.new_types, dtype=pl.String)

    def circulation_loads(self) -> pl.DataFrame:
        counts = dict.fromkeys(("row_count", "refused", "malformed", "patron_unknown"), pl.Int64)
        return pl.DataFrame(schema={"table_name": pl.String, "job": pl.String, "loaded_at": pl.Datetime("us", "UTC"), **counts})

    def taken_at(self) -> datetime:
        return THEN

    def _people(self) -> list[Patron]:
        return list(self.store.patrons.values())


def version_of(patron: Patron) -> int:
    """A number that moves with whatever bears on the patron, as the store's triggers have it."""
    return zlib.crc32(repr(replace(patron, id=0)).encode())


def _told(patron: Patron) -> dict[str, Any]:
    username = patron.values.get("username")
    return {
        **patron.values,
        "id": patron.id,
        "version": version_of(patron),
        "username_key": name_key(username) if username else None,
        "password_mac": patron.password,
        "added_at": THEN,
        "edited_at": THEN,
        "status_at": THEN,
        "status_cause": patron.status_cause,
        "status_before": patron.status_before,
        "username_before": patron.username_before,
    }
