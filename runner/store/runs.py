"""The rows of `run`: one per run, from its first moment to its last."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

import polars as pl
from msgspec import Struct

from runner.errors import NotFound
from runner.stopping import finish_first
from runner.store.commit import RanOn, RunEnd
from runner.store.instants import as_datetimes, from_text, to_text
from runner.store.session import Session

_TEXTS = (
    *("id", "job", "kind", "compared_as", "status", "slot", "started_at", "finished_at", "counts", "removal", "held", "note"),
    *("user_name", "host", "program_version", "job_sha256", "district_sha256"),
    *("input_name", "input_sha256", "input_modified", "source_commit"),
)
_INTEGERS = ("number", "input_size", "pid", "attempts")
_DTYPES: dict[str, type[pl.DataType]] = {**dict.fromkeys(_TEXTS, pl.String), **dict.fromkeys(_INTEGERS, pl.Int64)}
_INSTANTS = ("started_at", "finished_at", "input_modified")


class RunStart(Struct, frozen=True, kw_only=True):
    """What is known of a run when it starts. `slot` names the scheduled slot that it claims; `pid` and `host` its owner."""

    id: str
    job: str
    kind: str
    started_at: datetime
    user_name: str
    host: str
    pid: int
    program_version: str
    job_sha256: str
    district_sha256: str
    status: str = "running"
    slot: str | None = None
    compared_as: str | None = None
    note: str | None = None


class RunRow(RunStart, frozen=True, kw_only=True):
    """A run as the store has it. `number` counts runs; `attempts` how often its slot was tried; the last five are None for a run that read
    no input, or none to its end (runner.store.commit.RanOn)."""

    number: int
    attempts: int
    finished_at: datetime | None
    counts: Mapping[str, int] | None
    removal: Mapping[str, object] | None
    held: tuple[Mapping[str, object], ...]
    source_commit: str | None
    input_name: str | None
    input_sha256: str | None
    input_size: int | None
    input_modified: datetime | None


def insert_run(session: Session, start: RunStart) -> int:
    """Writes the row of a run that starts; gives its number. Inside a writing transaction."""
    session.run("UPDATE meta SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT) WHERE key = 'last_run_number'")
    number = session.number("SELECT CAST(value AS BIGINT) FROM meta WHERE key = 'last_run_number'") or 0
    row = _row(start, number)
    session.insert("run", row)
    return number


def end_run(session: Session, run_id: str, end: RunEnd) -> int:
    """Writes a run's last row; gives its number. Raises NotFound for an unknown run. Inside a writing transaction, after which a signal
    finds the run done: it waits from here on."""
    number = session.number("SELECT number FROM run WHERE id = $1", run_id)
    if number is None:
        raise NotFound(f"there is no run {run_id}", "`runner runs` lists them")
    session.run(
        "UPDATE run SET status = $1, finished_at = $2, counts = $3, removal = $4, held = $5, note = coalesce($6, note),"
        " compared_as = coalesce($7, compared_as) WHERE number = $8",
        *(
            end.status,
            to_text(end.finished_at),
            _json(end.counts),
            _json(end.removal),
            _json(list(end.held)),
            end.note,
            end.compared_as,
            number,
        ),
    )
    if end.ran_on is not None:
        _note_input(session, number, end.ran_on)
    finish_first()
    return number


def claim_slot(session: Session, start: RunStart) -> bool:
    """Whether `start` may have its slot: a first row, or one that a dead owner left `running` or `interrupted` (one attempt more).

    Call under the store's lock, inside a writing transaction: a `running` row's owner is then dead.
    """
    known = session.rows(
        "SELECT status, id FROM run WHERE job = $1 AND slot = $2", {"status": pl.String, "id": pl.String}, start.job, start.slot
    )
    if known.is_empty():
        insert_run(session, start)
        return True
    if known["status"][0] not in ("running", "interrupted"):
        return False
    session.run(
        "UPDATE run SET id = $1, status = $2, pid = $3, host = $4, started_at = $5, finished_at = NULL, kind = $6, attempts = attempts + 1,"
        " note = $7, user_name = $8, program_version = $9, job_sha256 = $10, district_sha256 = $11 WHERE id = $12",
        *(start.id, start.status, start.pid, start.host, to_text(start.started_at), start.kind),
        *(start.note, start.user_name, start.program_version, start.job_sha256, start.district_sha256, known["id"][0]),
    )
    return True


def _note_input(session: Session, number: int, ran_on: RanOn) -> None:
    session.run(
        "UPDATE run SET input_name = $1, input_sha256 = $2, input_size = $3, input_modified = $4, source_commit = $5 WHERE number = $6",
        *(ran_on.input_name, ran_on.input_sha256, ran_on.input_size, to_text(ran_on.input_modified), ran_on.source_commit, number),
    )


def mark_interrupted(session: Session, now: datetime, but: str | None) -> list[str]:
    """Ends every run that says `running` (but one) as `interrupted`; gives their ids. Under the store's lock, in a writing transaction."""
    left = session.rows("SELECT id FROM run WHERE status = 'running'", {"id": pl.String})["id"].sort().to_list()
    dead = [run_id for run_id in left if run_id != but]
    for run_id in dead:
        end_run(session, run_id, RunEnd("interrupted", now, note="the process that ran it ended before it was done"))
    return dead


