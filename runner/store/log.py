"""SQLite's write-ahead log after a large transaction: committed there, and brought into the file while the run writes its report.

COMMIT is through, and safe from a power cut, when the log is on disk. Left to itself SQLite would then, still inside COMMIT, copy every
page of it into the file. A process that dies in between loses nothing: whoever opens the store next reads the log first.
(docs/decisions/0506-what-a-night-writes.md)
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from runner.errors import StoreError
from runner.store.session import Session

_USUAL_PAGES = 1000  # SQLite's own setting


@contextmanager
def log_left(session: Session) -> Iterator[None]:
    """The block's transactions leave their pages in the log."""
    if session.file is None:
        yield
        return
    session.run("PRAGMA wal_autocheckpoint = 0")
    try:
        yield
    finally:
        session.run(f"PRAGMA wal_autocheckpoint = {_USUAL_PAGES}")


def settle_log(session: Session) -> threading.Thread | None:
    """Brings the log into the file and closes `session`, aside. Others may read and write meanwhile."""
    if session.file is None:
        session.close()
        return None
    settling = threading.Thread(target=_settle, args=(session,), daemon=True, name="settling")
    settling.start()
    return settling


def _settle(session: Session) -> None:
    try:
        with suppress(StoreError):  # a full disk: the log keeps what it has, and the next run tries again
            session.run("PRAGMA wal_checkpoint(PASSIVE)")
    finally:
        session.close()
