"""From a job to a plan: source, intake, mapping, health, planner, guards, policy. Writes nothing but its private work folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import polars as pl

from runner.intake.health import check_health, key_shapes
from runner.intake.read import read_rows
from runner.intake.rows import InputHistory, Rows
from runner.job.model import CirculationProperties, Job, PatronProperties, RunKind
from runner.mapping.circulation import CirculationRecords, map_circulation
from runner.mapping.columns import wanted_columns
from runner.mapping.patrons import map_rows
from runner.mapping.records import Records
from runner.plan.circulation import CirculationPlan, plan_circulation
from runner.plan.guards import guarded_plan
from runner.plan.model import Plan, changeless
from runner.plan.reader import Reader
from runner.run.keys import record_mac, text_mac
from runner.run.progress import Progress
from runner.run.removal import circulation_gate, with_policy
from runner.source import fetch
from runner.source.fetched import Fetched
from runner.store.commit import RunEnd

BLOCKED = pl.Schema({"patron": pl.String, "site": pl.String, "reason": pl.String})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run was asked to do. `kind` as typed; `as_of` moves the policy's date; `accept_input` is a reason or None."""

    kind: RunKind
    now: datetime
    as_of: date | None = None
    accept_input: str | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A whole plan and what it was made from. `input` is what the next run compares its file with; `load` is what a circulation job loads
    (its plan changes nobody); `rows` can be read while the work folder stands."""

    fetched: Fetched
    records: Records | CirculationRecords
    plan: Plan
    input: InputHistory
    notes: pl.DataFrame
    removal: Mapping[str, object] | None = None
    load: CirculationPlan | None = None
    as_of: date | None = None
    blocked: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=BLOCKED))
    supersedes: Mapping[str, RunEnd] = field(default_factory=dict)
    rows: Rows | None = None


def asked_kind(job: Job, kind: str | None, now: datetime) -> RunKind:
    """The kind typed, else the schedule's for today in the district's zone, else full."""
    if kind in ("full", "incremental") and job.kind == "patrons":
        return "full" if kind == "full" else "incremental"
    if job.schedule is None or job.kind == "circulation":
        return "full"
    return job.schedule.days[now.astimezone(job.district.time_zone).weekday()] or "full"


def fetch_input(job: Job, folder: Path, now: datetime, progress: Progress) -> Fetched:
    """A private copy of the job's input. Raises SourceError."""
    with progress.stage("fetch") as stage:
        return fetch(job.source, folder, now=now, progress=stage.advance)


def read_input(job: Job, fetched: Fetched, folder: Path, progress: Progress) -> Rows:
    """The input's good rows. Raises FileRefused; a circulation job may allow a file that has a header only."""
    properties = job.properties
    empty = isinstance(properties, CirculationProperties) and properties.allow_empty
    with progress.stage("read") as stage:
        return read_rows(
            fetched, job.source.format, wanted_columns(properties), folder=folder, progress=stage.advance, allow_header_only=empty
        )


def read_records(job: Job, fetched: Fetched, folder: Path, progress: Progress) -> tuple[Rows, Records]:
    """The input's rows and records of a patrons job. Raises FileRefused."""
    rows = read_input(job, fetched, folder, progress)
    with progress.stage("map"):
        return rows, map_rows(rows, job)


def prepare(job: Job, reader: Reader, asked: Asked, key: bytes, folder: Path, progress: Progress) -> Prepared:
    """The whole plan of a run. Raises SourceError, FileRefused."""
    fetched = fetch_input(job, folder, asked.now, progress)
    if job.kind == "circulation":
        return _prepare_load(job, reader, asked, fetched, folder, progress)
    rows, records = read_records(job, fetched, folder, progress)
    shapes = key_shapes(records.frame, _key_columns(job))
    good = rows.rows_read - rows.malformed.height
    notes = check_health(
        good,
        reader.input_history(job.key),
        shapes,
        sha256=fetched.sha256,
        min_rows_percent=job.source.min_rows_percent,
        accept=asked.accept_input is not None,
    )
    keyed = record_mac(key)
    with progress.stage("compare"):
        plan = guarded_plan(
            job,
            records,
            reader,
            kind=asked.kind,
            now=asked.now,
            password_mac=text_mac(key),
            record_mac=keyed,
            circulation_good=circulation_gate(job.district, reader, asked.now).open,
        )
    with progress.stage("policy"):
        done = with_policy(job, plan, reader, records, now=asked.now, as_of=asked.as_of, modified=fetched.modified, record_mac=keyed)
    history = InputHistory(fetched.sha256, good, shapes, plan.sites)
    return Prepared(fetched, records, done.plan, history, notes, removal=done.gate, blocked=done.blocked, as_of=asked.as_of, rows=rows)


def _prepare_load(job: Job, reader: Reader, asked: Asked, fetched: Fetched, folder: Path, progress: Progress) -> Prepared:
    """A circulation table's new rows; always full. (docs/domain.md section 10.)"""
    properties = job.properties
    assert isinstance(properties, CirculationProperties)
    rows = read_input(job, fetched, folder, progress)
    with progress.stage("map"):
        records = map_circulation(rows, job)
    good = rows.rows_read - rows.malformed.height
    notes = check_health(
        good,
        reader.input_history(job.key),
        (),
        sha256=fetched.sha256,
        min_rows_percent=job.source.min_rows_percent,
        accept=asked.accept_input is not None,
        allow_shrunk=properties.allow_empty,
    )
    with progress.stage("compare"):
        load = plan_circulation(records, reader)
    plan = changeless("full", load.counts, load.outcomes, load.messages)
    return Prepared(fetched, records, plan, InputHistory(fetched.sha256, good), notes, load=load, rows=rows)


def _key_columns(job: Job) -> list[str]:
    properties = job.properties
    if isinstance(properties, PatronProperties) and properties.match_by == "site_and_barcode":
        return ["barcode"]
    return ["district_id"]
