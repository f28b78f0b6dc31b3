"""A columnar copy of `patron` beside a large SQLite store, so that a nightly run reads columns and not a million rows.

The copy is a file that never changes. The database knows its name and seal (`meta.mirror`), and triggers note in `touched` every patron
that anybody changes after it was made: those few rows are read from the database. A copy that is missing, damaged or of another
database (a restored backup) is never believed: everything is then read from the database. It holds no password column.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import polars as pl

from runner.errors import StoreError
from runner.fast_paths import pays
from runner.frames import found_at
from runner.sealed import is_whole, seal
from runner.store.layout_1 import PERSON_COLUMNS, PLACE_COLUMNS
from runner.store.session import Session

WORTH_IT = 20_000
_TOO_OLD = 0.1
_INTEGERS = ("id", "version")
MIRRORED = (
    *_INTEGERS,
    *PLACE_COLUMNS,
    *PERSON_COLUMNS,
    *("username_key", "added_at", "edited_at", "status_at", "status_cause", "status_before", "username_before"),
)

# Adds are written narrow: an untouched patron has no status_at (since added) and no status_cause (file, or staff when added by hand).
SELECTED = {
    "status_at": "coalesce(status_at, added_at)",
    "status_cause": "coalesce(status_cause, CASE WHEN added_run IS NULL THEN 'staff' ELSE 'file' END)",
}


def read_patrons(session: Session, columns: Sequence[str]) -> pl.DataFrame:
    """`id` and `columns` of all patrons in the order of `id`: integers, and String as the database holds it."""
    wanted = list(dict.fromkeys(("id", *columns)))
    copied = [name for name in wanted if name in MIRRORED]
    copy = _copy(session, copied) if session.file is not None else None
    if copy is None:
        return _from_database(session, wanted, "")
    now, touched = _from_database(session, copied, "WHERE id IN (SELECT patron_id FROM touched)"), _touched(session)
    session.all_there = now.height == touched.len()
    patched = _patched(copy, now, touched)
    others = [name for name in wanted if name not in MIRRORED]
    if not others:
        return patched
    rest = _from_database(session, ["id", *others], "")
    return patched.with_columns(rest.drop("id"))


def has_copy(session: Session) -> bool:
    """Whether the store says that it has a copy of its columns."""
    return session.file is not None and _known(session) is not None


def some_patrons(session: Session, columns: Sequence[str], ids: str) -> pl.DataFrame:
    """`id` and `columns` of the patrons of `ids` (an SQL list of numbers), as `read_patrons` gives them."""
    return _from_database(session, list(dict.fromkeys(("id", *columns))), f"WHERE id IN ({ids})")


def write_copy(session: Session, frame: pl.DataFrame) -> str | None:
    """Writes `frame` (the columns MIRRORED, in the order of `id`) beside the store; gives what `remember` needs, None when it failed."""
    assert session.file is not None
    token = uuid4().hex
    path = _path(session.file, token)
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w+b") as file:
            rows = frame.lazy().select(MIRRORED).with_columns(pl.col(pl.Categorical).cast(pl.String))
            rows.sink_parquet(file, compression="lz4", statistics=False, engine="streaming")  # a little at a time
            # Not synced: what a power cut leaves of it is not what its seal says, and is made anew.
            return f"{token}:{seal(file)}"
    except (OSError, pl.exceptions.PolarsError):
        # The store does without.
        with suppress(OSError):
            path.unlink()
        return None


def remember(session: Session, written: str | None) -> None:
    """Makes the copy that `write_copy` wrote the store's own, inside the transaction whose state it shows."""
    session.run("DELETE FROM touched")
    session.run("DELETE FROM meta WHERE key = 'mirror'")
    if written is not None:
        session.run("INSERT INTO meta (key, value) VALUES ('mirror', $1)", written)


def refresh(session: Session) -> None:
    """Makes a copy where a large store has none, or anew where over a tenth changed since; removes copies of former states."""
    if session.file is None:
        return
    # A store without its copy is slower and otherwise well: nothing here may end a run that has committed.
    with suppress(StoreError):
        if _due(session):
            rebuild(session)
    _sweep(session, session.file)


