"""One writing run at a time: a lock of the kernel's or the server's, which dies with its holder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import polars as pl

from runner.errors import LockHeld, StoreError
from runner.store.connect import PostgresServer, SqliteFile
from runner.store.session import Session

_KEY = "hashtextextended('patron-runner:' || current_database() || '.' || current_schema(), 0)"


@contextmanager
def exclusive(place: SqliteFile | PostgresServer, holder: str) -> Iterator[Callable[[Session], None]]:
    """Holds the store's lock for the length of the block. `holder` (process, run, since) is what others read. Raises LockHeld.

    Gives what is asked before the connection that it is given writes: it raises StoreError where the lock was lost meanwhile (a server's
    lock goes with the connection that holds it), or holds nobody off."""
    if isinstance(place, SqliteFile):
        with _file_lock(place.path.with_name(place.path.name + ".lock"), holder):
            yield lambda _: None
    else:
        with _server_lock(place, holder) as session:
            mine = _process(session)
            yield lambda writing: refuse_shared(session, writing, mine)


def holder_of(place: SqliteFile | PostgresServer) -> str | None:
    """Who holds the store's lock now, in the holder's words; None where nobody does. Raises StoreError."""
    if isinstance(place, SqliteFile):
        return _file_holder(place.path.with_name(place.path.name + ".lock"))
    session = place.session()
    try:
        return _who(session) or None
    finally:
        session.close()


def _file_holder(path: Path) -> str | None:
    """A holder leaves its words behind only when it is killed, so the lock itself is tried only where there are any: whoever wants it in
    that moment would find it taken."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise StoreError(f"the store's lock file cannot be opened: {fault.strerror}", "check the folder's owner and mode") from None
    try:
        said = os.pread(descriptor, 500, 0).decode(errors="replace").strip()
        if not said:
            return None
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return None
    except BlockingIOError:
        return said
    finally:
        os.close(descriptor)


@contextmanager
def _file_lock(path: Path, holder: str) -> Iterator[None]:
    descriptor = _locked(path)
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, holder.encode(), 0)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        # Never deleted: a second process could then lock a new file of the same name.
        os.close(descriptor)


def _locked(path: Path) -> int:
    """An open, locked descriptor of the file that stands at `path` now."""
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as fault:
            raise StoreError(f"the store's lock file cannot be opened: {fault.strerror}", "check the folder's owner and mode") from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            said = os.pread(descriptor, 500, 0).decode(errors="replace").strip()
            os.close(descriptor)
            raise _held(said) from None
        if _same_file(descriptor, path):
            return descriptor
        os.close(descriptor)


def _same_file(descriptor: int, path: Path) -> bool:
    mine = os.fstat(descriptor)
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    return (mine.st_dev, mine.st_ino) == (there.st_dev, there.st_ino)


@contextmanager
def _server_lock(place: PostgresServer, holder: str) -> Iterator[Session]:
    """A session lock on a connection of its own; the holder's words travel as that connection's application name."""
    session = place.session()
    try:
        session.run("SELECT set_config('application_name', $1, false)", f"patron-runner {holder}"[:63])
        got = session.number(f"SELECT CAST(CAST(pg_try_advisory_lock({_KEY}) AS INTEGER) AS BIGINT)")
        if not got:
            raise _held(_who(session))
        yield session
        with suppress(StoreError):  # the lock of a connection that was lost is free already
            session.run(f"SELECT pg_advisory_unlock({_KEY})")
    finally:
        session.close()


def _process(session: Session) -> int | None:
    """The process of the server that a connection leads to now."""
    return session.number("SELECT CAST(pg_backend_pid() AS BIGINT)")


def refuse_shared(first: Session, second: Session, before: int | None = None) -> None:
    """Raises StoreError (`store-pooler`) where two open connections lead to one process of the server, or the first not to `before`.

    A pooler that gives a connection away between two transactions gives the lock away with it, for each to take it again who comes."""
    now = _process(first)
    if now == _process(second) or before not in (None, now):
        raise StoreError(
            "a pooler stands before the store's PostgreSQL server and shares its connections: the store's lock would hold nobody off",
            "name the server itself under `store:`, or have the pooler keep a connection for each client (PgBouncer: pool_mode = session)",
            code="store-pooler",
        )


def _who(session: Session) -> str:
    found = session.rows(
        "SELECT a.application_name || ' (database process ' || a.pid || coalesce(', from ' || host(a.client_addr), '') || ')'"
        " FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
        f" WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1"
        f" AND ((l.classid::bigint << 32) | l.objid::bigint) = {_KEY}",
        {"who": pl.String},
    )
    return found["who"][0] if found.height else ""


def _held(said: str) -> LockHeld:
    who = f": {said}" if said else ""
    return LockHeld(f"another run holds the store's lock{who}", "wait until it has ended; the lock frees itself when its process does")
