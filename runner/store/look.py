"""A store to look at: whatever it is, looking leaves it as it is. (docs/decisions/0510-looking-upgrades-nothing.md)"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from runner.errors import StoreError
from runner.job.secret import Secret
from runner.store.connect import SqliteFile, place_of
from runner.store.migrations import NEWEST, layout_of
from runner.store.store import Store, open_store


def is_of_an_earlier_layout(location: str | Path | Secret, now: datetime) -> bool:
    """Whether the next run will upgrade the store at `location`. Raises StoreError."""
    place = place_of(location)
    if isinstance(place, SqliteFile) and not place.path.exists():
        return False
    with Store(place, now).session() as session:
        return 0 < layout_of(session) < NEWEST


def look_at_store(location: str | Path | Secret, folder: Path, *, now: datetime) -> Store:
    """The store at `location`, for reading alone. Where there is none yet an empty one in the private `folder` stands for it, and for one
    of an earlier layout a copy of it there, for this program reads the newest alone.

    Raises StoreError; so too for a PostgreSQL database of an earlier layout, of which nobody makes a copy unasked."""
    place = place_of(location)
    if isinstance(place, SqliteFile) and not place.path.exists():
        return open_store(folder / "empty.db", create=True, now=now)
    with Store(place, now).session() as session:
        layout = layout_of(session)
        if layout == 0:
            return open_store(folder / "empty.db", create=True, now=now)
        if layout >= NEWEST:
            return open_store(location, create=False, now=now)
        if isinstance(place, SqliteFile):
            return open_store(place.copied(session, folder / "copy.db"), create=False, now=now)
    raise StoreError(
        f"the store has the layout of an earlier version ({layout}; this one reads {NEWEST}), and looking at it upgrades nothing",
        "run a job, which upgrades it; to try this version before, use a copy of the database",
        code="store-earlier",
    )
