"""The last inputs of a job, kept beside its store: `source.archive: N`. (docs/job-reference.md)

Kept are the good rows with the columns that the job names, never the file itself: a column that nobody asked for, or one that holds
passwords, is not stored anywhere (docs/operations.md, "What you may rely on").
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import polars as pl

from runner.errors import RunnerError
from runner.intake.rows import Rows
from runner.job.model import Job
from runner.mapping.columns import hashed_columns, wanted_columns
from runner.run.identity import started_at
from runner.run.places import DistrictPlaces, make_private, refuse_a_link

LOG = logging.getLogger("runner")


def archive_input(job: Job, rows: Callable[[], Rows], places: DistrictPlaces, run: str) -> Path | None:
    """Writes the run's input to `var/<district>/archive/<job>/<run>.csv` (0600) and drops all but the last N; gives its path.

    None where nothing is kept, or where it could not be written: that is a line in the log, for the run is committed."""
    folder = places.root / "archive" / job.name
    if not job.source.archive and not folder.exists():
        return None
    try:
        for each in (folder.parent, folder):
            refuse_a_link(each)
        kept = _write(make_private(folder) / f"{run}.csv", rows(), job) if job.source.archive else None
        # By when they were written: names begin with the run's own clock, which may have been wrong.
        for old in sorted(folder.glob("*.csv"), key=_written, reverse=True)[job.source.archive :]:
            old.unlink(missing_ok=True)
    except (OSError, RunnerError, pl.exceptions.PolarsError) as error:
        LOG.warning("the input of %s could not be archived (%s); the run itself is not affected", run, type(error).__name__)
        return None
    return kept


def _written(file: Path) -> tuple[int, str]:
    return file.stat().st_mtime_ns, file.name


def prune_inputs(places: DistrictPlaces, before: datetime) -> int:
    """Removes the inputs of runs that began before `before`, of all jobs that ever were, and what a killed run left half written.

    Gives how many inputs went. Call under the store's lock. Raises OSError. (docs/domain.md section 11.)"""
    root = places.root / "archive"
    # What a link leads to is not ours to remove.
    folders = [each for each in root.glob("*") if not each.is_symlink()] if not root.is_symlink() else []
    for half in (file for folder in folders for file in folder.glob("*.part")):
        half.unlink(missing_ok=True)
    # A run's id begins with its start on the run's own clock, which need not be the machine's.
    inputs = (file for folder in folders for file in folder.glob("*.csv"))
    old = [each for each in inputs if (start := started_at(each.stem)) is not None and start < before]
    for each in old:
        each.unlink(missing_ok=True)
    return len(old)


def _write(target: Path, rows: Rows, job: Job) -> Path:
    plain = set(hashed_columns(job.properties))
    part = target.with_suffix(".part")
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    try:
        rows.frame.select(name for name in wanted_columns(job.properties) if name in plain).sink_csv(part, sync_on_close="all")
        return part.replace(target)
    finally:
        part.unlink(missing_ok=True)
