"""The copy of the columns beside a large store: always the same answer as the database, never believed when in doubt."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from runner.store import mirror, write_adds
from runner.store.connect import SqliteFile
from runner.store.session import Session
from runner.store.store import Store, open_store
from tests.store.plans import NOW, Draft, applied, outside, row_of

LATER = NOW + timedelta(days=1)
COLUMNS = (*mirror.MIRRORED, "password_mac")


@pytest.fixture
def small_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store of twenty patrons counts as large."""
    monkeypatch.setattr(mirror, "WORTH_IT", 20)
    monkeypatch.setattr(mirror, "_TOO_OLD", 0.5)
    monkeypatch.setattr(write_adds, "_BULK", 20)


@pytest.fixture
def store(sqlite_store: Store, small_is_large: None) -> Store:
    draft = Draft()
    for number in range(40):
        draft.add(f"{1000 + number}", username=f"user{number}" if number % 3 else None, homeroom="" if number % 7 == 0 else "101")
    applied(sqlite_store, draft, "run-0")
    return sqlite_store


def copies(store: Store) -> list[Path]:
    assert isinstance(store.place, SqliteFile)
    return sorted(store.place.path.parent.glob("patrons.db.columns-*"))


def answer(store: Store) -> pl.DataFrame:
    with store.reader() as reader:
        return reader.patrons(COLUMNS)


def from_database(store: Store) -> pl.DataFrame:
    """The same without any copy."""
    path, aside = copies(store)[0], copies(store)[0].with_name("aside")
    path.rename(aside)
    try:
        return answer(store)
    finally:
        aside.rename(path)


def test_a_first_load_leaves_one_private_copy_with_the_same_answer(store: Store) -> None:
    assert [path.stat().st_mode & 0o777 for path in copies(store)] == [0o600]
    assert answer(store).equals(from_database(store))


def test_the_copy_is_what_is_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = mirror._from_database

    def noted(session: object, columns: object, where: str) -> pl.DataFrame:
        asked.append(where)
        return real(session, columns, where)  # type: ignore[arg-type]

    monkeypatch.setattr(mirror, "_from_database", noted)
    with store.reader() as reader:
        assert reader.patrons(["id", "last_name"]).height == 40
    assert asked == ["WHERE id IN (SELECT patron_id FROM touched)"]


def edit(store: Store) -> None:
    outside(store, "UPDATE patron SET nickname = 'Nan', status = 'Inactive' WHERE district_id = '1003'")


def move_the_version(store: Store) -> None:
    outside(store, "UPDATE patron SET nickname = 'Nan', version = version + 5 WHERE district_id = '1003'")


def insert(store: Store) -> None:
    outside(store, "INSERT INTO patron (site, barcode, last_name) VALUES ('NORTH', 'H 1', 'Hand')")


def insert_before_all(store: Store) -> None:
    outside(store, "INSERT INTO patron (id, site, barcode, version) VALUES (-5, 'NORTH', 'H 2', 1)")


def delete(store: Store) -> None:
    outside(store, "DELETE FROM patron WHERE district_id IN ('1000', '1039')")


def push_out(store: Store) -> None:
    """Another row takes a district id, a barcode and a login name; SQLite tells no trigger of those who give way."""
    outside(store, "REPLACE INTO patron (site, barcode, district_id) SELECT site, 'R1', district_id FROM patron WHERE district_id = '1003'")
    outside(store, "REPLACE INTO patron (site, barcode) SELECT site, barcode FROM patron WHERE district_id = '1004'")
    outside(store, "INSERT OR REPLACE INTO patron (site, barcode, username) VALUES ('NORTH', 'R 2', 'USER7')")
    outside(store, "UPDATE OR REPLACE patron SET district_id = '1010' WHERE district_id = '1011'")
    outside(store, "UPDATE OR REPLACE patron SET username = 'user13' WHERE district_id = '1014'")


def run(store: Store) -> None:
    draft = Draft()
    draft.change(row_of(store, "1005"), homeroom="204", username="new")
    draft.delete(row_of(store, "1006"))
    draft.add("2001")
    applied(store, draft, "run-1", now=LATER)


def large_run(store: Store) -> None:
    draft = Draft()
    for number in range(25):
        draft.add(f"{3000 + number}")
    applied(store, draft, "run-2", now=LATER)


@pytest.mark.parametrize("change", [edit, move_the_version, insert, insert_before_all, delete, push_out, run, large_run])
def test_whoever_changes_the_store_the_answer_is_the_databases(store: Store, change: Callable[[Store], None]) -> None:
    before = answer(store)
    change(store)
    assert not answer(store).equals(before)
    assert answer(store).equals(from_database(store))


