"""A patron store made of plain dicts, for tests: what the planner may ask, and `apply` in simple Python, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from runner.fields import ASSOCIATION_FIELDS, STORED_FIELDS
from runner.intake.rows import InputHistory
from runner.mapping.fingerprint import HASH_VERSION
from runner.plan.model import Plan
from runner.plan.reader import Baseline

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
_TYPES: dict[str, Any] = {
    "id": pl.Int64,
    "version": pl.Int64,
    **dict.fromkeys(("added_at", "edited_at", "status_at"), pl.Datetime("us", "UTC")),
}


class FakeStore:
    """Implements runner.plan.reader.Reader. Patrons, associations and the rest are lists of dicts that tests may write to."""

    def __init__(self) -> None:
        self.people: list[dict[str, Any]] = []
        self.places: list[dict[str, Any]] = []
        self.staff_locks: list[dict[str, Any]] = []
        self.bases: list[dict[str, Any]] = []
        self.marks: list[dict[str, Any]] = []
        self.debts: list[dict[str, Any]] = []
        self.taken_back: list[dict[str, Any]] = []
        self.types: list[str] = []
        self.seen_ids: list[int] = []
        self.others_saw: list[int] = []
        self.last_input: Baseline | None = None

    # --- the reader ---------------------------------------------------------------------------------------------
    def patrons(self, columns: Sequence[str], ids: pl.Series | None = None) -> pl.DataFrame:
        people = [person for person in self.people if ids is None or person["id"] in ids.to_list()]
        return pl.DataFrame(
            {name: [person.get(name) for person in people] for name in columns},
            schema={name: _TYPES.get(name, pl.String) for name in columns},
        )

    def population(self) -> int:
        return len(self.people)

    def baseline_has_lines(self, job: str) -> bool:
        return False

    def offer_baseline(self, job: str, row_hashes: pl.Series) -> None:
        pass

    def holders(self, column: str, keys: pl.Series) -> pl.Series:
        return pl.Series("id", [person["id"] for person in self.people if person.get(column) in set(keys)], dtype=pl.Int64)

    def standing_at(self, places: pl.DataFrame) -> pl.Series:
        wanted = set(places.select("site", "barcode").rows())
        own = [person["id"] for person in self.people if (person.get("site"), person.get("barcode")) in wanted]
        others = [place["patron_id"] for place in self.places if (place.get("site"), place.get("barcode")) in wanted]
        return pl.Series("id", sorted({*own, *others}), dtype=pl.Int64)

    def associations(self) -> pl.DataFrame:
        schema = {"id": pl.Int64, "patron_id": pl.Int64, **dict.fromkeys(ASSOCIATION_FIELDS, pl.String)}
        return pl.DataFrame([{name: place.get(name) for name in schema} for place in self.places], schema=schema)

    def transactions(self, ids: pl.Series | None = None) -> pl.DataFrame:
        counts = dict.fromkeys(("checkouts", "fines", "refunds", "holds"), pl.UInt32)
        schema = {"patron_id": pl.Int64, **counts, "balance_cents": pl.Int64, "checkout_sites": pl.String}
        return pl.DataFrame([each for each in self.debts if ids is None or each["patron_id"] in ids.to_list()], schema=schema)

    def locks(self) -> pl.DataFrame:
        schema = {"patron_id": pl.Int64, "field": pl.String, "reason": pl.String, "owner": pl.String, "until": pl.Date}
        return pl.DataFrame(self.staff_locks, schema=schema)

    def sent(self, job: str) -> pl.DataFrame:
        schema = {"patron_id": pl.Int64, "field": pl.String, "value": pl.String, "fingerprint": pl.String}
        return pl.DataFrame(self.bases, schema=schema)

    def removed_marks(self) -> pl.DataFrame:
        return pl.DataFrame(self.marks, schema={"key": pl.String, "record_mac": pl.String})

    def undone(self, job: str) -> pl.DataFrame:
        schema = {"patron": pl.String, "field": pl.String, "after": pl.String, "action": pl.String}
        return pl.DataFrame(self.taken_back, schema=schema)

    def last_seen(self) -> pl.DataFrame:
        return pl.DataFrame(schema={"patron_id": pl.Int64, "seen_at": pl.Datetime("us", "UTC")})

    def seen_by(self, job: str) -> pl.Series:
        return pl.Series("patron_id", self.seen_ids, dtype=pl.Int64)

    def seen_elsewhere(self, job: str) -> pl.Series:
        return pl.Series("patron_id", self.others_saw, dtype=pl.Int64)

    def baseline(self, job: str) -> Baseline | None:
        return self.last_input

    def input_history(self, job: str) -> InputHistory | None:
        return None

    def patron_types(self) -> pl.Series:
        return pl.Series("name", self.types, dtype=pl.String)

    def circulation_loads(self) -> pl.DataFrame:
        numbers = dict.fromkeys(("row_count", "refused", "malformed", "patron_unknown"), pl.Int64)
        text = {"table_name": pl.String, "job": pl.String}
        return pl.DataFrame(schema={**text, "loaded_at": pl.Datetime("us", "UTC"), **numbers})

    def taken_at(self) -> datetime:
        return LONG_AGO

    # --- filling and changing it ----------------------------------------------------------------------------------
    def add_person(self, **values: Any) -> dict[str, Any]:
        """A patron; `id` follows the largest one, `username_key` is folded here as Python does."""
        number = 1 + max((person["id"] for person in self.people), default=0)
        person = {"id": number, "version": 1, "status": "Active", "status_cause": "file", **values}
        person["username_key"] = person["username"].casefold() if person.get("username") else None
        self.people.append(person)
        return person

    def add_place(self, patron_id: int, **values: Any) -> dict[str, Any]:
        """A secondary association."""
        place = {"id": 1 + max((place["id"] for place in self.places), default=0), "patron_id": patron_id, **values}
        self.places.append(place)
        return place

    def person(self, patron_id: int) -> dict[str, Any]:
        return next(person for person in self.people if person["id"] == patron_id)

    def copy(self) -> FakeStore:
        return deepcopy(self)

    def apply(self, plan: Plan, *, fingerprint: str = "") -> None:
        """What the plan says, held changes left out."""
        held = {row["ref"] for row in plan.changes.to_dicts() if row["held"]}
        new_ids = self._add(plan, held)
        self._update(plan, held)
        self._associate(plan, held, new_ids)
        for row in _rows(plan.deletes, held):
            self.people = [person for person in self.people if person["id"] != row["patron_id"]]
            self.places = [place for place in self.places if place["patron_id"] != row["patron_id"]]
        for row in _rows(plan.passwords, held):
            self.person(row["patron_id"] or new_ids[row["ref"]])["password_mac"] = row["password_mac"]
        for row in _rows(plan.password_clears, held):
            self.person(row["patron_id"])["password_mac"] = None
        self._remember(plan, held, new_ids, fingerprint)

    def _add(self, plan: Plan, held: set[int]) -> dict[int, int]:
        new_ids = {}
        for row in _rows(plan.adds, held):
            person = self.add_person(**{name: row[name] for name in STORED_FIELDS})
            assert person["username_key"] == row["username_key"]
            new_ids[row["ref"]] = person["id"]
        return new_ids

    def _update(self, plan: Plan, held: set[int]) -> None:
        for row in _rows(plan.updates, held):
            person = self.person(row["patron_id"])
            assert person["version"] == row["version"]
            before = person.get("status")
            person.update({name: value for name, value in row.items() if name not in ("ref", "patron_id", "version")})
            person["version"] += 1
            if person.get("status") != before:
                person.update(status_cause="file", status_before=None, username_before=None)

    def _associate(self, plan: Plan, held: set[int], new_ids: dict[int, int]) -> None:
        for row in _rows(plan.associations, held):
            if row["op"] == "delete":
                self.places = [place for place in self.places if place["id"] != row["association_id"]]
        for row in _rows(plan.associations, held):
            values = {name: row[name] for name in ASSOCIATION_FIELDS}
            if row["op"] == "insert":
                owner = row["patron_id"] if row["owner_ref"] is None else new_ids[row["owner_ref"]]
                self.add_place(owner, **values)
            elif row["op"] == "update":
                next(place for place in self.places if place["id"] == row["association_id"]).update(values)

    def _remember(self, plan: Plan, held: set[int], new_ids: dict[int, int], fingerprint: str) -> None:
        for row in plan.sent.to_dicts():
            if row["ref"] in held:
                continue
            patron_id = row["patron_id"] or new_ids[row["ref"]]
            self.bases = [base for base in self.bases if (base["patron_id"], base["field"]) != (patron_id, row["field"])]
            self.bases.append({"patron_id": patron_id, **{name: row[name] for name in ("field", "value", "fingerprint")}})
        self.types = sorted({*self.types, *plan.new_patron_types})
        added = [new_ids[row["ref"]] for row in _rows(plan.adds, held)]
        self.seen_ids = [number for number in [*plan.seen, *added] if any(person["id"] == number for person in self.people)]
        self.last_input = Baseline(plan.applied_hashes, fingerprint, HASH_VERSION)


def _rows(frame: pl.DataFrame, held: set[int]) -> list[dict[str, Any]]:
    return [row for row in frame.to_dicts() if row["ref"] not in held]


def day(text: str) -> date:
    return date.fromisoformat(text)
