"""What a database complains about, as one sentence and what to do. The driver's own text is never shown: it quotes data."""

from __future__ import annotations

import re

from adbc_driver_manager import Error

from runner.errors import StoreError

_BUSY = ("the store is busy: another program is writing to it", "wait until it has finished, then try again")
_FULL = ("the disk is full: nothing was changed in the store", "make room (old files under var/, other programs' files), then try again")
_CORRUPT = ("the store's file is damaged", "restore the last good backup of the store, and check the disk")
_NOT_A_STORE = ("the store's file is not a database", "check the path under `store:`, or restore a backup")
_CANNOT_OPEN = ("the store cannot be opened", "check that its folder exists and that this user may write to it")
READ_ONLY = ("the store may not be written to", "check the owner and mode of the store's file and folder")
_IO = ("the disk failed while the store was in use: nothing was changed", "check the disk and its free space, then try again")
_SERVER_FULL = (
    "the disk of the store's PostgreSQL server is full: nothing was changed in the store",
    "make room there, then run the job again",
)
_SERVER_IO = (
    "the disk of the store's PostgreSQL server failed: nothing was changed in the store",
    "check that disk, and the server's log; then run the job again",
)
_NO_SERVER = ("the store's PostgreSQL server cannot be reached", "check that it runs, and the address under `store:`")
_UNREADY = (
    "the store's PostgreSQL server takes no connection now: it is starting, stopping or full",
    "wait a moment, then try again; the server's log says more",
)
_LOST = ("the connection to the store's PostgreSQL server was lost", "check that the server runs, then run the job again")
_REFUSED = ("the store's PostgreSQL server refused the login", "check user, password and database under `store:`")
_NOT_LET_IN = (
    "the store's PostgreSQL server lets no such connection in: its pg_hba.conf says so",
    "ask for a line there for this machine, account and database; where that asks for TLS, add `?sslmode=require` under `store:`",
)
_TURNED_AWAY = (
    "the store's PostgreSQL server refused the connection",
    "check user, password and database under `store:`; the server's log says why",
)
_NO_HOST = (
    "the host of the store's PostgreSQL server is not known",
    "check its name under `store:`, and that this machine can look names up",
)
_NO_TLS = (
    "the store's PostgreSQL server offers no TLS, and `sslmode` asks for it: no password was sent",
    "have TLS turned on at the server, or take `sslmode` out of the address under `store:` where the way there is safe",
)
_NOT_TRUSTED = (
    "the certificate of the store's PostgreSQL server is not trusted, or is of another name: no password was sent",
    "name the host as its certificate does, and its authority's file with `sslrootcert=FILE` under `store:`",
)
_BAD_ADDRESS = (
    "the store's address cannot be read by PostgreSQL",
    "put it right under `store:`: postgresql://USER@HOST:PORT/DATABASE, and after a `?` only parameters that PostgreSQL knows",
)
_UNKNOWN_SETTING = (
    "the store's PostgreSQL server, or a pooler before it, does not know a setting that the address asks for",
    "put `options` under `store:` right; where a pooler takes none: ALTER ROLE name SET search_path = ...",
)
NO_RIGHT = (
    "the account of the store lacks a right in the PostgreSQL database",
    "it needs USAGE and CREATE on its schema, TEMPORARY on the database, and tables that are its own",
)
NO_SCHEMA = (
    "the store's PostgreSQL database has no schema that this account may use",
    "make the schema and give the account USAGE and CREATE on it; docs/store.md says how to name it under `store:`",
)
ONLY_READ = (
    "the store's PostgreSQL server takes no changes: it is a replica, or set to read only",
    "name the primary server under `store:`",
)
NO_ADDRESS = ("the store's address is of no kind that runner knows", "write sqlite:///FILE or postgresql://...")
NO_LETTERS = (
    "the store's PostgreSQL database is not in UTF8, and cannot hold every letter",
    "make a database with ENCODING 'UTF8' for the store, and name it under `store:`",
)
QUOTED = (
    "the store's PostgreSQL server answers in types that cannot be read: `quote_all_identifiers` is on",
    "turn it off for the store's database: ALTER DATABASE name SET quote_all_identifiers = off",
)
_CONSTRAINT = (
    "the store refused a change because it would break a rule of its tables: nothing was changed",
    "run the job again; if it stays, `runner doctor` may help",
)
_STOPPED = ("the store's work was stopped: nothing was changed", "run the job again")
_NO_TABLE = (
    "the store lacks a table or column that this program needs",
    "restore a backup; the tables may only be changed by this program",
)