def asked_for_the_gone(store: Store) -> bool:
    """Whether tidying up looks for patrons who are gone for good, after a reader read the copy."""
    asked: list[Session] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("runner.store.store.forget_deleted", asked.append)
        answer(store)
        store.prune_history(NOW - timedelta(days=400))
    return bool(asked)


@pytest.mark.parametrize("change", [edit, move_the_version, insert])
def test_nobody_is_looked_for_where_the_reader_found_everybody(store: Store, change: Callable[[Store], None]) -> None:
    change(store)
    assert not asked_for_the_gone(store)


def test_a_reader_that_reads_no_copy_does_not_forget_what_another_found(store: Store) -> None:
    asked: list[Session] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("runner.store.store.forget_deleted", asked.append)
        answer(store)
        with store.reader() as reader:
            reader.lines_note("small/students")
        store.prune_history(NOW - timedelta(days=400))
    assert not asked


def test_whom_staff_deleted_is_looked_for(store: Store) -> None:
    delete(store)
    assert asked_for_the_gone(store)


def test_without_a_reader_everybody_is_looked_for(store: Store) -> None:
    delete(store)
    store.prune_history(NOW - timedelta(days=400))
    with store.session() as session:
        assert session.number("SELECT count(*) FROM touched") == 0


def test_random_changes_one_after_the_other(store: Store) -> None:
    chance = random.Random(5)
    steps = [
        "UPDATE patron SET homeroom = 'x{n}' WHERE id % 7 = {n} % 7",
        "DELETE FROM patron WHERE id % 11 = {n} % 11",
        "INSERT INTO patron (site, barcode) VALUES ('NORTH', 'R {n}')",
        "UPDATE patron SET username = NULL WHERE id % 5 = {n} % 5",
    ]
    for number in range(8):
        outside(store, chance.choice(steps).format(n=number))
        assert answer(store).equals(from_database(store))


def test_a_copy_is_made_anew_when_much_has_changed(store: Store) -> None:
    old = copies(store)
    outside(store, "UPDATE patron SET homeroom = '7'")
    draft = Draft()
    draft.add("2001")
    applied(store, draft, "run-1")
    assert len(copies(store)) == 1
    assert copies(store) != old
    assert answer(store).equals(from_database(store))
    assert outside(store, "SELECT count(*) FROM touched") == [[0]]


def test_a_store_that_grew_large_by_small_runs_gets_its_copy(sqlite_store: Store, small_is_large: None) -> None:
    for start in (0, 15):
        draft = Draft()
        for number in range(start, start + 15):
            draft.add(f"{number}")
        applied(sqlite_store, draft, f"run-{start}")
    assert len(copies(sqlite_store)) == 1
    assert answer(sqlite_store).equals(from_database(sqlite_store))


def test_a_damaged_copy_is_not_believed(store: Store) -> None:
    right = answer(store)
    path = copies(store)[0]
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0xFF
    path.write_bytes(bytes(content))
    assert answer(store).equals(right)


def test_a_missing_copy_is_done_without(store: Store) -> None:
    right = answer(store)
    copies(store)[0].unlink()
    assert answer(store).equals(right)


def test_a_restored_backup_does_not_meet_a_newer_copy(store: Store, tmp_path: Path) -> None:
    assert isinstance(store.place, SqliteFile)
    with store.session() as session:
        session.run("VACUUM INTO $1", str(tmp_path / "backup.db"))
    right = answer(store)
    outside(store, "UPDATE patron SET homeroom = '7'")
    draft = Draft()
    draft.add("2001")
    applied(store, draft, "run-1")
    newer = copies(store)[0]
    (tmp_path / "backup.db.columns-x").write_bytes(newer.read_bytes())
    newer.rename(tmp_path / newer.name.replace("patrons.db", "backup.db"))
    assert answer(open_store(tmp_path / "backup.db", create=False, now=NOW)).equals(right)


def test_a_failed_load_leaves_no_copy_behind(sqlite_store: Store, small_is_large: None) -> None:
    from tests.store.plans import commit, start

    draft = Draft()
    for number in range(30):
        draft.add(f"{number}")
    start(sqlite_store, "run-0")

    def fail(sql: str) -> None:
        if sql == "COMMIT":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sqlite_store.apply(commit("run-0", draft, before_statement=fail))
    assert answer(sqlite_store).is_empty()
    applied(sqlite_store, draft, "run-1")
    assert len(copies(sqlite_store)) == 1


def test_no_password_is_in_the_copy(store: Store) -> None:
    assert not [name for name in pl.read_parquet(copies(store)[0]).columns if "password" in name]
