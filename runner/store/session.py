"""One connection to the store: SQL in, polars frames out, every cursor closed, every fault translated once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from adbc_driver_manager import Error

from runner.store.dialect import Dialect
from runner.store.faults import translated

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection, Cursor

BeforeStatement = Callable[[str], None]
_ROWS_AT_ONCE = 200_000
_BATCH = {"adbc.sqlite.query.batch_rows": "32768"}
_SAMPLES = {pl.String: "''", pl.Int64: "0", pl.Binary: "x''"}


class Session:
    """A connection in autocommit mode; transactions are begun and ended by hand, so that each is IMMEDIATE or pinned.

    `file` is the path of an SQLite store, None for a server. `before_statement` is called with the SQL before each statement of a
    transaction (tests put faults there). `proven`: files beside the store whose content was found right. `all_there`: whether everybody
    whom the copy of the columns shows was found in the store when it was last read, None before that (runner.store.mirror). Every method
    raises StoreError. Not for use by two threads at once.
    """

    def __init__(self, connection: Connection, dialect: Dialect, file: Path | None = None) -> None:
        self.dialect = dialect
        self.file = file
        self.before_statement: BeforeStatement | None = None
        self.proven: set[Path] = set()
        self.all_there: bool | None = None
        self._connection = connection
        self._stages: list[str] = []

    def run(self, sql: str, *params: object) -> int:
        """How many rows a statement touched (-1 where the driver cannot tell)."""
        with self._cursor(sql) as cursor:
            cursor.executemany(sql, _one_row(params) if params else None)
            return cursor.rowcount

    def run_for_each(self, sql: str, frame: pl.DataFrame) -> None:
        """Runs `sql` once per row of `frame`, its columns being $1, $2, ...; a row at a time in the driver, in C."""
        for piece in frame.iter_slices(_ROWS_AT_ONCE):
            with self._cursor(sql) as cursor:
                cursor.executemany(sql, piece)

    def rows(self, sql: str, columns: Mapping[str, type[pl.DataType]], *params: object) -> pl.DataFrame:
        """The answer of a query that selects exactly `columns` (String, Int64 or Binary), in that order.

        SQLite's driver guesses a column's type from the first rows and fails on a text after NULLs: a typed row leads the way there.
        The order of rows is the database's own: sort the frame where it matters.
        """
        asked = _with_sentinel(sql, columns) if self.dialect.sentinel else f"SELECT * FROM ({sql}) AS asked ({', '.join(columns)})"
        with self._cursor(asked) as cursor:
            if self.dialect.sentinel:
                cursor.adbc_statement.set_options(**_BATCH)
            cursor.execute(asked, _one_row(params) if params else None)
            frame = pl.DataFrame(cursor.fetch_arrow())
        if self.dialect.sentinel:
            frame = frame.slice(1)
        return frame.select(pl.nth(n).cast(dtype).alias(name) for n, (name, dtype) in enumerate(columns.items()))

    def number(self, sql: str, *params: object) -> int | None:
        """The one integer that a query gives; None for no row or NULL."""
        answer = self.rows(sql, {"number": pl.Int64}, *params)
        return None if answer.is_empty() else answer.item()

    def insert(self, table: str, frame: pl.DataFrame, **same: int | str) -> None:
        """Adds `frame`'s rows to `table`, columns by name; `same` gives columns in which every row has one value.

        Those values stand in the statement itself (numbers, instants and words of ours only): binding them a million times would cost more.
        """
        if frame.is_empty():
            return
        if self.dialect.name == "sqlite":
            columns = ", ".join([*frame.columns, *same])
            marks = [f"${n + 1}" for n in range(frame.width)] + [_literal(value) for value in same.values()]
            self.run_for_each(f"INSERT INTO {table} ({columns}) VALUES ({', '.join(marks)})", frame)
            return
        whole = frame.with_columns(
            **{name: pl.lit(value, dtype=pl.Int64 if isinstance(value, int) else pl.String) for name, value in same.items()}
        )
        columns = ", ".join(whole.columns)
        for piece in whole.iter_slices(_ROWS_AT_ONCE):
            with self._cursor(f"COPY {table} ({columns})") as cursor:
                cursor.adbc_ingest(table, piece, mode="append")

    def stage(self, name: str, frame: pl.DataFrame) -> None:
        """Puts `frame` into a temporary table `name` (replacing one of that name)."""
        self.drop_stage(name)
        self._stages.append(name)
        with self._cursor(f"STAGE {name}") as cursor:
            cursor.adbc_ingest(name, plain(frame), mode="create", temporary=True)

    def drop_stage(self, name: str) -> None:
        if name in self._stages:
            self.run(f"DROP TABLE IF EXISTS {name}")
            self._stages.remove(name)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One writing transaction: committed at the end of the block, rolled back on any exception, SystemExit and Ctrl-C included."""
        with self._transaction(self.dialect.begin_write):
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """One consistent view of the store for the length of the block."""
        with self._transaction(self.dialect.begin_read):
            yield

    @contextmanager
    def changing_layout(self) -> Iterator[None]:
        """One transaction that changes tables; two processes that open a new store at once take turns."""
        with self._transaction(self.dialect.begin_layout):
            yield

    def close(self) -> None:
        """Ends the connection. One whose cursor a signal left open ends with the process, which is about to end."""
        with suppress(RuntimeError):
            self._connection.close()

    @contextmanager
    def _transaction(self, begin: tuple[str, ...]) -> Iterator[None]:
        try:
            for statement in begin:
                self.run(statement)
            yield
            for name in list(self._stages):
                self.drop_stage(name)
            self.run("COMMIT")
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        """SQLite has already rolled back after a full disk: a failing ROLLBACK is then no news."""
        self._stages.clear()
        cursor = self._connection.cursor()
        try:
            cursor.executemany("ROLLBACK", None)
        except Error:
            pass
        finally:
            cursor.close()

    @contextmanager
    def _cursor(self, sql: str) -> Iterator[Cursor]:
        if self.before_statement is not None:
            self.before_statement(sql)
        cursor = self._connection.cursor()
        try:
            yield cursor
        except Error as fault:
            raise translated(fault, "read or write") from None
        finally:
            cursor.close()


