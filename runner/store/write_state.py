"""What a job remembers: its baseline, whom it saw and who went missing, the values it sent, the types it made."""

from __future__ import annotations

from concurrent.futures import Executor, Future

import polars as pl
from msgspec import Struct

from runner.store.commit import JobState, Written
from runner.store.input_history import history_to_text
from runner.store.instants import to_text
from runner.store.job_sets import (
    Kind,
    Next,
    Stored,
    has_noted_lines,
    next_beside,
    next_set,
    note_lines,
    numbers_of,
    stored_as,
    stored_beside,
    stored_set,
    write_set,
)
from runner.store.session import Session
from runner.store.work import Work


class Begun(Struct, frozen=True):
    """What another processor makes while the database writes; None of what does not change."""

    baseline: Future[Next | None] | None
    seen: Future[Seen] | None
    lines: Future[str | None] | None


class Seen(Struct, frozen=True):
    """What to write of the patrons that this run saw, all their ids, and the ids of those whom only earlier runs saw."""

    made: Next | None
    ids: pl.Series
    missing: pl.Series


def begin_job_state(work: Work, moved_lines: pl.Series, aside: Executor) -> Begun | None:
    """Has the large parts of the job's memory made by another processor; it asks no database. `moved_lines`: of records left out."""
    state = work.commit.job_state
    if state is None:
        return None
    # What write_updates gives each changed patron.
    versions = work.touched().with_columns(version=pl.col("version") + 1)
    written = Written(work.plan, work.added, versions, moved_lines)
    lines = None if state.lines is None else aside.submit(state.lines, written)  # the longest, and it needs nothing of the store
    baseline = None if state.baseline == "keep" else _begin_baseline(work, state, moved_lines, aside)
    seen = None if state.seen_at is None else _stored(work, state, "seen", work.plan.seen)
    return Begun(
        baseline=baseline,
        seen=None if state.seen_at is None else aside.submit(_seen, work, seen),
        lines=lines,
    )


def _begin_baseline(work: Work, state: JobState, moved_lines: pl.Series, aside: Executor) -> Future[Next | None]:
    """The next baseline, on its way: from what is known of the former one where that can be, else from what the store has of it."""
    applied, known = work.plan.applied_hashes, state.former
    if known is not None and state.baseline == "replace" and moved_lines.is_empty() and has_noted_lines(work.session, state.job):
        stored = stored_beside(work.session, state.job, "baseline")
        if stored is not None:
            return aside.submit(lambda: next_beside(stored, known(), applied))
    return aside.submit(_baseline, applied, state, moved_lines, _stored(work, state, "baseline", applied))


def _stored(work: Work, state: JobState, kind: Kind, numbers: pl.Series) -> Stored | None:
    """The set as it is stored. On a night without any change it mostly is what it was (`numbers`): then its cells need not be read."""
    quiet = work.commit.plan.changes.is_empty() and state.baseline == "replace"
    return (stored_as(work.session, state.job, kind, numbers) if quiet else None) or stored_set(work.session, state.job, kind)


def write_job_state(work: Work, begun: Begun | None) -> None:
    """Saves `commit.job_state`; records of patrons left out as moved stay out of the baseline, so that they are tried again."""
    state = work.commit.job_state
    if state is None or begun is None:
        return
    session = work.session
    session.run(
        "INSERT INTO job_state (job, run_number, saved_at) VALUES ($1, $2, $3)"
        " ON CONFLICT (job) DO UPDATE SET run_number = excluded.run_number, saved_at = excluded.saved_at",
        *(state.job, work.run_number, work.now),
    )
    if begun.baseline is not None:
        write_set(session, state.job, "baseline", begun.baseline.result())
        session.run(
            "UPDATE job_state SET fingerprint = $1, hash_version = $2 WHERE job = $3", state.fingerprint, state.hash_version, state.job
        )
    if state.input is not None:
        session.run("UPDATE job_state SET input = $1 WHERE job = $2", history_to_text(state.input), state.job)
    if begun.seen is not None and state.seen_at is not None:
        _write_seen(session, state.job, begun.seen.result())
        session.run("UPDATE job_state SET seen_at = $1 WHERE job = $2", to_text(state.seen_at), state.job)
    if begun.lines is not None:
        note_lines(session, state.job, begun.lines.result())


