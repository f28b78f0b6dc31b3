"""A store of plain dicts that also knows what the removal policy asks: when patrons were seen, loads of circulation, the last input."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl

from runner.intake.rows import InputHistory
from runner.plan.model import Plan
from tests.oracle.policy import Borrower
from tests.oracle.policy_drive import totals
from tests.oracle.policy_gates import Load
from tests.plan.fake_store import FakeStore

_INSTANT = pl.Datetime("us", "UTC")


class PolicyStore(FakeStore):
    """Made from borrowers; `apply` is the plain store's own."""

    def __init__(self, borrowers: list[Borrower], loads: dict[str, Load | None], fed_before: dict[str, int], seen_before: set[int]) -> None:
        super().__init__()
        self.entries = {one.id: one for one in borrowers}
        self.loads, self.fed_before = loads, fed_before
        self.seen_at: dict[int, datetime] = {one.id: one.seen_at for one in borrowers if one.seen_at}
        for one in borrowers:
            moments = {"added_at": one.added_at, "edited_at": one.edited_at, "status_at": one.status_at}
            self.add_person(**one.values, **moments, password_mac=one.password)
            self.people[-1]["id"] = one.id
        self.debts = [{"patron_id": one.id, **totals(one)} for one in borrowers if one.checkouts or one.fines or one.holds]
        self.seen_ids = sorted(seen_before)

    def last_seen(self) -> pl.DataFrame:
        return pl.DataFrame(list(self.seen_at.items()), schema={"patron_id": pl.Int64, "seen_at": _INSTANT}, orient="row")

    def circulation_loads(self) -> pl.DataFrame:
        counts = dict.fromkeys(("row_count", "refused", "malformed", "patron_unknown"), pl.Int64)
        rows = [(name, "fines", load.at, 9, load.spoiled, 0, 3) for name, load in self.loads.items() if load]
        return pl.DataFrame(rows, schema={"table_name": pl.String, "job": pl.String, "loaded_at": _INSTANT, **counts}, orient="row")

    def input_history(self, job: str) -> InputHistory | None:
        return InputHistory("0" * 64, 100, (), self.fed_before)

    def borrowers(self) -> list[Borrower]:
        """Everybody there is now, as the oracle sees them."""
        return [self._borrower(person) for person in self.people]

    def after(self, plan: Plan, now: datetime, seen_at: datetime) -> PolicyStore:
        """A copy in which the plan was applied at `now`, and what its records matched was seen at `seen_at`."""
        copy = self.copy()
        assert isinstance(copy, PolicyStore)
        former = {person["id"]: (person["version"], person["status"]) for person in self.people}
        copy.apply(plan)
        for person in copy.people:
            version, status = former.get(person["id"], (None, None))
            if version is None:
                person.update(added_at=now, edited_at=now)
            if version != person["version"]:
                person["edited_at"] = now
            person["moved"] = status != person["status"]
            if person["moved"]:
                person["status_at"] = now
        fresh = [person["id"] for person in copy.people if person["id"] not in former]
        copy.seen_at |= dict.fromkeys([*plan.seen.to_list(), *fresh], seen_at)
        return copy

    def _borrower(self, person: dict[str, Any]) -> Borrower:
        known = self.entries.get(person["id"])
        one = Borrower(person["id"], {name: value for name, value in person.items() if isinstance(value, str) or value is None})
        one.added_at, one.edited_at, one.status_at = person.get("added_at"), person.get("edited_at"), person.get("status_at")
        one.seen_at, one.status_moved = self.seen_at.get(one.id), bool(person.get("moved"))
        one.password = person.get("password_mac")
        if known:
            one.checkouts, one.fines, one.holds = known.checkouts, known.fines, known.holds
        return one