def plain(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with the dtypes that both databases take: text, 64-bit integers and bytes."""
    casts: list[Any] = []
    for name, dtype in frame.schema.items():
        if dtype.is_integer() or dtype == pl.Boolean:
            casts.append(pl.col(name).cast(pl.Int64))
        elif isinstance(dtype, pl.Enum | pl.Categorical) or dtype == pl.Null:
            casts.append(pl.col(name).cast(pl.String))
    return frame.with_columns(casts) if casts else frame


def filled_columns(frame: pl.DataFrame) -> list[str]:
    """The names of the columns in which some row has a value; the others need not be written."""
    return [name for name, nulls in zip(frame.columns, frame.null_count().row(0), strict=True) if nulls < frame.height]


def _literal(value: int | str) -> str:
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def _one_row(params: tuple[object, ...]) -> pl.DataFrame:
    return pl.DataFrame({f"p{n}": _cell(value) for n, value in enumerate(params)})


def _cell(value: object) -> pl.Series:
    match value:
        case int():
            return pl.Series([value], dtype=pl.Int64)
        case bytes():
            return pl.Series([value], dtype=pl.Binary)
        case _:
            return pl.Series([value], dtype=pl.String)


def _with_sentinel(sql: str, columns: Mapping[str, type[pl.DataType]]) -> str:
    first = ", ".join(f"{_SAMPLES[dtype]} AS {name}" for name, dtype in columns.items())
    return f"SELECT {first} UNION ALL SELECT * FROM ({sql})"
