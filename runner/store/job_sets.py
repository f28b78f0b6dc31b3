"""Large sets of numbers that a job remembers: row hashes of its baseline, ids of the patrons that it saw. One compressed cell each.

Most nights change little of a set. What differs from the cell then stands in a small cell beside it, so that a night does not write
megabytes anew that say nearly the same.
"""

from __future__ import annotations

from typing import Literal

import polars as pl
from msgspec import Struct

from runner.frames import each_once
from runner.store.blobs import packed, unpacked
from runner.store.commit import Former
from runner.store.session import Session

Kind = Literal["baseline", "seen"]
# Of the whole: with more changes than that the cell is written anew.
_FEW = 0.05


_WORD = 2**64


class Stored(Struct, frozen=True):
    """A set as the store has it: the cell (empty where nobody asked for it), what has to be put in or taken out of that (None: nothing),
    and the mark of the outcome."""

    content: bytes
    changes: bytes | None
    mark: str | None


class Next(Struct, frozen=True):
    """What has to be written for a set: a new cell (None: the old one stays), its changes, the mark."""

    content: bytes | None
    changes: bytes | None
    mark: str


def stored_set(session: Session, job: str, kind: Kind) -> Stored | None:
    """The set as it is stored; None when there is none yet."""
    cells = {"content": pl.Binary, "changes": pl.Binary, "mark": pl.String}
    sql = (
        "SELECT s.content, c.content, m.value FROM job_set s LEFT JOIN job_set_change c ON c.job = s.job AND c.kind = s.kind"
        " LEFT JOIN meta m ON m.key = $1 WHERE s.job = $2 AND s.kind = $3"
    )
    found = session.rows(sql, cells, _mark_key(job, kind), job, kind)
    return Stored(*found.row(0)) if found.height else None


def stored_as(session: Session, job: str, kind: Kind, numbers: pl.Series) -> Stored | None:
    """The set without its cells, which are large, where it holds `numbers`; None where it does not, or has some twice here."""
    mark = _mark(numbers)
    return Stored(b"", None, mark) if _marked(session, job, kind) == mark else None


def stored_beside(session: Session, job: str, kind: Kind) -> Stored | None:
    """The set without its large cell, for `next_beside`; None where there is none yet, or no mark of it."""
    cells = {"changes": pl.Binary, "mark": pl.String}
    sql = (
        "SELECT c.content, m.value FROM meta m LEFT JOIN job_set_change c ON c.job = $1 AND c.kind = $2"
        " WHERE m.key = $3 AND EXISTS (SELECT 1 FROM job_set s WHERE s.job = $4 AND s.kind = $5)"
    )
    found = session.rows(sql, cells, job, kind, _mark_key(job, kind), job, kind)
    return Stored(b"", *found.row(0)) if found.height else None


def numbers_of(content: bytes, changes: bytes | None) -> pl.Series:
    """The numbers in ascending order."""
    whole = unpacked(content)
    return whole if changes is None else _differing(whole, unpacked(changes))


def get_set(session: Session, job: str, kind: Kind) -> pl.Series | None:
    """The numbers in ascending order; None when there are none yet."""
    found = stored_set(session, job, kind)
    return None if found is None else numbers_of(found.content, found.changes)


def next_set(stored: Stored | None, numbers: pl.Series) -> Next | None:
    """What has to be written so that the set holds `numbers`; None where it does already, told by how many they are and by a hash over
    them all. Asks no database: meant for another thread."""
    mark = _mark(numbers)
    if stored is not None and stored.mark == mark:
        return None
    whole = _once(numbers.sort().alias("values"))
    if stored is not None:
        former = unpacked(stored.content)
        changes = _differing(former, whole)
        if changes.len() <= _FEW * former.len():
            return _changed(changes, mark)
    return Next(packed(whole), None, mark)


def next_beside(stored: Stored, former: Former, numbers: pl.Series) -> Next | None:
    """The same as `next_set` gives, from what is known of the set and not from its large cell. Where that does not add up to the
    mark, the cell is written anew, which is always right."""
    mark = _mark(numbers)
    if stored.mark == mark:
        return None
    new = numbers.head(max(0, numbers.len() - former.again))
    if _adds_up(stored.mark, former.gone, new, mark):
        apart = _once(pl.concat([_not_in(former.gone, numbers), _not_in(new, former.hashes)]).sort())
        changes = apart if stored.changes is None else _differing(unpacked(stored.changes), apart)
        if changes.len() <= _FEW * former.hashes.len():
            return _changed(changes, mark)
    return next_set(None, numbers)


def _changed(changes: pl.Series, mark: str) -> Next:
    """The cell stays, with these changes beside it, or none."""
    return Next(None, packed(changes) if changes.len() else None, mark)