def decide(session: Session, run_id: str, decision: str, by: str | None, at: str, note: str | None) -> None:
    """Writes or replaces the decision on a run's held actions. Inside a writing transaction."""
    session.run(
        "INSERT INTO approval (run_id, decision, decided_by, decided_at, note) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (run_id)"
        " DO UPDATE SET decision = excluded.decision, decided_by = excluded.decided_by, decided_at = excluded.decided_at,"
        " note = excluded.note",
        *(run_id, decision, by, at, note),
    )


def decision(session: Session, run_id: str) -> dict[str, str | None] | None:
    """The decision on a run's held actions; None where there is none yet."""
    dtypes: dict[str, type[pl.DataType]] = dict.fromkeys(("decision", "decided_by", "decided_at", "note", "applied_by_run"), pl.String)
    found = session.rows(f"SELECT {', '.join(dtypes)} FROM approval WHERE run_id = $1", dtypes, run_id)
    return None if found.is_empty() else found.row(0, named=True)


def runs(session: Session, job: str | None, limit: int | None) -> pl.DataFrame:
    """Runs, newest first: every column of `run`; instants as Datetime(us, UTC), `counts`, `removal`, `held` as JSON text."""
    sql = f"SELECT {', '.join(_DTYPES)} FROM run" + (" WHERE job = $1" if job is not None else "") + " ORDER BY number DESC"
    sql += f" LIMIT {int(limit)}" if limit is not None else ""
    found = session.rows(sql, _DTYPES, *([job] if job is not None else [])).sort("number", descending=True)
    return found.with_columns(as_datetimes(pl.col(name)) for name in _INSTANTS)


def run(session: Session, run_id: str) -> RunRow:
    """One run. Raises NotFound."""
    found = session.rows(f"SELECT {', '.join(_DTYPES)} FROM run WHERE id = $1", _DTYPES, run_id)
    if found.is_empty():
        raise NotFound(f"there is no run {run_id}", "`runner runs` lists them")
    cells = found.row(0, named=True)
    for name in _INSTANTS:
        cells[name] = None if cells[name] is None else from_text(cells[name])
    for name in ("counts", "removal"):
        cells[name] = None if cells[name] is None else json.loads(cells[name])
    cells["held"] = tuple(json.loads(cells["held"] or "[]"))
    return RunRow(**cells)


def _row(start: RunStart, number: int) -> pl.DataFrame:
    cells = {name: getattr(start, name) for name in RunStart.__struct_fields__}
    cells = {name: to_text(value) if isinstance(value, datetime) else value for name, value in cells.items()}
    dtypes = {name: _DTYPES[name] for name in cells}
    return pl.DataFrame({name: [value] for name, value in cells.items()}, schema=dtypes).with_columns(number=pl.lit(number, dtype=pl.Int64))


def _json(value: object) -> str | None:
    return None if value is None else json.dumps(value, sort_keys=True, ensure_ascii=False)
