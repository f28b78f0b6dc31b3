"""The same two jobs in a library that lends: checkouts and fines come from files, good, spoiled, old or none, and nobody is deleted
but where the newest of each table is good. (docs/domain.md section 10.)
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.oracle.policy_gates import Load, bad_tables
from tests.oracle.policy_jobs import SharedDistrict

_MAX_AGE = timedelta(days=2)
_JOB = """\
version: 1
kind: circulation
name: TABLE
source: {type: directory, path: exports, file: TABLE.csv, max_age: 2d, min_rows_percent: 1}
properties:
  table: TABLE
  match_by: district_id
  allow_empty: true
  fields: FIELDS
"""
_FIELDS = {"checkouts": "{district_id: ID, site: School, item_barcode: Item}", "fines": "{district_id: ID, site: School, amount: Amount}"}
_COLUMNS = {"checkouts": ("ID", "School", "Item"), "fines": ("ID", "School", "Amount")}
_CENTS = {"5.00": 500, "4.99": 499, "0": 0, "-5.00": -500}


class LendingDistrict(SharedDistrict):
    """What a person would remember of the loads besides: the newest of each table."""

    def __init__(self, seed: int, folder: Path) -> None:
        super().__init__(seed, folder)
        for table, fields in _FIELDS.items():
            (self.real.folder / f"{table}.yaml").write_text(_JOB.replace("TABLE", table).replace("FIELDS", fields), encoding="utf-8")
        district = self.real.folder / "district.yaml"
        text = district.read_text(encoding="utf-8").replace("{checkouts: none, fines: none, holds: none}", "{holds: none}")
        district.write_text(text, encoding="utf-8")
        self.loads: dict[str, Load | None] = {}
        self.loads_then: dict[str, Load | None] = {}

    def tonight(self) -> Iterator[str]:
        """The tables as a night brings them, then the night of the jobs."""
        for table in self.random.choice((("checkouts", "fines"), ("checkouts", "fines"), ("fines",), ())):
            yield from self._load(table)
        yield from super().tonight()

    def meanwhile(self) -> Iterator[str]:
        """As in any district; a backup keeps the loads too."""
        copy = self.backup
        yield from super().meanwhile()
        if self.backup is not copy:
            self.loads_then = dict(self.loads)

    def may_delete(self, at: datetime) -> bool:
        """Whether the newest load of each table is good."""
        return not bad_tables(self.loads, {"holds"}, _MAX_AGE, at)

    def restore(self, copy: Path, seen: dict[str, datetime]) -> None:
        """Puts a backup back, and forgets what came after it."""
        super().restore(copy, seen)
        self.loads = dict(self.loads_then)

    def _load(self, table: str) -> Iterator[str]:
        rows = [self._row(table) for _ in range(self.random.choice((0, 1, 3, 6)))]
        self.real.export(rows, _COLUMNS[table], name=table)
        written = self.now - timedelta(days=self.random.choice((0, 0, 0, 1, 3)))
        os.utime(self.real.folder / "exports" / f"{table}.csv", (written.timestamp(), written.timestamp()))
        self.real.run(now=self.now, name=table)
        good = [row for row in rows if row.get("Item") != "" and row.get("Amount") in (None, *_CENTS)]
        self.loads[table] = Load(written if self.now - written > _MAX_AGE else self.now, len(rows) - len(good))
        yield from self._otherwise_lent(table, good)
        self.now += timedelta(seconds=61)

    def _row(self, table: str) -> dict[str, str]:
        who = str(self.random.choice((*range(1001, 1017), 9999)))
        if table == "fines":
            return {"ID": who, "School": "NORTH", "Amount": self.random.choice((*_CENTS, *_CENTS, *_CENTS, "1.234"))}
        return {"ID": who, "School": "NORTH", "Item": self.random.choice(("B 1", "B 2", "B 3", "B 4", "B 5", "B 6", "B 7", ""))}

    def _otherwise_lent(self, table: str, good: list[dict[str, str]]) -> Iterator[str]:
        """Where the store has other entries than the file gave it for the patrons that are there."""
        for one in self._borrowers():
            mine = [row for row in good if row["ID"] == one.values["district_id"]]
            wanted: list[Any] = ["NORTH"] * len(mine) if table == "checkouts" else sorted(_CENTS[row["Amount"]] for row in mine)
            has: list[Any] = one.checkouts if table == "checkouts" else sorted(one.fines)
            if has != wanted:
                yield f"{self.now}: {one.values['district_id']} has {table} {has}, and the file gives {wanted}"