# PostgreSQL's SQLSTATE, whole or its class of two characters.
_POSTGRES: dict[str, tuple[str, tuple[str, str]]] = {
    "55P03": ("store-busy", _BUSY),
    "40001": ("store-busy", _BUSY),
    "40P01": ("store-busy", _BUSY),
    "57014": ("store-stopped", _STOPPED),
    "57P01": ("store-stopped", _STOPPED),
    "42501": ("store-read-only", NO_RIGHT),
    "25006": ("store-read-only", ONLY_READ),
    "3F000": ("store-schema", NO_SCHEMA),
    "22021": ("store-letters", NO_LETTERS),
    "22P05": ("store-letters", NO_LETTERS),
    "42P01": ("store-layout", _NO_TABLE),
    "42703": ("store-layout", _NO_TABLE),
    "53100": ("store-full", _SERVER_FULL),
    "58030": ("store-disk", _SERVER_IO),
    "23": ("store-constraint", _CONSTRAINT),
    "28": ("store-login", _REFUSED),
    "3D": ("store-login", _REFUSED),
    "08": ("store-server", _NO_SERVER),
    "53": ("store-server", _NO_SERVER),
}

# Fixed words of SQLite, of PostgreSQL and of the driver, asked in this order.
_WORDS: dict[str, tuple[str, tuple[str, str]]] = {
    "database is locked": ("store-busy", _BUSY),
    "database or disk is full": ("store-full", _FULL),
    "malformed": ("store-damaged", _CORRUPT),
    "not a database": ("store-not-a-database", _NOT_A_STORE),
    "unable to open": ("store-closed", _CANNOT_OPEN),
    "failed to open": ("store-closed", _CANNOT_OPEN),
    "table is locked": ("store-busy", _BUSY),
    "readonly": ("store-read-only", READ_ONLY),
    "disk I/O": ("store-disk", _IO),
    "constraint failed": ("store-constraint", _CONSTRAINT),
    "interrupted": ("store-stopped", _STOPPED),
    "no such table": ("store-layout", _NO_TABLE),
    "no such column": ("store-layout", _NO_TABLE),
    "password authentication": ("store-login", _REFUSED),
    "no password supplied": ("store-login", _REFUSED),
    "pg_hba.conf": ("store-login", _NOT_LET_IN),
    "FATAL:  role": ("store-login", _REFUSED),
    "FATAL:  database": ("store-login", _REFUSED),
    "permission denied": ("store-read-only", NO_RIGHT),
    "system is": ("store-server", _UNREADY),  # starting up, shutting down, in recovery mode
    "too many": ("store-server", _UNREADY),
    "connection slots": ("store-server", _UNREADY),
    "server closed the connection": ("store-server", _LOST),
    "could not translate host": ("store-server", _NO_HOST),
    "server does not support SSL": ("store-tls", _NO_TLS),
    "certificate verify failed": ("store-tls", _NOT_TRUSTED),
    "root certificate file": ("store-tls", _NOT_TRUSTED),
    "server certificate for": ("store-tls", _NOT_TRUSTED),
    "Failed to connect: invalid": ("store-address", _BAD_ADDRESS),
    "Failed to connect: unexpected spaces": ("store-address", _BAD_ADDRESS),
    "unrecognized configuration parameter": ("store-address", _UNKNOWN_SETTING),
    "unsupported startup parameter": ("store-address", _UNKNOWN_SETTING),
    "could not connect": ("store-server", _NO_SERVER),
    "onnection refused": ("store-server", _NO_SERVER),
}
# A server's own answer begins with how bad it is, in the server's language, as do the words after it: we know then that it was reached.
_ANSWERED = re.compile(r"Failed to connect: .* failed: \S+:  ")


def translated(fault: Error, doing: str) -> StoreError:
    """The StoreError for a driver's error; `doing` says in words what was tried, such as "open the store"."""
    code, (text, hint) = _sentence(fault)
    return StoreError(text if code != "store" else f"{text} (while trying to {doing})", hint, code=code)


def _sentence(fault: Error) -> tuple[str, tuple[str, str]]:
    state = fault.sqlstate
    if state:
        found = _POSTGRES.get(state) or _POSTGRES.get(state[:2])
        return found or ("store", (f"PostgreSQL answered with error {state}", "look it up in the server's log"))
    return _by_words(str(fault))


def _by_words(text: str) -> tuple[str, tuple[str, str]]:
    """SQLite's driver gives no result code, and neither gives one for a failed login; their fixed English words tell the cases apart."""
    found = next((answer for word, answer in _WORDS.items() if word in text), None)
    if found is None and "Failed to connect" in text:
        return ("store-login", _TURNED_AWAY) if _ANSWERED.search(text) else ("store-server", _NO_SERVER)
    return found or ("store", ("the store answered with an error", "run `runner doctor`; the database's own log may say more"))
