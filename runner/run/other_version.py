"""Machines that share a store, and whose copies of a job's file are not the same. (docs/decisions/0905-machines-that-disagree.md)"""

from __future__ import annotations

import polars as pl

from runner.frames import messages_from
from runner.report.model import NIGHTS
from runner.run.identity import elsewhere
from runner.run.session import Session

_LOOKED_AT = 30


def other_version(session: Session) -> pl.DataFrame:
    """The message (frames.MESSAGES) that another machine made the job's last run with another version of its file, where the version here
    is no new one, or none: a version that no run had before is an edit that has yet to be made known there, or is already."""
    runs = session.store.runs(session.job.key, limit=_LOOKED_AT)
    nights = runs.filter((pl.col("id") != session.run) & pl.col("kind").is_in(NIGHTS) & (pl.col("status") != "missed"))
    last, before = nights.head(1), nights.slice(1)
    behind = bool(last.height) and elsewhere(last["host"].item()) and session.job.sha256 in before["job_sha256"]
    told = last.filter((pl.col("job_sha256") != session.job.sha256) & behind)
    text = pl.format(
        "the last run of this job ({}) was made on {} with another version of {}, and the one here is not new: is a machine behind?",
        "id",
        "host",
        pl.lit(session.job.path.name),
    )
    return messages_from(told, "other-version", "warning", text, line=pl.lit(None))
