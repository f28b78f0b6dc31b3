"""Killed, interrupted, out of space: the store is as it was or as it should be, and the run's row says which. (Promises C1 to C8.)"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from runner.errors import LockHeld, StoreError
from runner.store import connect
from runner.store.connect import SqliteFile
from runner.store.store import Store, open_store
from tests.contracts.postgres import Server
from tests.store.loads import commit_of, load_plan, update_plan
from tests.store.plans import NOW, Draft, answers, commit, outside, row_of, run_start, start

ROWS = 20_000
SERVER_ROWS = 4_000


def child(store: Store, run: str, *control: str) -> subprocess.Popen[str]:
    where = f"sqlite:///{store.place.path}" if isinstance(store.place, SqliteFile) else str(store.place.address)
    rows = ROWS if isinstance(store.place, SqliteFile) else SERVER_ROWS
    command = [sys.executable, "-m", "tests.store.loads", where, str(rows), run, *control]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def killed_after(store: Store, run: str, seconds: float, *control: str) -> bool:
    """Starts a load, kills it `seconds` after it began; whether it had said that it was done."""
    process = child(store, run, *control)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(seconds)
    process.kill()
    said = process.stdout.read()
    process.wait()
    process.stdout.close()
    return "done" in said


def state_of(store: Store, run: str) -> tuple[int, int, str]:
    """Patrons that have this run's homeroom, changes in its journal, and what its row says."""
    with store.reader() as reader:
        changed = int((reader.patrons(["homeroom"])["homeroom"] == run).sum())
    with store.session() as session:
        journal = session.number("SELECT count(*) FROM change c JOIN run r ON r.number = c.run_number WHERE r.id = $1", run)
    return changed, journal or 0, store.run(run).status


def is_whole(state: tuple[int, int, str], rows: int = ROWS) -> bool:
    return state in ((0, 0, "running"), (rows, rows, "complete"))


def kills(store: Store, count: int, *control: str) -> Iterator[tuple[tuple[int, int, str], bool]]:
    """Kills spread at random over a load, past its usual end too; for each what is left, and what it had said."""
    process = child(store, "run-measured", *control)
    assert process.stdout is not None
    process.stdout.readline()
    begun = time.monotonic()
    assert process.stdout.read() == "done\n"
    longest = (time.monotonic() - begun) * 1.4
    process.wait()
    process.stdout.close()
    chance = random.Random(11)
    for number in range(count):
        run = f"run-{number}"
        said_done = killed_after(store, run, longest * (number + chance.random()) / count, *control)
        yield state_of(store, run), said_done


def test_a_kill_at_any_point_leaves_all_or_nothing(sqlite_store: Store) -> None:
    loaded(sqlite_store)
    seen = list(kills(sqlite_store, 12))
    assert all(is_whole(state) for state, _ in seen)
    assert all(state[2] == "complete" for state, said_done in seen if said_done)
    assert {"running", "complete"} == {state[2] for state, _ in seen}, "the kills must fall on both sides of the commit"
    assert outside(sqlite_store, "PRAGMA integrity_check") == [["ok"]]


def test_a_kill_during_a_first_load_leaves_all_or_nothing(tmp_path: Path) -> None:
    for number in range(6):
        store = open_store(tmp_path / str(number) / "patrons.db", create=True, now=NOW)
        said_done = killed_after(store, "run-1", 0.06 * number)
        state = state_of(store, "run-1")
        assert is_whole(state)
        assert state[2] == "complete" or not said_done
        assert outside(store, "PRAGMA integrity_check") == [["ok"]]


def test_the_kill_test_sees_a_store_that_commits_in_pieces(sqlite_store: Store) -> None:
    loaded(sqlite_store)
    assert any(not is_whole(state) for state, _ in kills(sqlite_store, 40, "control"))


@pytest.mark.postgres
def test_a_killed_client_of_postgresql_leaves_all_or_nothing_and_no_lock(postgres_url: str) -> None:
    store = open_store(postgres_url, create=True, now=NOW)
    loaded(store, SERVER_ROWS)
    for state, said_done in kills(store, 10):
        assert is_whole(state, SERVER_ROWS)
        assert state[2] == "complete" or not said_done
    with store.lock("the next run"):
        pass