def write_sent(work: Work) -> None:
    """The bases of `if_source_changed` fields, replaced by what this run sent."""
    state, sent = work.commit.job_state, work.plan.sent
    if state is None or sent.is_empty():
        return
    if work.added.height:
        joined = sent.join(work.added.rename({"patron_id": "new_id"}), on="ref", how="left", maintain_order="left")
        sent = joined.with_columns(patron_id=pl.coalesce("patron_id", "new_id"))
    rows = sent.filter(pl.col("patron_id").is_not_null()).select("patron_id", "field", "value", "fingerprint")
    work.session.stage("stage_sent", rows.unique(["patron_id", "field"], keep="last", maintain_order=True))
    work.session.run(
        "INSERT INTO sent_value (job, patron_id, field, value, fingerprint)"
        " SELECT $1, patron_id, field, value, fingerprint FROM stage_sent WHERE true ON CONFLICT (job, patron_id, field)"
        " DO UPDATE SET value = excluded.value, fingerprint = excluded.fingerprint",
        state.job,
    )


def write_patron_types(work: Work) -> None:
    """The names of patron types that this run made."""
    for name in work.plan.new_patron_types:
        work.session.run("INSERT INTO patron_type (name, run_number) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", name, work.run_number)


def forget_undone(session: Session, job: str, allowed: pl.DataFrame) -> None:
    """Takes approved changes out of `undone`: they are no longer held."""
    if allowed.is_empty():
        return
    session.stage("stage_allowed", allowed)
    session.run(
        "DELETE FROM undone WHERE job = $1 AND EXISTS (SELECT 1 FROM stage_allowed s WHERE s.patron = undone.patron"
        # A value is the same whatever the change is called that brings it: an update, or a transfer.
        " AND (undone.field IS NOT NULL OR s.action = undone.action) AND coalesce(s.field, '') = coalesce(undone.field, '')"
        " AND coalesce(s.after, '') = coalesce(undone.value_after, ''))",
        job,
    )


def _baseline(applied: pl.Series, state: JobState, moved: pl.Series, former: Stored | None) -> Next | None:
    if moved.len():
        gone = state.row_hashes().filter(pl.col("line").is_in(moved.implode()))["row_hash"]
        # A row with a password counts by another hash, which is not known here: without a baseline the next run looks at every row.
        found = bool(gone.is_in(applied.implode()).all())
        applied = applied.filter(~applied.is_in(gone.implode())) if found else applied.clear()
    if state.baseline == "extend" and former is not None:
        known = numbers_of(former.content, former.changes)
        applied = pl.concat([known.rename("values"), applied.rename("values")]).unique()
    return next_set(former, applied)


def _seen(work: Work, former: Stored | None) -> Seen:
    from_file = work.plan.changes.filter((pl.col("action") == "add") & (pl.col("cause") == "file")).select("ref")
    new = work.added.join(from_file, on="ref", how="semi")["patron_id"]
    ids = pl.concat([work.plan.seen.cast(pl.Int64).rename("patron_id"), new.rename("patron_id")])
    made = next_set(former, ids)
    if made is None or former is None:
        return Seen(made, ids, ids.clear())
    before = numbers_of(former.content, former.changes)
    return Seen(made, ids, before.filter(~before.is_in(ids.implode())))


def _write_seen(session: Session, job: str, seen: Seen) -> None:
    """Seen by this run: one cell. Seen before but not now: a row each, so that nobody's row is written to say that it was seen."""
    if seen.missing.len():
        session.stage("stage_missing", pl.DataFrame({"patron_id": seen.missing}))
        session.run(
            "INSERT INTO absence (job, patron_id, last_seen_at) SELECT $1, s.patron_id, j.seen_at FROM stage_missing s"
            " JOIN job_state j ON j.job = $1 WHERE true ON CONFLICT (job, patron_id) DO UPDATE SET last_seen_at = excluded.last_seen_at",
            job,
        )
    _end_absences(session, job, seen.ids)
    write_set(session, job, "seen", seen.made)


def _end_absences(session: Session, job: str, seen: pl.Series) -> None:
    absent = session.rows("SELECT patron_id FROM absence WHERE job = $1", {"patron_id": pl.Int64}, job)
    back = seen.filter(seen.is_in(absent["patron_id"].implode())) if absent.height else seen.clear()
    if back.len():
        session.stage("stage_back", pl.DataFrame({"patron_id": back}))
        session.run("DELETE FROM absence WHERE job = $1 AND patron_id IN (SELECT patron_id FROM stage_back)", job)
