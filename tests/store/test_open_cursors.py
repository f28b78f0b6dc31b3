"""A statement that a signal left open does not turn the end of a run into a bug."""

from __future__ import annotations

from adbc_driver_manager import AdbcStatement

from runner.store.store import Store


def test_a_session_with_an_open_statement_ends_without_a_word(sqlite_store: Store) -> None:
    with sqlite_store.session() as session:
        left = AdbcStatement(session._connection.adbc_connection)  # as between a cursor's first step and its last
    left.close()
    session.close()