def write_set(session: Session, job: str, kind: Kind, made: Next | None) -> None:
    """Writes what `next_set` made."""
    if made is None:
        return
    if made.content is not None:
        _put(session, "job_set", job, kind, made.content)
    if made.changes is None:
        session.run("DELETE FROM job_set_change WHERE job = $1 AND kind = $2", job, kind)
    else:
        _put(session, "job_set_change", job, kind, made.changes)
    _note(session, _mark_key(job, kind), made.mark)


def _put(session: Session, table: str, job: str, kind: Kind, content: bytes) -> None:
    session.run(
        f"INSERT INTO {table} (job, kind, content) VALUES ($1, $2, $3) ON CONFLICT (job, kind) DO UPDATE SET content = excluded.content",
        *(job, kind, content),
    )


def forget_set(session: Session, job: str, kind: Kind) -> None:
    """The job has none of this kind any more."""
    for table in ("job_set", "job_set_change"):
        session.run(f"DELETE FROM {table} WHERE job = $1 AND kind = $2", job, kind)
    _note(session, _mark_key(job, kind), None)


def note_lines(session: Session, job: str, note: str | None) -> None:
    """Keeps what a run noted of its input's lines. It wrote its baseline before: the row hashes of these lines are all in there."""
    _note(session, _lines_key(job), note)
    _note(session, _lines_baseline_key(job), _noted(session, _mark_key(job, "baseline")))


def noted_lines(session: Session, job: str) -> str | None:
    """What `note_lines` kept last."""
    return _noted(session, _lines_key(job))


def has_noted_lines(session: Session, job: str) -> bool:
    """Whether the baseline surely has the row hashes of all these lines: it is the one that they were noted with."""
    mark = _noted(session, _lines_baseline_key(job))
    return mark is not None and mark == _marked(session, job, "baseline")


def _marked(session: Session, job: str, kind: Kind) -> str | None:
    """The mark of a set that is there: its row may be taken away by hand, so that the job looks at everything again."""
    sql = "SELECT value FROM meta WHERE key = $1 AND EXISTS (SELECT 1 FROM job_set WHERE job = $2 AND kind = $3)"
    found = session.rows(sql, {"value": pl.String}, _mark_key(job, kind), job, kind)
    return found.item() if found.height else None


def _noted(session: Session, key: str) -> str | None:
    found = session.rows("SELECT value FROM meta WHERE key = $1", {"value": pl.String}, key)
    return found.item() if found.height else None


def _note(session: Session, key: str, value: str | None) -> None:
    session.run("DELETE FROM meta WHERE key = $1", key)
    if value is not None:
        session.run("INSERT INTO meta (key, value) VALUES ($1, $2)", key, value)


def _mark(numbers: pl.Series) -> str:
    """The same for the same numbers in any order, each as often: their count and two sums of 64-bit hashes of each. polars' hashes differ
    between its versions; the set is then written once more."""
    count, first, second = _sums(numbers)
    return f"{count} {first:016x}{second:016x}"


def _sums(numbers: pl.Series) -> tuple[int, int, int]:
    hash_of = pl.col("number").hash
    return numbers.len(), *numbers.to_frame("number").select(hash_of(seed).sum().alias(str(seed)) for seed in (1, 2)).row(0)


def _adds_up(mark: str | None, gone: pl.Series, new: pl.Series, now: str) -> bool:
    """Whether numbers of one mark, less those that are `gone` and with those that are `new`, are the numbers of the mark `now`."""
    if mark is None:
        return False
    count, _, sums = mark.partition(" ")
    before = int(count), int(sums[:16], 16), int(sums[16:], 16)
    after = [(was - less + more) % _WORD for was, less, more in zip(before, _sums(gone), _sums(new), strict=True)]
    return f"{after[0]} {after[1]:016x}{after[2]:016x}" == now


def _not_in(few: pl.Series, many: pl.Series) -> pl.Series:
    """Those of the `few` that are not among the `many`, which are looked through once."""
    found = many.filter(many.is_in(few.implode()))
    return few.filter(~few.is_in(found.implode())).alias("values")


def _once(ordered: pl.Series) -> pl.Series:
    return ordered if each_once(ordered) else ordered.unique(maintain_order=True)


def _differing(one: pl.Series, other: pl.Series) -> pl.Series:
    """The numbers that only one of two ascending sets has, ascending. What differs from the difference is the other set again."""
    frames = [each.alias("values").to_frame().lazy() for each in (one, other)]
    both = frames[0].merge_sorted(frames[1], "values").collect()["values"]
    return both.filter(both.ne_missing(both.shift(1)) & both.ne_missing(both.shift(-1)))


def _lines_key(job: str) -> str:
    """The key in `meta` under which stands what the job's last run noted of its input's lines."""
    return f"lines {job}"


def _lines_baseline_key(job: str) -> str:
    """The key in `meta` under which stands the mark of the baseline that has the row hashes of all these lines."""
    return f"lines baseline {job}"


def _mark_key(job: str, kind: Kind) -> str:
    """The key in `meta` under which stands the mark of a set of the job."""
    return f"set {kind} {job}"
