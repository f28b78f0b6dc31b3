"""From a job to a plan: source, intake, mapping, health, planner, guards, policy. Writes nothing but its private work folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from datetime import date, datetime
from pathlib import Path

import polars as pl
from msgspec import Struct, field
from msgspec.structs import replace

from runner.errors import FileRefused
from runner.frames import messages_from
from runner.intake.health import check_health
from runner.intake.read import Surveyed, read_rows
from runner.intake.rows import InputHistory, KeyShape, Rows
from runner.job.model import CirculationProperties, Job, RunKind
from runner.mapping.circulation import CirculationRecords, map_circulation
from runner.mapping.columns import wanted_columns
from runner.mapping.records import Records
from runner.plan.circulation import CirculationPlan, plan_circulation
from runner.plan.guards import guarded_plan
from runner.plan.model import Plan, changeless
from runner.plan.narrow import Finder
from runner.plan.reader import Reader
from runner.policy.gates import too_old
from runner.run.awaited import awaited, beside
from runner.run.keys import record_mac, text_mac
from runner.run.line_memory import Memory, line_seed, meaning_of, recall, setting_of
from runner.run.progress import Progress
from runner.run.read_patrons import Read, read_patrons
from runner.run.removal import Removals, circulation_gate, with_policy
from runner.source import fetch
from runner.source.fetched import Fetched
from runner.store.commit import TRANSACTIONS, RunEnd
from runner.store.reader import StoreReader

BLOCKED = pl.Schema({"patron": pl.String, "site": pl.String, "reason": pl.String})


class Asked(Struct, frozen=True):
    """What a run was asked to do. `kind` as typed; `as_of` moves the policy's date; `accept_input` and `accept_key` are reasons or None."""

    kind: RunKind
    now: datetime
    as_of: date | None = None
    accept_input: str | None = None
    accept_key: str | None = None


class Prepared(Struct, frozen=True):
    """A whole plan and what it was made from. `input` is what the next run compares its file with; `load` is what a circulation job loads
    (its plan changes nobody); `rows` gives all good rows and `surveyed` tells of the file's lines, while the work folder stands; it
    is None where all that it could tell is remembered already. `memory` is what an earlier run knew of them; `meaning` what has to be as it
    is for the plan to mean the same, `setting` for the lines (runner.run.line_memory).
    `loads_news`: whether `load` differs from the last. `transactions`: TRANSACTIONS of the patrons that the plan deletes."""

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
    rows: Callable[[], Rows] | None = None
    surveyed: Surveyed | None = None
    memory: Memory | None = None
    meaning: Mapping[str, str] = field(default_factory=dict)
    setting: Mapping[str, str] = field(default_factory=dict)
    loads_news: bool = False
    transactions: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=TRANSACTIONS))


def asked_kind(job: Job, kind: str | None, now: datetime) -> RunKind:
    """The kind typed, else the schedule's for today in the district's zone, else full."""
    if kind in ("full", "incremental") and job.kind == "patrons":
        return "full" if kind == "full" else "incremental"
    if job.schedule is None or job.kind == "circulation":
        return "full"
    return job.schedule.days[now.astimezone(job.district.time_zone).weekday()] or "full"


def fetch_input(job: Job, folder: Path, now: datetime, progress: Progress, early: Future[Fetched] | None = None) -> Fetched:
    """A private copy of the job's input, or the one that was begun `early`. Raises SourceError."""
    with progress.stage("fetch") as stage:
        return early.result() if early is not None else fetch(job.source, folder, now=now, progress=stage.advance)


def read_input(job: Job, fetched: Fetched, folder: Path, progress: Progress) -> Rows:
    """The input's good rows. Raises FileRefused; a circulation job may allow a file that has a header only."""
    properties = job.properties
    empty = isinstance(properties, CirculationProperties) and properties.allow_empty
    try:
        with progress.stage("read") as stage:
            return read_rows(
                fetched, job.source.format, wanted_columns(properties), folder=folder, progress=stage.advance, allow_header_only=empty
            )
    except FileRefused as refused:
        if refused.code != "file-header-only" or not isinstance(properties, CirculationProperties):
            raise
        hint = "check that the export ran; where the table may be empty, as in summer, write `allow_empty: true` under `properties`"
        raise FileRefused(refused.text, hint, code=refused.code) from None


def prepare(
    job: Job,
    reader: StoreReader,
    asked: Asked,
    key: bytes,
    folder: Path,
    progress: Progress,
    lines: Path | None = None,
    early: Future[Fetched] | None = None,
    *,
    held_elsewhere: Callable[[], pl.Series | None],
) -> Prepared:
    """The whole plan of a run. `lines` is the folder of what runs remember of their inputs' lines; `early`: its input, where fetching it
    has begun; `held_elsewhere`: Int64 ids of patrons of whom another job holds a change (None: it may be
    anybody). Raises SourceError, FileRefused."""
    today = job.district.today(asked.now)
    meaning = meaning_of(job, today)
    setting = setting_of(meaning, key)
    with beside(2) as aside:
        fetched, memory, busy = _fetch_and_recall(job, reader, asked, setting, folder, progress, lines, early, aside)
        if job.kind == "circulation":
            return _prepare_load(job, reader, asked, fetched, folder, progress)
        seed = line_seed(key)
        read = read_patrons(job, fetched, busy, asked.kind, today=today, memory=memory, seed=seed, folder=folder, progress=progress)
    notes = _health(job, reader, asked, fetched, read.good, read.shapes, malformed=read.records.malformed)
    plan = _plan(job, read, reader, asked, key, progress)
    with progress.stage("policy"):
        done = _removals(job, plan, read, reader, asked, fetched.modified, key, held_elsewhere)
    notes = pl.concat([notes, read.notes])
    return Prepared(
        fetched,
        read.records,
        with_warnings(done.plan, notes),
        InputHistory(fetched.sha256, read.good, read.shapes, plan.sites),
        notes,
        removal=done.gate,
        blocked=done.blocked,
        as_of=asked.as_of,
        rows=lambda: read.survey().rows(wanted_columns(job.properties), folder=folder),
        surveyed=None if read.file_again else read.survey(),
        memory=memory if isinstance(memory, Memory) else None,
        meaning=meaning,
        setting=setting,
        transactions=reader.transactions_of(done.plan.deletes["patron_id"].drop_nulls()),
    )


