"""Loads of circulation data: each replaces its table's rows in one transaction. (docs/domain.md section 10.)"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import polars as pl
from msgspec import Struct, field

from runner.intake.rows import InputHistory
from runner.store.commit import RunEnd
from runner.store.input_history import history_to_text
from runner.store.instants import to_text
from runner.store.layout_1 import TRANSACTION_COLUMNS
from runner.store.runs import end_run
from runner.store.session import BeforeStatement, Session

_TABLES = {"checkouts": "checkout", "fines": "fine", "holds": "hold"}


class CirculationLoad(Struct, frozen=True, kw_only=True):
    """One load. `rows`: `patron_id` Int64 and, by table, `site`, `item_barcode`, `due_date` String (checkouts), `site` String,
    `amount_cents` Int64 (fines), `site`, `item_barcode` String (holds). The counts say what the load left out; a table is good only
    when `refused` and `malformed` are 0, and `as_of`, from which its age counts (None: from `now`), is not long ago. `end` is the run's
    last row, `other_runs` those of runs that this one supersedes."""

    run_id: str
    job: str
    table: Literal["checkouts", "fines", "holds"]
    rows: pl.DataFrame
    refused: int
    malformed: int
    patron_unknown: int
    now: datetime
    end: RunEnd
    as_of: datetime | None = None
    input: InputHistory | None = None
    other_runs: Mapping[str, RunEnd] = field(default_factory=dict)
    before_statement: BeforeStatement | None = None


def load(session: Session, new: CirculationLoad) -> None:
    """Replaces the table's rows, notes the load and ends the run, in one transaction. Rows of patrons that are gone are left out."""
    session.before_statement = new.before_statement
    table = _TABLES[new.table]
    columns = [name for name in TRANSACTION_COLUMNS[table] if name != "id"]
    with session.writing():
        number = end_run(session, new.run_id, new.end)
        session.run(f"DELETE FROM {table}")
        session.stage("stage_load", new.rows.select(columns))
        names = ", ".join(columns)
        session.run(f"INSERT INTO {table} ({names}) SELECT {names} FROM stage_load WHERE patron_id IN (SELECT id FROM patron)")
        counts = (new.rows.height, new.refused, new.malformed, new.patron_unknown)
        session.run(
            "INSERT INTO circulation_load (table_name, loaded_at, job, run_number, row_count, refused, malformed, patron_unknown)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            *(new.table, to_text(new.as_of or new.now), new.job, number, *counts),
        )
        if new.input is not None:
            _remember_input(session, new, number)
        for run_id, end in new.other_runs.items():
            end_run(session, run_id, end)


def loaded_by(session: Session, run_id: str) -> bool:
    """Whether the run replaced a circulation table."""
    sql = "SELECT count(*) FROM circulation_load WHERE run_number = (SELECT number FROM run WHERE id = $1)"
    return bool(session.number(sql, run_id))


def _remember_input(session: Session, new: CirculationLoad, number: int) -> None:
    assert new.input is not None
    session.run(
        "INSERT INTO job_state (job, input, run_number, saved_at) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (job) DO UPDATE SET input = excluded.input, run_number = excluded.run_number, saved_at = excluded.saved_at",
        *(new.job, history_to_text(new.input), number, to_text(new.now)),
    )
