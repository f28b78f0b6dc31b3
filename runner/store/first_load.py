"""A first load into an empty SQLite store: every byte written once instead of twice.

With a write-ahead log a large load goes into the log first and from there into the file. An empty store has nothing to save in a
rollback journal, so that journal (just as safe against a crash) makes the load about a quarter faster. The store is back in WAL mode
afterwards, or at the next opening if the process was killed in between. Readers that come in meanwhile wait for the commit.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from runner.errors import StoreError
from runner.fast_paths import pays
from runner.store.session import Session

_LARGE = 20_000


@contextmanager
def written_once(session: Session, adds: int) -> Iterator[None]:
    """The block's transaction uses a rollback journal when it is a large first load and nobody else has the store open."""
    if session.dialect.name != "sqlite" or not pays(adds, _LARGE) or not _empty(session) or not _left_wal(session):
        yield
        return
    # Outside a transaction only, and of use when indexes are made: SQLite sorts by whole blocks of memory then, and needs no file for what
    # fits into its cache.
    for setting in ("temp_store = FILE", "cache_size = -64000"):
        session.run(f"PRAGMA {setting}")
    try:
        yield
    finally:
        # Somebody may have the store open by now: then it stays as it is until the next opening.
        with suppress(StoreError):
            session.run("PRAGMA journal_mode = WAL")


def _empty(session: Session) -> bool:
    return not session.number("SELECT count(*) FROM (SELECT 1 FROM patron LIMIT 1) AS t")


def _left_wal(session: Session) -> bool:
    """Leaving WAL needs the store for oneself; we do not wait for that."""
    session.run("PRAGMA busy_timeout = 0")
    try:
        session.run("PRAGMA journal_mode = DELETE")
    except StoreError:
        return False
    finally:
        session.run("PRAGMA busy_timeout = 30000")
    return bool(session.number("SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'delete'"))
