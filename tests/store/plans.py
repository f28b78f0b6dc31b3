"""Plans built by hand, as small as a test needs them, and a store's content as another process sees it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import polars as pl

from runner.fields import STORED_FIELDS
from runner.frames import CHANGES, MESSAGES, OUTCOME_ROWS, VALUES
from runner.plan.model import Plan
from runner.store.commit import Applied, Commit, JobState, RunEnd
from runner.store.connect import SqliteFile
from runner.store.runs import RunStart
from runner.store.store import Store

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
ASSOCIATIONS = pl.Schema(
    {
        "ref": pl.UInt32,
        "op": pl.String,
        "association_id": pl.Int64,
        "patron_id": pl.Int64,
        "owner_ref": pl.UInt32,
        **dict.fromkeys(("site", "barcode", "patron_type", "access_level", "resource_group"), pl.String),
    }
)
DELETES = pl.Schema({"ref": pl.UInt32, "patron_id": pl.Int64, "version": pl.Int64, "key": pl.String, "record_mac": pl.String})
PASSWORDS = pl.Schema({"ref": pl.UInt32, "line": pl.UInt32, "patron_id": pl.Int64, "password_mac": pl.String})
CLEARS = pl.Schema({"ref": pl.UInt32, "patron_id": pl.Int64})
SENT = pl.Schema({"ref": pl.UInt32, "patron_id": pl.Int64, "field": pl.String, "value": pl.String, "fingerprint": pl.String})
COUNTS = (
    *("rows_read", "skipped", "malformed", "records_read", "added", "updated", "transferred", "associated", "unchanged", "deleted"),
    *("duplicate", "refused", "held", "warnings", "inactivated", "reactivated", "removed"),
)
OUTCOME = {
    "add": "added",
    "update": "updated",
    "transfer": "transferred",
    "associate": "associated",
    "delete": "deleted",
    "reactivate": "updated",
}


class Draft:
    """A plan in the making. Every method adds one change and gives its ref."""

    def __init__(self) -> None:
        self.changes: list[dict[str, Any]] = []
        self.values: list[dict[str, Any]] = []
        self.adds: list[dict[str, Any]] = []
        self.updates: list[dict[str, Any]] = []
        self.associations: list[dict[str, Any]] = []
        self.deletes: list[dict[str, Any]] = []
        self.passwords: list[dict[str, Any]] = []
        self.clears: list[dict[str, Any]] = []
        self.sent: list[dict[str, Any]] = []
        self.seen: list[int] = []
        self.types: tuple[str, ...] = ()

    def add(self, key: str, *, held: bool = False, **fields: str | None) -> int:
        given = {"site": "NORTH", "barcode": f"P {key}", "district_id": key, "last_name": f"Last {key}", "status": "Active", **fields}
        ref = self._change("add", None, None, key, held=held, site=given["site"])
        username = given.get("username")
        self.adds.append({"ref": ref, **given, "username_key": username.lower() if username else None})
        return ref

    def change(
        self, patron: Mapping[str, Any], action: str = "update", *, cause: str = "file", held: bool = False, **after: str | None
    ) -> int:
        """`patron` is a row that `row_of` gave; `after` the new values (None empties)."""
        ref = self._change(
            action, patron["id"], patron["version"], patron["district_id"], cause=cause, held=held, site=after.get("site") or patron["site"]
        )
        extra: dict[str, Any] = {name: after.pop(name) for name in ("status_before", "username_before") if name in after}
        row: dict[str, Any] = {"ref": ref, "patron_id": patron["id"], "version": patron["version"], **after, **extra}
        if "username" in after:
            name = after["username"]
            row["username_key"] = name.lower() if name else None
        self.updates.append(row)
        self.values += [{"ref": ref, "field": f, "before": patron[f], "after": v} for f, v in after.items()]
        return ref

    def delete(self, patron: Mapping[str, Any], *, cause: str = "file", record_mac: str | None = None, held: bool = False) -> int:
        ref = self._change("delete", patron["id"], patron["version"], patron["district_id"], cause=cause, held=held, site=patron["site"])
        row = {"ref": ref, "patron_id": patron["id"], "version": patron["version"]}
        self.deletes.append({**row, "key": patron["district_id"], "record_mac": record_mac})
        return ref

    def associate(
        self,
        op: str,
        ref: int,
        *,
        patron_id: int | None = None,
        owner_ref: int | None = None,
        association_id: int | None = None,
        **place: str,
    ) -> None:
        row = {"ref": ref, "op": op, "association_id": association_id, "patron_id": patron_id, "owner_ref": owner_ref}
        self.associations.append({**row, **place})

    def plan(self) -> Plan:
        outcomes = [c for c in self.changes if c["cause"] == "file"]
        counts = dict.fromkeys(COUNTS, 0) | {"records_read": len(outcomes), "rows_read": len(outcomes)}
        rows = []
        for change in outcomes:
            outcome = "held" if change["held"] else OUTCOME[change["action"]]
            counts[outcome] += 1
            rows.append({"line": change["line"], "patron": change["patron"], "patron_id": change["patron_id"], "outcome": outcome})
        text: dict[str, type[pl.DataType]] = dict.fromkeys((*STORED_FIELDS, "username_key"), pl.String)
        names = {name for row in self.updates for name in row}
        touched: dict[str, type[pl.DataType]] = dict.fromkeys(sorted(names), pl.String)
        keys: dict[str, type[pl.DataType]] = {"ref": pl.UInt32, "patron_id": pl.Int64, "version": pl.Int64}
        return Plan(
            kind="full",
            compared_as="full",
            changes=pl.DataFrame(self.changes, schema=CHANGES),
            values=pl.DataFrame(self.values, schema=VALUES),
            adds=pl.DataFrame(self.adds, schema={"ref": pl.UInt32, **text}),
            updates=pl.DataFrame(self.updates, schema={**keys, **{k: v for k, v in touched.items() if k not in keys}}),
            associations=pl.DataFrame(self.associations, schema=ASSOCIATIONS),
            deletes=pl.DataFrame(self.deletes, schema=DELETES),
            passwords=pl.DataFrame(self.passwords, schema=PASSWORDS),
            password_clears=pl.DataFrame(self.clears, schema=CLEARS),
            outcomes=pl.DataFrame(rows, schema=OUTCOME_ROWS),
            messages=pl.DataFrame(schema=MESSAGES),
            seen=pl.Series("patron_id", self.seen, dtype=pl.Int64),
            applied_hashes=pl.Series("row_hash", [1000 + c["line"] for c in self.changes if not c["held"] and c["line"]], dtype=pl.UInt64),
            sent=pl.DataFrame(self.sent, schema=SENT),
            new_patron_types=self.types,
            counts=counts,
            sites={},
            held=(),
        )

    def _change(
        self, action: str, patron_id: int | None, version: int | None, key: str, *, held: bool, site: str | None, cause: str = "file"
    ) -> int:
        ref = len(self.changes)
        line = ref + 2 if cause == "file" else None
        row = {"ref": ref, "patron_id": patron_id, "version": version, "patron": key, "line": line, "action": action, "cause": cause}
        self.changes.append({**row, "rule": None, "reason": None, "site": site, "held": held, "guard": "update 75%" if held else None})
        return ref


def start(store: Store, run_id: str = "run-1", job: str = "demo/students", slot: str | None = None) -> int:
    """A started run."""
    return store.start_run(run_start(run_id, job, slot))


def run_start(run_id: str, job: str = "demo/students", slot: str | None = None) -> RunStart:
    return RunStart(
        id=run_id,
        job=job,
        kind="full",
        started_at=NOW,
        user_name="library",
        host="shelf",
        pid=42,
        program_version="0.1.0",
        job_sha256="a" * 64,
        district_sha256="b" * 64,
        slot=slot,
    )


def commit(
    run_id: str,
    draft: Draft,
    *,
    now: datetime = NOW,
    on_moved: Literal["refuse", "leave_out"] = "leave_out",
    job: str | None = "demo/students",
    **more: Any,
) -> Commit:
    plan = draft.plan()
    lines = plan.outcomes.select("line", row_hash=pl.col("line").cast(pl.UInt64) + 1000)
    state = JobState(job, "fingerprint-1", "polars-2.1", lambda: lines, now, None) if job else None
    return Commit(
        run_id=run_id,
        plan=plan,
        now=now,
        on_moved=on_moved,
        job_state=more.pop("job_state", state),
        end=lambda applied, moved: RunEnd("complete", now, counts=applied.counts, note=f"{moved.height} moved" if moved.height else None),
        **more,
    )


def applied(store: Store, draft: Draft, run_id: str = "run-1", **more: Any) -> Applied:
    """Starts a run and applies `draft`."""
    start(store, run_id)
    return store.apply(commit(run_id, draft, **more))


def row_of(store: Store, key: str) -> dict[str, Any]:
    return store.find_patron(key)


def outside(store: Store, *statements: str) -> list[list[Any]]:
    """Runs SQL as staff would: in another process, and for SQLite with another SQLite library. Gives the last statement's rows."""
    return answers(store, *statements)[-1]


