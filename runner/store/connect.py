"""Opening connections: SQLite's files with their modes and PRAGMAs, PostgreSQL's sessions with their time limits."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import adbc_driver_manager
import polars as pl
from msgspec import Struct

from runner.errors import StoreError
from runner.job.secret import Secret
from runner.store.dialect import POSTGRESQL, SQLITE, Dialect
from runner.store.faults import NO_ADDRESS, NO_LETTERS, QUOTED, translated
from runner.store.session import Session

PAGE_SIZE = 2048
# The names of copies that are made before a layout is changed, behind the store's own, and the time in them (UTC).
_WHEN = "%Y%m%dT%H%M%SZ"
_COPY = re.compile(r"\.layout-\d+\.(\d{8}T\d{6}Z)\.bak")
# On every connection (promise C5). FULL costs one more fdatasync at COMMIT and survives a power cut.
PRAGMAS = (
    "busy_timeout = 30000",
    f"page_size = {PAGE_SIZE}",
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "secure_delete = ON",
    "journal_size_limit = 67108864",
    "cache_size = -65536",
    "temp_store = MEMORY",
    "trusted_schema = OFF",
)
_SERVER_SETTINGS = (
    "SET lock_timeout = '30s'",
    "SET statement_timeout = '30min'",
    "SET idle_in_transaction_session_timeout = '30min'",
    "SET client_min_messages = warning",
    # The driver sends and takes UTF-8, whatever the server, the account or the environment take for the client's letters.
    "SET client_encoding = 'UTF8'",
    # A machine that lost its power says no goodbye. So that the server misses it within a minute or so, and frees the store's lock for
    # others; by default that takes two hours. (Where the way is no network, or the system cannot, nothing comes of it.)
    (
        "SELECT set_config('tcp_keepalives_idle', '30', false), set_config('tcp_keepalives_interval', '10', false),"
        " set_config('tcp_keepalives_count', '3', false)"
    ),
    # The lock's own connection is idle as long as the run lasts. (PostgreSQL before 14 knows no such limit.)
    "SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'idle_session_timeout'",
)
_KEEPALIVES = {"application_name": "patron-runner", "connect_timeout": "20", "keepalives_idle": "30", "keepalives_interval": "10"}


def _leave_signals_alone() -> None:
    """The driver's manager would take Ctrl-C for itself as long as a statement runs: it asks the database to stop, which one that waits
    for a lock does not, and what comes of it looks like a fault. Here signals are runner.cli.signals' own, as in other threads they are."""
    import adbc_driver_manager.dbapi as manager

    setattr(manager, "_blocking_call", _called)  # noqa: B010 (it is not the module's to give)


def _called(work: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], _cancel: object) -> Any:
    return work(*args, **kwargs)


class SqliteFile(Struct, frozen=True):
    """An embedded store: one file with its `-wal` and `-shm` beside it."""

    path: Path

    dialect: Dialect = SQLITE

    def session(self) -> Session:
        """A new connection with all PRAGMAs set. Raises StoreError."""
        import adbc_driver_sqlite.dbapi as driver

        _leave_signals_alone()
        try:
            session = Session(driver.connect(str(self.path), autocommit=True), SQLITE, self.path)
        except adbc_driver_manager.Error as fault:
            raise translated(fault, "open the store") from None
        try:
            for pragma in PRAGMAS:
                session.run(f"PRAGMA {pragma}")
        except BaseException:
            session.close()
            raise
        return session

    def prepare(self, *, create: bool) -> None:
        """Makes sure that the file is there with mode 0600 in a folder of mode 0700. Raises StoreError."""
        if not self.path.exists():
            if not create:
                raise StoreError("there is no store yet", "run a job first; it makes the store", code="store-missing")
            self._make()
        elif not self.path.is_file():
            raise StoreError("the store's path is not a file", "check the path under `store:`", code="store-closed")

    def back_up(self, session: Session, layout: int, now: datetime) -> Path | None:
        """A whole copy of the store beside it, made before its layout changes; None where another process makes it."""
        try:
            return self.copied(session, self.path.with_name(f"{self.path.name}.layout-{layout}.{now:{_WHEN}}.bak"))
        except FileExistsError:
            return None  # it found the old layout in the same second

    def drop_copies(self, before: datetime) -> int:
        """Removes the copies of the store that were made before `before` (UTC), each ahead of a change of its layout; gives how many.
        Raises OSError."""
        copies = [(path, _COPY.fullmatch(path.name.removeprefix(self.path.name))) for path in self.path.parent.iterdir()]
        old = [path for path, named in copies if named and named[1] < f"{before:{_WHEN}}"]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def refuse_unfit(self, session: Session) -> None:
        """Nothing: a file of SQLite holds every letter, and the driver reads all that we put there."""

    def copied(self, session: Session, target: Path) -> Path:
        """A whole copy of the store, as `session` sees it, in a new private file; gives its path. Raises FileExistsError, StoreError."""
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        session.run("VACUUM INTO $1", str(target))
        with target.open("rb") as copy:
            os.fsync(copy.fileno())
        return target

    def _make(self) -> None:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # The database's mode is also that of the files that SQLite puts beside it.
            os.close(os.open(self.path, os.O_CREAT | os.O_WRONLY, 0o600))
            self.path.chmod(0o600)
        except OSError as fault:
            raise StoreError(
                f"the store cannot be made: {fault.strerror}", "check the folder's owner, mode and free space", code="store-closed"
            ) from None


