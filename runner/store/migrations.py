"""Layouts of the store, numbered: each step is one transaction, and so is the making of a new store. (docs/store.md, promise A8.)"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import polars as pl

from runner.errors import StoreError
from runner.store import layout_1, layout_2, layout_3, layout_4, layout_5, letters_1, triggers_1
from runner.store.dialect import Dialect
from runner.store.session import Session

BeforeUpgrade = Callable[[int], Path | None]


def _first(dialect: Dialect) -> list[str]:
    start = "INSERT INTO meta (key, value) VALUES"
    seeds = [f"{start} ('store_id', '{uuid4().hex}')", f"{start} ('last_patron_id', '0')", f"{start} ('last_run_number', '0')"]
    return [*layout_1.tables(dialect), *letters_1.letters(dialect), *triggers_1.triggers(dialect), *seeds, f"{start} ('layout', '1')"]


# Step N takes a store of layout N - 1 to layout N and writes the new number into `meta`.
STEPS: dict[int, Callable[[Dialect], list[str]]] = {
    1: _first,
    2: layout_2.changes_apart,
    3: layout_3.who_is_pushed_out,
    4: layout_4.changes_by_run,
    5: layout_5.triggers_of_their_own_store,
}
NEWEST = max(STEPS)


def layout_of(session: Session) -> int:
    """The layout that the store has; 0 for an empty database. Raises StoreError for a database that is not ours."""
    if not _has_meta(session):
        if not _has_tables(session):
            return 0
        if not _has_meta(session):  # asked again: another process may have made the store between the two questions
            raise StoreError(
                "the database already holds other tables and is no patron store",
                "give the store a database (or a schema) of its own",
                code="store-not-ours",
            )
    answer = session.rows("SELECT value FROM meta WHERE key = 'layout'", {"value": pl.String})
    if answer.is_empty() or not answer.item().isdigit():
        raise StoreError("the store does not say which layout it has", "restore the last good backup", code="store-damaged")
    return int(answer.item())


def migrate(session: Session, layout: int, before_upgrade: BeforeUpgrade) -> None:
    """Brings the store to the newest layout. `before_upgrade` is called once with the old layout when there is data to save, and gives
    the copy that it made, which goes again where nothing of the upgrade could be done: the store is then what the copy is.

    Raises StoreError when the store is newer than this program.
    """
    if layout > NEWEST:
        raise StoreError(
            f"the store was made by a newer version of runner (layout {layout}; this one knows {NEWEST})",
            "install that version or a later one; an older one would harm the store",
            code="store-too-new",
        )
    if layout == 0:
        _take(session, 1, NEWEST)  # at once, so that nobody takes a store that is being made for an old one
        return
    copy = before_upgrade(layout) if layout < NEWEST else None
    try:
        for number in range(layout + 1, NEWEST + 1):
            _take(session, number, number)
    except BaseException:
        with suppress(StoreError):
            if copy is not None and layout_of(session) == layout:
                copy.unlink(missing_ok=True)
        raise


def _take(session: Session, first: int, last: int) -> None:
    """Some steps in one transaction, unless another process took them while we waited for the write lock."""
    with session.changing_layout():
        if layout_of(session) >= first:
            return
        for number in range(first, last + 1):
            for statement in STEPS[number](session.dialect):
                session.run(statement)


def _has_meta(session: Session) -> bool:
    if session.dialect.name == "sqlite":
        sql = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'meta'"
    else:
        sql = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'meta'"
    return bool(session.number(sql))


def _has_tables(session: Session) -> bool:
    if session.dialect.name == "sqlite":
        sql = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    else:
        sql = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()"
    return bool(session.number(sql))