@pytest.mark.postgres
def test_postgresql_stopped_at_once_in_the_middle_leaves_all_or_nothing(postgres_server: Server) -> None:
    store = open_store(postgres_server.address(), create=True, now=NOW)
    loaded(store, SERVER_ROWS)
    process = child(store, "run-1")
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.2)
    postgres_server.stop("immediate")
    process.wait()
    process.stdout.close()
    postgres_server.start()
    assert is_whole(state_of(store, "run-1"), SERVER_ROWS)


def loaded(store: Store, rows: int = ROWS) -> None:
    store.start_run(run_start("run-load"))
    store.apply(commit_of(load_plan(rows, "before"), "run-load"))


class Boom(Exception):
    """What the tests throw."""


def busy_draft(store: Store) -> Draft:
    """A plan that takes every step: adds, swaps, a transfer, associations, deletions with marks, passwords, sent values, types."""
    first, second, third = (row_of(store, key) for key in ("1001", "1002", "1003"))
    draft = Draft()
    new = draft.add("2001", username="new")
    draft.associate("insert", new, owner_ref=new, site="SOUTH", barcode="N1")
    draft.change(first, barcode=second["barcode"], username="swap")
    ref = draft.change(second, "transfer", site="SOUTH", barcode=first["barcode"])
    draft.associate("insert", ref, patron_id=second["id"], site="WEST", barcode="W1")
    draft.clears.append({"ref": ref, "patron_id": second["id"]})
    draft.sent.append({"ref": ref, "patron_id": second["id"], "field": "site", "value": "SOUTH", "fingerprint": "f"})
    draft.delete(third, cause="removal", record_mac="mac")
    draft.types = ("Alumni",)
    draft.seen = [first["id"]]
    return draft


def everything(store: Store) -> dict[str, list[list[object]]]:
    """Every row of every table, as another process sees it."""
    names = [str(row[0]) for row in outside(store, _TABLES if isinstance(store.place, SqliteFile) else _PG_TABLES)]
    return dict(zip(names, answers(store, *(f"SELECT * FROM {name}" for name in names)), strict=True))


_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
_PG_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"


def test_an_exception_before_any_statement_rolls_all_back(sqlite_store: Store) -> None:
    store = sqlite_store
    draft = Draft()
    for key in ("1001", "1002", "1003"):
        draft.add(key)
    start(store, "run-0")
    store.apply(commit("run-0", draft))
    start(store, "run-1")
    before, busy, statements = everything(store), busy_draft(store), 0
    while True:
        left = [statements]

        def fail(sql: str, left: list[int] = left) -> None:
            if left[0] == 0:
                raise Boom(sql)
            left[0] -= 1

        try:
            store.apply(replace(commit("run-1", busy), before_statement=fail))
        except Boom:
            statements += 1
            if statements % 25 == 0:
                assert everything(store) == before
            continue
        break
    assert statements > 50
    assert row_of(store, "2001")["username_key"] == "new"


@pytest.mark.postgres
def test_an_exception_at_the_last_statement_rolls_postgresql_back(postgres_url: str) -> None:
    store = open_store(postgres_url, create=True, now=NOW)
    draft = Draft()
    for key in ("1001", "1002", "1003"):
        draft.add(key)
    start(store, "run-0")
    store.apply(commit("run-0", draft))
    start(store, "run-1")
    before = everything(store)

    def fail(sql: str) -> None:
        if sql == "COMMIT":
            raise Boom

    with pytest.raises(Boom):
        store.apply(replace(commit("run-1", busy_draft(store)), before_statement=fail))
    assert everything(store) == before


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_a_stopped_apply_rolls_back_and_leaves_no_open_cursor(sqlite_store: Store, stop: type[BaseException]) -> None:
    start(sqlite_store)

    def interrupt(sql: str) -> None:
        if sql.startswith("INSERT INTO change "):
            raise stop

    draft = Draft()
    draft.add("1001")
    with pytest.raises(stop):
        sqlite_store.apply(replace(commit("run-1", draft), before_statement=interrupt))
    with sqlite_store.reader() as reader:
        assert reader.patrons(["id"]).is_empty()
    assert sqlite_store.run("run-1").status == "running"


