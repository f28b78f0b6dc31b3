"""A store to look at: whatever it is, looking leaves it as it is. (docs/decisions/0510-looking-upgrades-nothing.md)"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

import polars as pl

from runner.errors import StoreError
from runner.job.secret import Secret
from runner.store.connect import Place, PostgresServer, SqliteFile, place_of
from runner.store.exclusive import refuse_shared
from runner.store.migrations import NEWEST, layout_of
from runner.store.rights import refuse_unwritable_database, refuse_unwritable_file
from runner.store.store import Store, open_store


def age_of_layout(location: str | Path | Secret, now: datetime) -> Literal["none", "earlier", "present"]:
    """Whether the next run will make the store at `location`, or upgrade it. Raises StoreError."""
    layout = _layout(place_of(location), now)
    return "none" if layout == 0 else "earlier" if layout < NEWEST else "present"


def look_at_store(location: str | Path | Secret, folder: Path, *, now: datetime) -> Store:
    """The store at `location`, for reading alone. Where there is none yet an empty one in the private `folder` stands for it, and for one
    of an earlier layout a copy of it there, for this program reads the newest alone.

    Raises StoreError; so too for a PostgreSQL database of an earlier layout, of which nobody makes a copy unasked."""
    place = place_of(location)
    layout = _layout(place, now)
    if layout == NEWEST:
        return Store(place, now)
    if layout == 0:
        return open_store(folder / "empty.db", create=True, now=now)
    if layout > NEWEST:
        return open_store(location, create=False, now=now)  # which refuses it
    if isinstance(place, PostgresServer):
        raise StoreError(
            f"the store has the layout of an earlier version ({layout}; this one reads {NEWEST}), and looking at it upgrades nothing",
            "run a job, which upgrades it; to try this version before, use a copy of the database",
            code="store-earlier",
        )
    with Store(place, now).session() as session:
        return open_store(place.copied(session, folder / "copy.db"), create=False, now=now)


def refuse_unwritable(location: str | Path | Secret, now: datetime) -> None:
    """Raises StoreError where a run of this account could not do its work in the store at `location`, be it there or not."""
    place = place_of(location)
    if isinstance(place, SqliteFile):
        refuse_unwritable_file(place.path)
        return
    with Store(place, now).session() as session, Store(place, now).session() as other:
        refuse_shared(session, other)
        refuse_unwritable_database(session, layout_changes=layout_of(session) < NEWEST)


def store_id_at(location: str | Path | Secret, now: datetime) -> str | None:
    """What tells the store at `location` from any other; None where there is none yet. Raises StoreError."""
    place = place_of(location)
    return store_id(Store(place, now)) if _layout(place, now) else None


def store_id(store: Store) -> str:
    """The id that a store was given when it was made."""
    with store.session() as session:
        return str(session.rows("SELECT value FROM meta WHERE key = 'store_id'", {"value": pl.String}).item())


def _layout(place: Place, now: datetime) -> int:
    """The layout of the store, 0 where there is none yet."""
    if isinstance(place, SqliteFile):
        if not place.path.exists():
            return 0
        place.prepare(create=False)
    with Store(place, now).session() as session:
        place.refuse_unfit(session)
        return layout_of(session)
