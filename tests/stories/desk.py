"""A program of the staff's own beside a store: plain SQL and plain reading. Nothing of the product is in it.

SQLite's locks are a process's own, so that a second SQLite in the product's process would take them away from it: the embedded store is
worked on from a process beside it. Run as a program, this file is that process: a line of JSON asks, a line of JSON answers.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any, Protocol

Rows = list[dict[str, Any]]


class Desk(Protocol):
    """Where staff work on one store."""

    def edit(self, statements: tuple[str, ...]) -> list[str]:
        """Runs and commits each statement by itself; gives what the database said."""

    def tables(self) -> dict[str, Rows]:
        """All rows of all tables; nothing where there is no store."""

    def close(self) -> None:
        """Staff go home."""


class SqliteDesk:
    """A desk at an embedded store."""

    def __init__(self, store: Path) -> None:
        self._store = store
        words = [sys.executable, "-I", str(Path(__file__)), str(store)]
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def edit(self, statements: tuple[str, ...]) -> list[str]:
        return self._ask("edit", statements) if self._store.exists() else []

    def tables(self) -> dict[str, Rows]:
        return self._ask("tables") if self._store.exists() else {}

    def backup(self, to: Path) -> None:
        self._ask("backup", str(to))

    def close(self) -> None:
        self._process.communicate()

    def _ask(self, *words: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


class PostgresDesk:
    """A desk at a PostgreSQL store: another connection is another program."""

    def __init__(self, address: str) -> None:
        # Not at the top: the process beside an embedded store needs nothing but Python.
        import adbc_driver_postgresql.dbapi as postgresql  # type: ignore[import-untyped]

        self._connection = postgresql.connect(address, autocommit=True)

    def edit(self, statements: tuple[str, ...]) -> list[str]:
        return [self._done(statement) for statement in statements]

    def tables(self) -> dict[str, Rows]:
        names = self._rows("SELECT table_name AS name FROM information_schema.tables WHERE table_schema = current_schema()")
        return {each["name"]: self._rows(f"SELECT * FROM {each['name']}") for each in names}

    def close(self) -> None:
        self._connection.close()

    def _done(self, statement: str) -> str:
        with self._connection.cursor() as cursor:
            try:
                cursor.execute(statement)
            except Exception as refused:  # whatever the driver calls it
                return str(refused)
        return "done"

    def _rows(self, statement: str) -> Rows:
        with self._connection.cursor() as cursor:
            cursor.execute(statement)
            found: Rows = cursor.fetch_polars().to_dicts()
            return found


def put_back(store: Path, copy: Path, *, over: bool) -> None:
    """Staff put a copy of an embedded store in its place: written over it, or as a new file."""
    for end in ("-wal", "-shm"):
        Path(f"{store}{end}").unlink(missing_ok=True)
    new = store if over else store.with_name("restored")
    shutil.copyfile(copy, new)
    new.replace(store)


def _edit(store: str, statements: list[str]) -> list[str]:
    with sqlite3.connect(store, timeout=10) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        said = []
        for statement in statements:
            try:
                said.append(f"{connection.execute(statement).rowcount} rows")
                connection.commit()
            except sqlite3.Error as refused:
                connection.rollback()
                said.append(str(refused))
    connection.close()
    return said


def _tables(store: str) -> dict[str, Rows]:
    connection = sqlite3.connect(store, timeout=10)
    connection.row_factory = sqlite3.Row
    names = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").fetchall()
    found = {name: [dict(row) for row in connection.execute(f"SELECT * FROM {name}")] for (name,) in names}
    found["schema"] = [dict(row) for row in connection.execute("SELECT type, name, sql FROM sqlite_schema")]
    connection.close()
    return found


def _backup(store: str, to: str) -> None:
    connection, copy = sqlite3.connect(store, timeout=10), sqlite3.connect(to)
    connection.backup(copy)
    for each in (copy, connection):
        each.close()


if __name__ == "__main__":
    for line in sys.stdin:
        asked, *given = json.loads(line)
        done = {"edit": _edit, "tables": _tables, "backup": _backup}[asked](sys.argv[1], *given)  # type: ignore[operator]
        print(json.dumps(done, default=bytes.hex), flush=True)