@pytest.mark.parametrize("room", [0, 30, 200, 500])
def test_a_full_disk_ends_cleanly_with_the_old_state_whole(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    loaded(sqlite_store)
    start(sqlite_store, "run-1")
    with sqlite_store.session() as session:
        pages = session.number("SELECT page_count FROM pragma_page_count") or 0
    plan = update_plan(sqlite_store, "a homeroom that needs a good deal more room than the one before it did")
    monkeypatch.setattr(connect, "PRAGMAS", (*connect.PRAGMAS, f"max_page_count = {pages + room}"))
    with pytest.raises(StoreError, match="disk is full") as caught:
        sqlite_store.apply(commit_of(plan, "run-1"))
    assert caught.value.code == "store-full"
    monkeypatch.undo()
    assert state_of(sqlite_store, "run-1") == (0, 0, "running")
    assert outside(sqlite_store, "PRAGMA integrity_check") == [["ok"]]


def test_every_connection_has_the_promised_pragmas(sqlite_store: Store) -> None:
    wanted = {"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "30000", "secure_delete": "1"}

    def check() -> None:
        with sqlite_store.session() as session:
            for name, value in wanted.items():
                column = "timeout" if name == "busy_timeout" else name
                assert session.number(f"SELECT count(*) FROM pragma_{name} WHERE CAST({column} AS TEXT) = '{value}'") == 1, name

    check()
    loaded(sqlite_store)
    check()


def test_eight_starters_and_one_gets_the_lock(sqlite_store: Store) -> None:
    assert isinstance(sqlite_store.place, SqliteFile)
    script = (
        "import sys\nfrom datetime import datetime, UTC\nfrom pathlib import Path\nfrom runner.store.store import Store\n"
        "from runner.store.connect import SqliteFile\nfrom runner.errors import LockHeld\n"
        "try:\n    with Store(SqliteFile(Path(sys.argv[1])), datetime.now(UTC)).lock('me'):\n        sys.stdin.read()\n"
        "except LockHeld as held:\n    sys.exit(held.exit_code)\n"
    )
    command = [sys.executable, "-c", script, str(sqlite_store.place.path)]
    starters = [subprocess.Popen(command, stdin=subprocess.PIPE) for _ in range(8)]
    deadline = time.monotonic() + 60
    # The winner holds the lock until the others have had their answer, however slow the machine.
    while sum(process.poll() is not None for process in starters) < 7 and time.monotonic() < deadline:
        time.sleep(0.05)
    for process in starters:
        process.communicate()
    assert sorted(process.returncode for process in starters) == [0, *[75] * 7]


def test_a_killed_holder_frees_the_lock_at_once(store_location: str) -> None:
    store = open_store(store_location, create=True, now=NOW)
    script = (
        "import sys, time\nfrom datetime import datetime, UTC\nfrom runner.store.store import open_store\n"
        "with open_store(sys.argv[1], create=False, now=datetime.now(UTC)).lock('process 4711'):\n"
        "    print('held', flush=True)\n    time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script, store_location], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    with pytest.raises(LockHeld, match="process 4711"), store.lock("me"):
        pass
    process.kill()
    process.wait()
    process.stdout.close()
    deadline = time.monotonic() + 60
    while True:
        try:
            with store.lock("me"):
                return
        except LockHeld:
            assert time.monotonic() < deadline


def test_a_deleted_lock_file_lets_nobody_in_twice(sqlite_store: Store) -> None:
    assert isinstance(sqlite_store.place, SqliteFile)
    path = Path(f"{sqlite_store.place.path}.lock")
    with sqlite_store.lock("one"):
        assert path.stat().st_mode & 0o777 == 0o600
    assert path.exists()
