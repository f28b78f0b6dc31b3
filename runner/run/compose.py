"""The report's data from a plan and its run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

import polars as pl

from runner import clock
from runner.counted import counted
from runner.frames import CHANGES, MESSAGES, OUTCOME_ROWS, VALUES
from runner.job.model import CirculationProperties, Job
from runner.plan.model import Held, Plan
from runner.report.model import COUNTS, NIGHTS, PastRun, RunReport
from runner.run.identity import provenance
from runner.run.prepare import BLOCKED
from runner.source.fetched import Fetched
from runner.store.store import Store

_HISTORY = 30
MANY_PATRONS = 50_000


def report_of_plan(
    job: Job,
    plan: Plan,
    *,
    run: str,
    status: str,
    started_at: datetime,
    finished_at: datetime | None,
    fetched: Fetched | None,
    removal: Mapping[str, object] | None,
    blocked: pl.DataFrame,
    messages: pl.DataFrame,
    history: Sequence[PastRun],
    timings: Mapping[str, float],
    note: str | None = None,
) -> RunReport:
    """The report of a planned or applied run. `note`: of an approval or an undo, what it is about."""
    return _report(
        job,
        run=run,
        kind=plan.kind,
        compared_as=plan.compared_as,
        status=status,
        started_at=started_at,
        finished_at=finished_at,
        counts=plan.counts,
        removal=removal,
        held=[held_plain(each) for each in plan.held],
        messages=messages,
        changes=plan.changes,
        values=plan.values,
        adds=plan.adds,
        outcomes=plan.outcomes,
        blocked=blocked,
        history=history,
        fetched=fetched,
        advice=advice(job, plan.kind, plan.counts["records_read"]),
        failure=None,
        timings=timings,
        note=note,
    )


def report_of_failure(
    job: Job,
    *,
    run: str,
    kind: str,
    status: str,
    started_at: datetime,
    finished_at: datetime,
    failure: str,
    messages: pl.DataFrame,
    history: Sequence[PastRun],
    timings: Mapping[str, float],
    fetched: Fetched | None = None,
) -> RunReport:
    """The report of a run that changed nothing."""
    return _report(
        job,
        run=run,
        kind=kind,
        compared_as=kind,
        status=status,
        started_at=started_at,
        finished_at=finished_at,
        counts=dict.fromkeys(COUNTS, 0),
        removal=None,
        held=[],
        messages=messages,
        changes=pl.DataFrame(schema=CHANGES),
        values=pl.DataFrame(schema=VALUES),
        outcomes=pl.DataFrame(schema=OUTCOME_ROWS),
        blocked=pl.DataFrame(schema=BLOCKED),
        history=history,
        fetched=fetched,
        advice=[],
        failure=failure,
        timings=timings,
    )


def history_of(store: Store, job: str) -> list[PastRun]:
    """The last runs of a job that finished with counts, newest first."""
    found = store.runs(job, limit=_HISTORY * 2).filter(pl.col("counts").is_not_null() & pl.col("kind").is_in(NIGHTS)).head(_HISTORY)
    return [PastRun(row["id"], row["status"], row["kind"], row["started_at"], json.loads(row["counts"])) for row in found.to_dicts()]


def held_plain(held: Held) -> dict[str, object]:
    """A held kind as the JSON document has it."""
    return {"action": held.action, "count": held.count, "guard": held.guard}


def advice(job: Job, kind: str, records: int) -> list[str]:
    """What every report advises on full and incremental runs. (docs/domain.md section 5.)"""
    days = set(job.schedule.days) if job.schedule else set()
    if kind not in NIGHTS:
        return []
    if records >= MANY_PATRONS and "incremental" not in days and job.schedule is not None:
        return [f"With {records:,} records, run incremental on weekdays and full on weekends."]
    if records < MANY_PATRONS and "incremental" in days:
        few = counted(records, "record", "records")
        return [f"With {few} (under {MANY_PATRONS:,}), run full every time: it also puts the store's drift right."]
    return []


def joined_messages(*parts: pl.DataFrame) -> pl.DataFrame:
    """Messages of several sources in one frame, by line; those of the file as a whole first."""
    whole = pl.concat([pl.DataFrame(schema=MESSAGES), *(part.select(MESSAGES.names()).cast(MESSAGES) for part in parts)])
    return whole.sort("line", nulls_last=False, maintain_order=True)


def failure_message(code: str, text: str, line: int | None = None) -> pl.DataFrame:
    """The message of a run that was refused as a whole."""
    cells = {"code": [code], "severity": ["refused"], "line": [line], "text": [text]}
    return pl.concat(
        [pl.DataFrame(schema=MESSAGES), pl.DataFrame(cells).cast({"severity": MESSAGES["severity"], "line": pl.UInt32})], how="diagonal"
    )


def _report(job: Job, *, run: str, fetched: Fetched | None, **parts: object) -> RunReport:
    """What every report of a job has in common."""
    return RunReport(
        run=run,
        job=job.key,
        district_name=job.district.name,
        description=job.description,
        zone=job.district.time_zone.key,
        clock_fixed=clock.is_fixed(),
        provenance=provenance(job, fetched, run),
        show_values=job.district.show_values,
        summary=job.options.summary,
        subject=job.properties.table if isinstance(job.properties, CirculationProperties) else "patrons",
        **parts,  # type: ignore[arg-type]
    )
