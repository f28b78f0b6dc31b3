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


def same_set(session: Session, job: str, kind: Kind, numbers: pl.Series) -> bool:
    """Whether the set holds just `numbers`, told by how many they are and by a hash over them all."""
    found = session.rows("SELECT value FROM meta WHERE key = $1", {"value": pl.String}, _mark_key(job, kind))
    return found.height > 0 and found.item() == _mark(numbers)


def put_set(session: Session, job: str, kind: Kind, numbers: pl.Series) -> None:
    """Replaces the set; one that is the same is not written again."""
    if same_set(session, job, kind, numbers):
        return
    whole = numbers.unique().sort().alias("values")
    session.run(
        "INSERT INTO job_set (job, kind, content) VALUES ($1, $2, $3) ON CONFLICT (job, kind) DO UPDATE SET content = excluded.content",
        *(job, kind, packed(whole)),
    )
    _note(session, _mark_key(job, kind), _mark(numbers))


def forget_set(session: Session, job: str, kind: Kind) -> None:
    """The job has none of this kind any more."""
    session.run("DELETE FROM job_set WHERE job = $1 AND kind = $2", job, kind)
    _note(session, _mark_key(job, kind), None)


def note_lines(session: Session, job: str, note: str | None) -> None:
    """Keeps what a run noted of its input's lines."""
    _note(session, lines_key(job), note)


def _note(session: Session, key: str, value: str | None) -> None:
    session.run("DELETE FROM meta WHERE key = $1", key)
    if value is not None:
        session.run("INSERT INTO meta (key, value) VALUES ($1, $2)", key, value)


def _mark_key(job: str, kind: Kind) -> str:
    return f"set {kind} {job}"


def _mark(numbers: pl.Series) -> str:
    """The same for the same numbers in any order: their count and two exclusive ors over 64-bit hashes of each. polars' hashes differ
    between its versions; the set is then written once more."""
    hash_of = pl.col("number").hash
    mixed = numbers.to_frame("number").select(hash_of(seed).bitwise_xor().fill_null(0).alias(str(seed)) for seed in (1, 2))
    first, second = mixed.row(0)
    return f"{numbers.len()} {first:016x}{second:016x}"


def lines_key(job: str) -> str:
    """The key in `meta` under which stands what the job's last run noted of its input's lines."""
    return f"lines {job}"