def forget_deleted(session: Session) -> None:
    """Makes the copy anew when it still shows patrons that are now gone for good, archives included."""
    gone = "patron_id NOT IN (SELECT id FROM patron) AND patron_id NOT IN (SELECT id FROM patron_archive)"
    if session.file is not None and session.number(f"SELECT count(*) FROM touched WHERE {gone}"):
        rebuild(session)
        _sweep(session, session.file)


def rebuild(session: Session) -> None:
    """Makes the copy anew, in a writing transaction of its own."""
    with session.writing():
        remember(session, write_copy(session, read_patrons(session, MIRRORED)))


def _due(session: Session) -> bool:
    # Ids are never used again: their span is at least the number of patrons, and costs no walk over all of them.
    patrons = session.number("SELECT (SELECT max(id) FROM patron) - (SELECT min(id) FROM patron) + 1") or 0
    if not pays(patrons, WORTH_IT):
        return False
    if _known(session) is None:
        return True
    return (session.number("SELECT count(*) FROM touched") or 0) > patrons * _TOO_OLD


def _path(store: Path, token: str) -> Path:
    return store.with_name(f"{store.name}.columns-{token}")


def _known(session: Session) -> tuple[str, str] | None:
    found = session.rows("SELECT value FROM meta WHERE key = 'mirror'", {"value": pl.String})
    if found.is_empty():
        return None
    token, _, sealed = found.item().partition(":")
    return token, sealed


def _copy(session: Session, columns: Sequence[str]) -> pl.DataFrame | None:
    """The copy's columns, if it is there and is the one that this view of the database knows."""
    known = _known(session)
    if known is None or session.file is None:
        return None
    token, sealed = known
    try:
        path = _path(session.file, token)
        if path not in session.proven:  # the file never changes: once in a session is enough
            if not is_whole(path, sealed):
                return None
            session.proven.add(path)
        return pl.read_parquet(path, columns=list(columns), glob=False)
    except (OSError, pl.exceptions.PolarsError):
        return None


def _touched(session: Session) -> pl.Series:
    return session.rows("SELECT patron_id FROM touched", {"patron_id": pl.Int64})["patron_id"]


def _from_database(session: Session, columns: Sequence[str], where: str) -> pl.DataFrame:
    dtypes: dict[str, type[pl.DataType]] = {name: pl.Int64 if name in _INTEGERS else pl.String for name in columns}
    selected = ", ".join(SELECTED.get(name, name) for name in columns)
    frame = session.rows(f"SELECT {selected} FROM patron {where}", dtypes)
    return frame if frame["id"].is_sorted() else frame.sort("id")


def _patched(copy: pl.DataFrame, now: pl.DataFrame, touched: pl.Series) -> pl.DataFrame:
    """`copy` with the rows in `now` put in their places; touched ones that are not in `now` are gone."""
    if touched.is_empty():
        return copy
    at, known = found_at(now["id"], copy["id"])
    stays, new = now.filter(known), now.filter(~known)
    if stays.height:
        places = at.filter(known)
        copy = pl.DataFrame([_put(series, places, stays[series.name]) for series in copy])
    gone = touched.filter(~touched.is_in(now["id"].implode()))
    if gone.len():
        copy = copy.filter(~pl.col("id").is_in(gone.implode()))
    whole = pl.concat([copy, new]) if new.height else copy
    return whole if whole["id"].is_sorted() else whole.sort("id")


def _put(values: pl.Series, places: pl.Series, now: pl.Series) -> pl.Series:
    """`values` with those `now` in their places. Most columns of patrons who changed did not change, and are left as they are."""
    return values if values.gather(places).equals(now) else values.scatter(places, now)


def _sweep(session: Session, store: Path) -> None:
    """Removes copies of former states, and those that a killed process left."""
    with suppress(StoreError, OSError):
        known = _known(session)
        mine = _path(store, known[0]) if known else None
        for path in store.parent.glob(f"{store.name}.columns-*"):
            if path != mine:
                path.unlink()
