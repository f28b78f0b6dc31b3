"""What a run holds, kept beside its report until somebody approves or rejects it, it expires, or the next run takes its place."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import polars as pl
from msgspec.structs import replace

from runner.counted import counted
from runner.errors import RunnerError
from runner.frames import MESSAGES, messages_from
from runner.job.model import Job
from runner.mapping.fingerprint import HASH_VERSION
from runner.mapping.records import Records
from runner.plan.held import held_plan, with_new_ids
from runner.run.identity import elsewhere
from runner.run.places import DistrictPlaces, make_private
from runner.run.planfile import SavedPlan, read_plan, write_plan
from runner.run.prepare import BLOCKED, Prepared
from runner.run.session import Session
from runner.store.commit import Applied, RunEnd
from runner.store.runs import RunRow
from runner.store.store import Store

FILE = "held.plan"
_BY_POLICY = ("inactivate",)  # what no file asks for


def keep_held(session: Session, prepared: Prepared, records: Records, hashes: pl.DataFrame) -> SavedPlan | None:
    """Writes `held.plan` (0600) into the run's folder before the run commits; None where nothing is held.

    `hashes`: of the passwords that held changes set, so that an approval needs no clear password and no input."""
    if not prepared.plan.held:
        return None
    rows = records.frame.select("line", "row_hash")
    plan = held_plan(prepared.plan, rows)
    job = session.job
    about = {
        "run": session.run,
        "job": job.key,
        "job_sha256": job.sha256,
        "district_sha256": job.district.sha256,
        "fingerprint": records.fingerprint,
        "hash_version": HASH_VERSION,
    }
    leaving = plan.deletes["patron_id"].drop_nulls()
    saved = SavedPlan(
        plan,
        pl.DataFrame(schema=BLOCKED),
        pl.DataFrame(schema=MESSAGES),
        rows.join(plan.changes.select("line"), on="line", how="semi"),
        about,
        hashes=hashes,
        transactions=prepared.transactions.filter(pl.col("patron_id").is_in(leaving.implode())),
    )
    make_private(session.folder)
    write_plan(session.folder / FILE, saved)
    return saved


def settle_held(session: Session, saved: SavedPlan | None, applied: Applied) -> None:
    """After the commit: held changes of patrons that the run itself added name them by their new ids."""
    if saved is None or applied.added.is_empty():
        return
    plan = with_new_ids(saved.plan, applied.added)
    if not plan.changes.equals(saved.plan.changes) or not plan.associations.equals(saved.plan.associations):
        # Whom the run added itself had borrowed nothing then.
        new = plan.deletes["patron_id"].drop_nulls().to_frame().join(saved.transactions, on="patron_id", how="anti")
        nothing = new.select("patron_id", transactions=pl.lit(None, pl.String))
        write_plan(session.folder / FILE, replace(saved, plan=plan, transactions=pl.concat([saved.transactions, nothing])))


def with_superseded(session: Session, prepared: Prepared) -> Prepared:
    """The prepared run with what it ends: earlier runs of its job that still hold something, each with a note."""
    rows = waiting(session.store, session.job)
    if not rows:
        return prepared
    ends = {row.id: ended_as(row, "superseded", f"superseded by {session.run}") for row in rows}
    told = pl.DataFrame({"run": [row.id for row in rows], "count": [_changes(held_count(row.held)) for row in rows]})
    lines = told.with_columns(line=pl.lit(None, pl.UInt32))
    text = pl.format("What {} held ({}) was not approved in time; this run has decided on it anew", "run", "count")
    notes = messages_from(lines, "held-superseded", "note", text)
    return replace(prepared, notes=pl.concat([notes, prepared.notes.select(MESSAGES.names()).cast(dict(MESSAGES))]), supersedes=ends)  # type: ignore[arg-type]


def _changes(count: int) -> str:
    return counted(count, "change", "changes")


def waiting(store: Store, job: Job) -> list[RunRow]:
    """The job's runs that hold something, newest first."""
    return _holding(store, store.runs(job.key))


def _holding(store: Store, runs: pl.DataFrame) -> list[RunRow]:
    return [store.run(run) for run in runs.filter(pl.col("status") == "held")["id"]]


def held_elsewhere(store: Store, job: Job, places: DistrictPlaces, now: datetime) -> pl.Series | None:
    """Int64 ids of patrons of whom another job of the district holds a change of its file that can still be approved; None where it may
    be anybody, for who it is lies on another machine alone."""
    ids = [pl.Series("patron_id", [], dtype=pl.Int64)]
    for row in _holding(store, store.runs().filter(pl.col("job") != job.key)):
        if now <= expires(row, job):
            if elsewhere(row.host) and not (places.run_folder(row.id) / FILE).exists():
                if any(each.get("action") not in _BY_POLICY for each in row.held):
                    return None
                continue
            with suppress(RunnerError, OSError):  # what cannot be read cannot be approved either
                changes = read_plan(places.run_folder(row.id) / FILE).plan.changes
                ids.append(changes.filter(pl.col("cause") == "file")["patron_id"].drop_nulls())
    return pl.concat(ids).unique()


def ended_as(row: RunRow, status: str, note: str) -> RunEnd:
    """The last row of a run that ended before, with another status: everything else stays as it was."""
    finished = row.finished_at or row.started_at
    return RunEnd(status, finished, row.counts, row.removal, row.held, note, row.compared_as)


def held_count(held: tuple[Mapping[str, object], ...]) -> int:
    """How many changes a run holds."""
    return sum(int(str(each.get("count") or 0)) for each in held)


def expires(row: RunRow, job: Job) -> datetime:
    """When what the run holds can no longer be approved."""
    return (row.finished_at or row.started_at) + job.district.approvals_expire


def drop_held(folder: Path) -> None:
    """The file is a list of children's records that nobody needs any more once it is decided."""
    (folder / FILE).unlink(missing_ok=True)