class PostgresServer(Struct, frozen=True):
    """A store in a PostgreSQL database; the address may carry a password and is never shown."""

    address: str | Secret

    dialect: Dialect = POSTGRESQL

    def session(self) -> Session:
        """A new connection with its time limits set. Raises StoreError."""
        import adbc_driver_postgresql.dbapi as driver  # type: ignore[import-untyped]

        _leave_signals_alone()
        address = self.address.reveal() if isinstance(self.address, Secret) else self.address
        try:
            session = Session(driver.connect(_with_defaults(address), autocommit=True), POSTGRESQL)
        except adbc_driver_manager.Error as fault:
            raise translated(fault, "open the store") from None
        try:
            for setting in _SERVER_SETTINGS:
                session.run(setting)
        except BaseException:
            session.close()
            raise
        return session

    def back_up(self, session: Session, layout: int, now: datetime) -> None:
        """Nothing: a server's databases are backed up with the server's own means."""

    def drop_copies(self, before: datetime) -> int:  # noqa: ARG002
        """None, for none was made."""
        return 0

    def refuse_unfit(self, session: Session) -> None:
        """Raises StoreError for a database that this driver cannot read, or that cannot hold every letter: some names would fail, others
        come back as something else."""
        try:
            utf8 = session.number("SELECT CAST(count(*) AS BIGINT) FROM pg_settings WHERE name = 'server_encoding' AND setting = 'UTF8'")
        except pl.exceptions.PolarsError:  # the driver asks the server for its types' names, and knows none in quotation marks
            raise StoreError(*QUOTED, code="store-settings") from None
        if not utf8:
            raise StoreError(*NO_LETTERS, code="store-letters")


Place = SqliteFile | PostgresServer


def place_of(location: str | Path | Secret) -> Place:
    """Where a store is, from a path, `sqlite:///FILE` or `postgresql://...`. Raises StoreError for anything else."""
    if isinstance(location, Path):
        return SqliteFile(location)
    text = location.reveal() if isinstance(location, Secret) else location
    if text.startswith(("postgresql://", "postgres://")):
        return PostgresServer(location)
    if text.startswith("sqlite:///"):
        return SqliteFile(Path(text.removeprefix("sqlite:///")))
    if "://" in text:
        raise StoreError(*NO_ADDRESS, code="store-address")
    return SqliteFile(Path(text))


def _with_defaults(address: str) -> str:
    """The address with our time limits added where it does not set them itself. Raises StoreError where it cannot be read."""
    try:
        asked = urlsplit(address).query
    except ValueError:  # a bracket that is not closed; what the library says of it may quote the password
        raise StoreError(*NO_ADDRESS, code="store-address") from None
    missing = [f"{key}={value}" for key, value in _KEEPALIVES.items() if f"{key}=" not in asked]
    if not missing:
        return address
    return address + ("&" if asked else "?" if "?" not in address else "") + "&".join(missing)
