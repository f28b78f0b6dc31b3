"""`runner runs [JOB]`: past runs, the newest first."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runner import clock
from runner.cli.broken_text import broken_now, lines, plain
from runner.cli.run_stores import RunStore, run_stores
from runner.cli.screen import Screen
from runner.cli.settings import Settings, everywhere
from runner.cli.workspace import find_job, job_named, without_jobs
from runner.job.folders import names_a_file

if TYPE_CHECKING:
    import polars as pl

# What a line tells of a run's counts, in this order, where it is not zero.
_TOLD = ("added", "updated", "transferred", "associated", "deleted", "inactivated", "removed", "refused", "malformed")
# What became of what a run held.
_WAITED = {"held": "held", "complete": "approved", "rejected": "rejected", "superseded": "held until the next run"}
_ACCEPTED = ("input accepted: ", "key accepted: ")  # the notes of a run with --accept-input or --accept-key


@click.command()
@click.argument("job", required=False)
@click.option("--limit", metavar="N", type=click.IntRange(min=0), default=20, show_default=True, help="Show the newest N; 0 for all.")
@everywhere
@click.pass_obj
def command(settings: Settings, job: str | None = None, limit: int = 20) -> int:
    """List past runs, the newest first: of all jobs, of those of --district, or of JOB."""
    if job is not None:
        job = find_job(settings, job)[0].key if names_a_file(job) else job_named(settings, job)
    stores, left_out = run_stores(settings, job.partition("/")[0] if job is not None else settings.district)
    rows, cut = _rows(stores, job, limit)
    if not rows and not left_out and job is not None:
        find_job(settings, job)  # a job that nobody knows is an error, not an empty list
    screen, broken = Screen(settings), broken_now(settings, job)
    if (sentence := without_jobs(settings.jobs)) is not None:
        screen.story(sentence, "yellow")
    for sentence in left_out:
        screen.story(sentence, "yellow")
    if settings.json:
        screen.document({"runs": rows, "broken": [plain(each) for each in broken], "truncated": cut})
        return 0
    if rows:
        screen.table(("run", "kind", "status", "started", "took", "what"), [_line(row) for row in rows], whole=(0, 3), indent=0)
        if cut:
            screen.story("There are older runs than these: --limit N shows so many, --limit 0 all")
    elif not left_out:
        screen.answer("There are no runs yet." if job is None else f"{job} has not run yet.")
    for line in lines(broken):
        screen.answer(line, "yellow")
    return 0


def _rows(stores: list[RunStore], job: str | None, limit: int) -> tuple[list[dict[str, Any]], bool]:
    """The newest `limit` runs (0: all), and whether there are older ones."""
    found: list[dict[str, Any]] = []
    for store in stores:
        frame = _of_store(store, job, limit + 1 if limit else None)
        found += [_plain(row, store) for row in frame.iter_rows(named=True)] if frame is not None else []
    newest = sorted(found, key=lambda row: row["started_at"], reverse=True)
    return newest[: limit or None], 0 < limit < len(newest)


def _of_store(place: RunStore, job: str | None, limit: int | None) -> pl.DataFrame | None:
    from runner.store.store import open_store

    if isinstance(place.address, Path) and not place.address.exists():
        return None
    with open_store(place.address, create=False, now=clock.now()) as store:
        return store.runs(job, limit)


def _plain(row: dict[str, Any], store: RunStore) -> dict[str, Any]:
    counts = json.loads(row["counts"]) if row["counts"] else None
    return {
        "run": row["id"],
        "job": row["job"],
        "kind": row["kind"],
        "status": row["status"],
        "slot": row["slot"],
        "started_at": row["started_at"].isoformat(),
        "finished_at": row["finished_at"].isoformat() if row["finished_at"] else None,
        "started_local": f"{row['started_at'].astimezone(store.zone):%Y-%m-%d %H:%M}",
        "counts": counts,
        "held": sum(each["count"] for each in json.loads(row["held"] or "[]")),
        "note": row["note"],
    }


def _line(row: dict[str, Any]) -> tuple[str, ...]:
    counts = row["counts"]
    told = [(name, counts.get(name, 0)) for name in _TOLD] if counts else []
    waits = _WAITED.get(row["status"], "held then")
    numbers = [f"{count:,} {name}" for name, count in [*told, (waits, row["held"])] if count]
    what = ", ".join(numbers) or (_of_nobody(row) if counts else row["note"] or "")
    if counts and row["note"] and (row["kind"] in ("undo", "approve") or row["note"].startswith(_ACCEPTED)):
        what += f" ({row['note']})"
    return row["run"], row["kind"], row["status"], row["started_local"], _took(row["started_at"], row["finished_at"]), what


def _of_nobody(row: dict[str, Any]) -> str:
    # A circulation table may be loaded from a file without rows, and is empty then.
    return "no row in the file" if row["kind"] == "full" and row["counts"].get("rows_read") == 0 else "nothing to change"


def _took(start: str, end: str | None) -> str:
    if end is None:
        return ""
    seconds = (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