def _fetch_and_recall(
    job: Job,
    reader: StoreReader,
    asked: Asked,
    setting: Mapping[str, str],
    folder: Path,
    progress: Progress,
    lines: Path | None,
    early: Future[Fetched] | None,
    aside: Executor,
) -> tuple[Fetched, Memory | str | None, Finder]:
    """The input; what an earlier run knew of its lines; and the reader, which reads the patrons as they are now while the input is fetched
    and its lines are looked at."""
    note = None if lines is None or job.kind == "circulation" else reader.lines_note(job.key)
    if lines is None or note is None:
        return fetch_input(job, folder, asked.now, progress, early), None, reader
    remembered = aside.submit(recall, setting, note, lines)
    busy = awaited(reader, aside.submit(reader.patrons, ["id", "version"]))
    fetched = fetch_input(job, folder, asked.now, progress, early)
    return fetched, remembered.result(), busy


def _health(
    job: Job,
    reader: Reader,
    asked: Asked,
    fetched: Fetched,
    rows: int,
    shapes: Sequence[KeyShape],
    *,
    malformed: int,
    allow_shrunk: bool = False,
) -> pl.DataFrame:
    """The messages of the file health gate, and one where the file is older than the job wants it. Raises FileRefused."""
    found = check_health(
        rows,
        reader.input_history(job.key),
        shapes,
        sha256=fetched.sha256,
        min_rows_percent=job.source.min_rows_percent,
        sites=_matched_by_site(job),
        malformed=malformed,
        accept=asked.accept_input,
        allow_shrunk=allow_shrunk,
    )
    old = too_old(job.source.max_age, fetched.modified, asked.now)
    rows_told = pl.DataFrame({"text": [old] if old else []}, schema={"text": pl.String})
    return pl.concat([found, messages_from(rows_told, "input-old", "warning", pl.col("text"), line=pl.lit(None))])


def _matched_by_site(job: Job) -> frozenset[str] | None:
    """The district's short names where records are matched by site and barcode, else None."""
    if job.properties.match_by != "site_and_barcode":
        return None
    return frozenset(site.short_name for site in job.district.sites)


def with_warnings(plan: Plan, notes: pl.DataFrame) -> Plan:
    """The plan with the warnings that were said of its input counted."""
    more = notes.filter(pl.col("severity") == "warning").height
    return replace(plan, counts={**plan.counts, "warnings": plan.counts["warnings"] + more}) if more else plan


def _plan(job: Job, read: Read, reader: Reader, asked: Asked, key: bytes, progress: Progress) -> Plan:
    with progress.stage("compare"):
        return guarded_plan(
            job,
            read.records,
            reader,
            kind=asked.kind,
            now=asked.now,
            password_mac=text_mac(key),
            record_mac=record_mac(key),
            circulation_good=circulation_gate(job.district, reader, asked.now).open,
            among=read.among,
        )


def _removals(
    job: Job,
    plan: Plan,
    read: Read,
    reader: Reader,
    asked: Asked,
    modified: datetime,
    key: bytes,
    held_elsewhere: Callable[[], pl.Series | None],
) -> Removals:
    return with_policy(
        job,
        plan,
        reader,
        read.records,
        now=asked.now,
        as_of=asked.as_of,
        modified=modified,
        record_mac=record_mac(key),
        held_elsewhere=held_elsewhere,
    )


def _prepare_load(job: Job, reader: Reader, asked: Asked, fetched: Fetched, folder: Path, progress: Progress) -> Prepared:
    """A circulation table's new rows; always full. (docs/domain.md section 10.)"""
    properties = job.properties
    assert isinstance(properties, CirculationProperties)
    rows = read_input(job, fetched, folder, progress)
    with progress.stage("map"):
        records = map_circulation(rows, job)
    good = rows.rows_read - rows.malformed.height
    notes = _health(job, reader, asked, fetched, good, (), malformed=rows.malformed.height, allow_shrunk=properties.allow_empty)
    with progress.stage("compare"):
        load = plan_circulation(records, reader, [site.short_name for site in job.district.sites])
    plan = with_warnings(changeless("full", load.counts, load.outcomes, load.messages), notes)
    history = InputHistory(fetched.sha256, good)
    news = _is_news(job.key, properties.table, fetched, load, reader)
    return Prepared(fetched, records, plan, history, notes, load=load, rows=lambda: rows, loads_news=news)


def _is_news(job: str, table: str, fetched: Fetched, load: CirculationPlan, reader: Reader) -> bool:
    """Whether a load would bring other rows than the last: of another file, or of other patrons, whose number then differs."""
    last = reader.input_history(job)
    loaded = reader.circulation_loads().filter((pl.col("table_name") == table) & (pl.col("job") == job))["row_count"]
    return last is None or last.sha256 != fetched.sha256 or loaded.to_list() != [load.rows.height]
