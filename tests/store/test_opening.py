"""Opening, making and upgrading a store, and what people read when that fails."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from runner.errors import StoreError
from runner.fields import STORED_FIELDS
from runner.store import history, layout_1, migrations
from runner.store.blobs import packed
from runner.store.connect import SqliteFile, place_of
from runner.store.dialect import Dialect
from runner.store.job_sets import get_set
from runner.store.store import Store, open_store
from tests.store.next_layout import NEXT, update
from tests.store.plans import NOW, Draft, applied, one, outside, row_of


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_files_and_folder_are_private_whatever_the_umask(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        store = open_store(tmp_path / "var" / "springfield" / "patrons.db", create=True, now=NOW)
        with store.reader() as reader:
            reader.patrons(["id"])
            assert isinstance(store.place, SqliteFile)
            folder = store.place.path.parent
            assert mode(folder) == 0o700
            assert {path.name: mode(path) for path in folder.iterdir()} == dict.fromkeys(
                ("patrons.db", "patrons.db-wal", "patrons.db-shm"), 0o600
            )
    finally:
        os.umask(old)


def test_a_missing_store_is_not_made_unless_asked(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        open_store(tmp_path / "patrons.db", create=False, now=NOW)
    assert caught.value.code == "store-missing"
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_database_is_named_as_such(tmp_path: Path) -> None:
    path = tmp_path / "patrons.db"
    path.write_text("Anna Canary, 12 Main Street\n" * 400)
    with pytest.raises(StoreError) as caught:
        open_store(path, create=False, now=NOW)
    assert caught.value.code == "store-not-a-database"
    assert "Canary" not in f"{caught.value} {caught.value.hint}"


def test_a_damaged_store_is_named_as_such(sqlite_store: Store) -> None:
    draft = Draft()
    for number in range(2_000):
        draft.add(f"{number}")
    applied(sqlite_store, draft)
    assert isinstance(sqlite_store.place, SqliteFile)
    with sqlite_store.place.path.open("r+b") as file:
        file.seek(8192)
        file.write(os.urandom(8192 * 20))
    with pytest.raises(StoreError) as caught, sqlite_store.reader() as reader:
        reader.patrons(["last_name"])
    assert caught.value.code in ("store-damaged", "store-not-a-database", "store-layout")


def test_a_database_with_other_tables_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "patrons.db"
    script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('CREATE TABLE books (id)'); c.commit()"
    subprocess.run([sys.executable, "-c", script, str(path)], check=True)
    with pytest.raises(StoreError) as caught:
        open_store(path, create=True, now=NOW)
    assert caught.value.code == "store-not-ours"


def test_an_unreachable_server_is_one_sentence_without_the_address() -> None:
    with pytest.raises(StoreError) as caught:
        open_store("postgresql://ann:canary-password@127.0.0.1:9/nothing", create=True, now=NOW)
    assert caught.value.code == "store-server"
    assert "canary" not in f"{caught.value} {caught.value.hint}"


def test_an_unknown_kind_of_store_is_refused() -> None:
    with pytest.raises(StoreError) as caught:
        place_of("mysql://server/db")
    assert caught.value.code == "store-address"


def test_a_store_of_a_newer_program_is_refused(store_location: str) -> None:
    store = open_store(store_location, create=True, now=NOW)
    outside(store, "UPDATE meta SET value = '99' WHERE key = 'layout'")
    with pytest.raises(StoreError, match="newer version") as caught:
        open_store(store_location, create=False, now=NOW)
    assert caught.value.code == "store-too-new"


def broken_layout(dialect: Dialect) -> list[str]:
    return ["ALTER TABLE patron ADD COLUMN locker TEXT", "ALTER TABLE nothing ADD COLUMN locker TEXT"]


def test_an_upgrade_keeps_the_data_and_makes_a_private_copy_first(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = Draft()
    draft.add("1001")
    applied(sqlite_store, draft)
    assert isinstance(sqlite_store.place, SqliteFile)
    path = sqlite_store.place.path
    update(monkeypatch)
    again = open_store(path, create=False, now=NOW)
    assert one(outside(again, "SELECT locker FROM patron")) is None
    copies = list(path.parent.glob("*.bak"))
    assert [copy.name for copy in copies] == [f"patrons.db.layout-{NEXT - 1}.20261121T020000Z.bak"]
    assert mode(copies[0]) == 0o600
    monkeypatch.undo()
    assert row_of(open_store(copies[0], create=False, now=NOW), "1001")["last_name"] == "Last 1001"


def test_a_failing_upgrade_leaves_the_old_layout(store_location: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(store_location, create=True, now=NOW)
    update(monkeypatch, broken_layout)
    with pytest.raises(StoreError):
        open_store(store_location, create=False, now=NOW)
    monkeypatch.undo()
    assert one(outside(store, "SELECT value FROM meta WHERE key = 'layout'")) == str(NEXT - 1)
    with pytest.raises(AssertionError, match="locker"):
        outside(store, "SELECT locker FROM patron")
    if isinstance(store.place, SqliteFile):  # or each command would leave another copy
        assert list(store.place.path.parent.glob("*.bak")) == []


def test_layout_1_had_what_differs_from_a_set_in_the_set_s_own_row(store_location: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as before:
        before.setattr(migrations, "NEWEST", 1)
        old = open_store(store_location, create=True, now=NOW)
        content, changes = (packed(pl.Series("values", numbers, dtype=pl.UInt64)) for numbers in ([1, 2, 3], [2, 7]))
        with old.session() as session:
            for kind in ("baseline", "seen"):
                session.run("INSERT INTO job_set (job, kind, content) VALUES ($1, $2, $3)", "a/b", kind, content)
            session.run("UPDATE job_set SET changes = $1 WHERE kind = 'baseline'", changes)
    store = open_store(store_location, create=False, now=NOW)
    with store.session() as session:
        found = {kind: numbers.to_list() for kind in ("baseline", "seen") if (numbers := get_set(session, "a/b", kind)) is not None}
    assert found == {"baseline": [1, 3, 7], "seen": [1, 2, 3]}


def _two_runs(store: Store) -> None:
    draft = Draft()
    draft.add("1001")
    applied(store, draft)
    draft = Draft()
    draft.change(row_of(store, "1001"), homeroom="204")
    applied(store, draft, "run-2")


def test_until_layout_3_a_change_was_found_by_its_patron_alone(store_location: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as before:
        before.setattr(migrations, "NEWEST", 3)
        _two_runs(open_store(store_location, create=True, now=NOW))
    store = open_store(store_location, create=False, now=NOW)
    changes, values = store.patron_history(row_of(store, "1001")["id"])
    assert changes.select("run", "action").rows() == [("run-1", "add"), ("run-2", "update")]
    assert values.select("field", "before", "after").rows() == [("homeroom", None, "204")]


def test_the_history_of_a_patron_is_found_without_a_walk_over_the_journal(sqlite_store: Store) -> None:
    _two_runs(sqlite_store)
    number, asked = row_of(sqlite_store, "1001")["id"], list[str]()
    with sqlite_store.session() as session:
        session.before_statement = asked.append
        history.patron_history(session, number)
    plans = [outside(sqlite_store, f"EXPLAIN QUERY PLAN {sql.replace('$1', str(number))}") for sql in asked]
    steps = [str(step[-1]) for plan in plans for step in plan]
    assert sum("INDEX change_run (run_number=? AND patron_id=?)" in step for step in steps) == len(plans) == 2
    assert [step for step in steps if step.startswith(("SCAN c", "SCAN change"))] == []


def test_layout_1_has_a_column_for_every_stored_field() -> None:
    assert set(STORED_FIELDS) <= set(layout_1.PATRON_COLUMNS)


def test_an_older_sqlite_can_work_with_the_store_too(sqlite_store: Store) -> None:
    draft = Draft()
    draft.add("1001")
    applied(sqlite_store, draft)
    outside(sqlite_store, "INSERT INTO fine (patron_id, site, amount_cents) SELECT id, 'NORTH', 125 FROM patron")
    assert sqlite3.sqlite_version_info >= (3, 37), "STRICT tables need SQLite 3.37 or later; docs/store.md says so"


def test_two_processes_that_make_one_store_at_once_both_succeed(tmp_path: Path) -> None:
    script = (
        "import sys\nfrom datetime import datetime, UTC\nfrom runner.store.store import open_store\n"
        "open_store(sys.argv[1], create=True, now=datetime.now(UTC))\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "patrons.db")]
    assert [process.wait() for process in [subprocess.Popen(command) for _ in range(4)]] == [0, 0, 0, 0]
