"""Large sets of numbers that a job remembers: row hashes of its baseline, ids of the patrons that it saw. One compressed cell each."""

from __future__ import annotations

from typing import Literal

import polars as pl

from runner.store.blobs import packed, unpacked
from runner.store.session import Session

Kind = Literal["baseline", "seen"]


def get_set(session: Session, job: str, kind: Kind) -> pl.Series | None:
    """The numbers as they were put, in ascending order; None when there are none yet."""
    found = session.rows("SELECT content FROM job_set WHERE job = $1 AND kind = $2", {"content": pl.Binary}, job, kind)
    return unpacked(found.item()) if found.height else None


def put_set(session: Session, job: str, kind: Kind, numbers: pl.Series, former: pl.Series | None = None) -> None:
    """Replaces the set; one that is the same is not written again. `former` is what get_set gave, where that is known."""
    whole = numbers.unique().sort().alias("values")
    former = get_set(session, job, kind) if former is None else former
    if former is not None and former.equals(whole):
        return
    session.run(
        "INSERT INTO job_set (job, kind, content) VALUES ($1, $2, $3) ON CONFLICT (job, kind) DO UPDATE SET content = excluded.content",
        *(job, kind, packed(whole)),
    )


def forget_set(session: Session, job: str, kind: Kind) -> None:
    """The job has none of this kind any more."""
    session.run("DELETE FROM job_set WHERE job = $1 AND kind = $2", job, kind)


def lines_key(job: str) -> str:
    """The key in `meta` under which stands what the job's last run noted of its input's lines."""
    return f"lines {job}"
