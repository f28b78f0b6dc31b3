"""Stores that former versions left on disks, opened by this one. (Promise A8; tests/store/kept holds a store of each layout.)"""

from __future__ import annotations

import gzip
import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from runner.store import migrations
from runner.store.connect import place_of
from runner.store.store import Store, open_store
from tests.contracts.postgres import Server
from tests.store.kept import keep
from tests.store.plans import NOW, answers, one

LAYOUTS = range(1, migrations.NEWEST + 1)
PEOPLE = (
    "SELECT district_id, site, barcode, last_name, first_name, homeroom, username, username_key, status, status_cause, status_before,"
    " username_before, version FROM patron ORDER BY district_id"
)
AS_THEY_WERE = (
    PEOPLE,
    "SELECT p.district_id, a.site, a.barcode FROM association a JOIN patron p ON p.id = a.patron_id ORDER BY 1",
    "SELECT p.district_id, f.site, f.amount_cents FROM fine f JOIN patron p ON p.id = f.patron_id ORDER BY 1",
    "SELECT id, job, status, counts FROM run ORDER BY number",
    "SELECT run_number, patron_id, action, cause FROM change ORDER BY id",
    "SELECT change_id, field, value_before, value_after FROM change_value ORDER BY 1, 2",
    "SELECT job, patron_id, field, value FROM sent_value ORDER BY 1, 2, 3",
)
SHAPES = {
    "sqlite": ("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY 1, 2",),
    "postgresql": (
        (
            "SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns"
            " WHERE table_schema = current_schema() ORDER BY 1, 2"
        ),
        "SELECT tablename, replace(indexdef, current_schema(), '') FROM pg_indexes WHERE schemaname = current_schema() ORDER BY 1, 2",
        "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = current_schema()::regnamespace ORDER BY 1",
        (
            "SELECT tgname, replace(pg_get_triggerdef(t.oid), current_schema(), '') FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE c.relnamespace = current_schema()::regnamespace AND NOT tgisinternal ORDER BY 1"
        ),
        (
            "SELECT c.relname, replace(pg_get_constraintdef(o.oid), current_schema(), '') FROM pg_constraint o"
            " JOIN pg_class c ON c.oid = o.conrelid WHERE o.connamespace = current_schema()::regnamespace ORDER BY 1, 2"
        ),
    ),
}


def kind_of(location: str) -> str:
    return location.partition(":")[0]


def put_back(location: str, layout: int) -> None:
    """Makes the kept store of `layout` at `location`."""
    kept = gzip.decompress(keep.place_of(kind_of(location), layout).read_bytes()).decode()
    if kind_of(location) == "sqlite":
        path = Path(location.removeprefix("sqlite:///"))
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode = wal")
            connection.executescript(kept)
        path.chmod(0o600)
        return
    schema = location.rpartition("%3D")[2]
    text = kept.replace("CREATE SCHEMA kept;\n", "").replace("kept.", f"{schema}.")
    told = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-", location]
    subprocess.run(told, input=text, text=True, check=True, capture_output=True, timeout=60)


def told_past_the_program(location: str, *asked: str) -> list[list[list[Any]]]:
    return answers(Store(place_of(location), NOW), *asked)


@pytest.fixture(params=LAYOUTS, ids=lambda layout: f"layout {layout}")
def kept_store(request: pytest.FixtureRequest, store_location: str) -> str:
    """Where a store of each layout lies, of each kind of database."""
    put_back(store_location, request.param)
    return store_location


def test_the_newest_layout_is_kept_for_the_versions_to_come() -> None:
    lacking = [n for n in LAYOUTS for kind in SHAPES if not keep.place_of(kind, n).is_file()]
    assert lacking == [], "python -m tests.store.kept.keep"


def test_what_a_store_of_an_earlier_layout_holds_is_there_after_the_upgrade(kept_store: str) -> None:
    before = told_past_the_program(kept_store, *AS_THEY_WERE)
    open_store(kept_store, create=False, now=NOW)
    assert told_past_the_program(kept_store, *AS_THEY_WERE) == before
    assert [row[0] for row in before[0]] == ["1001", "1002", "1003", "1005", "1006", "1007", "1008"]


def test_an_upgraded_store_has_the_shape_of_a_new_one(kept_store: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    shape = SHAPES[kind_of(kept_store)]
    upgraded = answers(open_store(kept_store, create=False, now=NOW), *shape)
    if kind_of(kept_store) == "sqlite":
        fresh = f"sqlite:///{tmp_path / 'new' / 'patrons.db'}"
    else:
        server: Server = request.getfixturevalue("postgres_server")
        fresh = server.address()
    new = answers(open_store(fresh, create=True, now=NOW), *shape)
    assert upgraded == new


def test_the_nights_go_on_from_a_store_of_an_earlier_layout(kept_store: str, tmp_path: Path) -> None:
    keep.write_jobs(tmp_path / "jobs", f'"{kept_store}"').write_text(keep.HEAD + keep.SECOND)
    before = told_past_the_program(kept_store, PEOPLE)[0]
    told = json.loads(keep.runner(tmp_path, "2026-11-22T07:00:00Z", "run", "springfield/students", "--full", "--json"))
    after = told_past_the_program(kept_store, PEOPLE)[0]
    # The name that the night before had set free goes to whoever asked for it; everything else is as the former version left it.
    assert (told["counts"]["updated"], told["counts"]["added"], told["counts"]["deleted"]) == (1, 0, 0)
    assert [(row[0], row[6]) for row in after if row not in before] == [("1008", "gil")]


def test_a_run_of_a_former_version_can_be_undone(kept_store: str, tmp_path: Path) -> None:
    keep.write_jobs(tmp_path / "jobs", f'"{kept_store}"')
    second = one(told_past_the_program(kept_store, "SELECT id FROM run WHERE number = 2")[0])
    keep.runner(tmp_path, "2026-11-22T07:00:00Z", "undo", second)
    people = told_past_the_program(kept_store, "SELECT district_id, site, first_name, status, username FROM patron ORDER BY district_id")[0]
    assert people == [
        ["1001", "NORTH", "Ana", "Active", "ana"],
        ["1002", "NORTH", "Ben", "Active", "ben"],
        ["1003", "NORTH", "Cai", "Active", "cai"],
        ["1004", "NORTH", "Dee", "Active", "dee"],
        ["1005", "SOUTH", "Eli", "Active", None],
        ["1006", "SOUTH", "Fay", "Active", "fay"],
        ["1007", "SOUTH", "Gil", "Active", "gil"],
    ]