def answers(store: Store, *statements: str) -> list[list[list[Any]]]:
    """As `outside`, but the rows of every statement."""
    if isinstance(store.place, SqliteFile):
        arguments = [sys.executable, "-I", "-c", _SQLITE_SCRIPT, str(store.place.path), json.dumps(statements)]
    else:
        arguments = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", str(store.place.address)]
        arguments += [part for statement in statements for part in ("-c", _as_one_line(statement))]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode:
        raise AssertionError(done.stderr.strip())
    found = [json.loads(line) for line in done.stdout.splitlines() if line] or [[]]
    return [[list(row.values()) if isinstance(row, dict) else row for row in rows] for rows in found]


_SQLITE_SCRIPT = """
import json, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=30)
connection.execute("PRAGMA foreign_keys = ON")
for statement in json.loads(sys.argv[2]):
    rows = connection.execute(statement).fetchall()
    print(json.dumps([[cell.hex() if isinstance(cell, bytes) else cell for cell in row] for row in rows]))
connection.commit()
"""


def _as_one_line(statement: str) -> str:
    return (
        f"SELECT replace(coalesce(json_agg(t), '[]')::text, E'\\n', '') FROM ({statement}) AS t"
        if statement.startswith("SELECT")
        else statement
    )


def one(rows: Sequence[Sequence[Any]]) -> Any:
    assert len(rows) == 1
    assert len(rows[0]) == 1
    return rows[0][0]
