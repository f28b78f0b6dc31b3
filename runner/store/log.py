"""SQLite's write-ahead log after a large transaction: committed there, and brought into the file while the run writes its report.

COMMIT is through, and safe from a power cut, when the log is on disk. Left to itself SQLite would then, still inside COMMIT, copy every
page of it into the file. A process that dies in between loses nothing: whoever opens the store next reads the log first.
(docs/decisions/0506-what-a-night-writes.md)
"""

from __future__ import annotations

import threading
from contextlib import suppress

from runner.errors import StoreError
from runner.store.session import Session


def leave_log(session: Session) -> None:
    """What `session` commits stays in the log until `settle_log`."""
    if session.file is not None:
        session.run("PRAGMA wal_autocheckpoint = 0")


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
