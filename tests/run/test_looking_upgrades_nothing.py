"""A store of an earlier layout is looked at without being upgraded: the program in service goes on with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.cli.probes import store as probe_store
from runner.errors import StoreError
from runner.store.look import look_at_store
from runner.store.store import open_store
from tests.contracts.postgres import Server
from tests.run.small_district import DISTRICT, NIGHT, SmallDistrict, student
from tests.store.next_layout import NEXT, update

LAYOUT = "SELECT value FROM meta WHERE key = 'layout'"


@pytest.fixture
def small(tmp_path: Path) -> SmallDistrict:
    district = SmallDistrict(tmp_path).write()
    district.export([student(1), student(2)])
    district.run()
    district.export([student(1, HR="9"), student(2)])
    return district


def test_a_plan_works_on_a_copy_that_is_gone_afterwards(small: SmallDistrict, monkeypatch: pytest.MonkeyPatch) -> None:
    update(monkeypatch)
    assert small.plan().report.counts["updated"] == 1
    assert small.rows(LAYOUT) == [(str(NEXT - 1),)]
    assert list(small.store_file.parent.glob("*.bak")) == []
    assert list((small.store_file.parent / "work").glob("*")) == []


def test_doctor_says_that_the_next_run_upgrades_it(small: SmallDistrict, monkeypatch: pytest.MonkeyPatch) -> None:
    update(monkeypatch)
    [finding] = probe_store(small.job().district, small.places, NIGHT)
    assert "the next run upgrades it" in finding.text
    assert small.rows(LAYOUT) == [(str(NEXT - 1),)]


def test_the_next_run_does(small: SmallDistrict, monkeypatch: pytest.MonkeyPatch) -> None:
    update(monkeypatch)
    assert small.run().report.counts["updated"] == 1
    assert small.rows(LAYOUT) == [(str(NEXT),)]
    assert len(list(small.store_file.parent.glob("*.bak"))) == 1


@pytest.mark.postgres
def test_of_a_server_s_database_nobody_makes_a_copy_unasked(
    postgres_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = postgres_server.address()
    open_store(address, create=True, now=NIGHT)
    update(monkeypatch)
    with pytest.raises(StoreError, match="the layout of an earlier version") as refused:
        look_at_store(address, tmp_path, now=NIGHT)
    assert refused.value.code == "store-earlier"
    monkeypatch.undo()
    assert look_at_store(address, tmp_path, now=NIGHT).runs().is_empty()


@pytest.mark.postgres
def test_looking_at_an_empty_database_makes_no_tables_in_it(postgres_server: Server, tmp_path: Path) -> None:
    address = postgres_server.address()
    assert look_at_store(address, tmp_path, now=NIGHT).runs().is_empty()
    schema = address.rpartition("%3D")[2]
    assert postgres_server.sql(f"SELECT count(*) FROM pg_tables WHERE schemaname = '{schema}'") == "0"


@pytest.mark.postgres
def test_a_server_whose_types_cannot_be_read_is_refused_to_whoever_looks_too(postgres_server: Server, tmp_path: Path) -> None:
    postgres_server.sql("CREATE DATABASE looked_at")
    postgres_server.sql("ALTER DATABASE looked_at SET quote_all_identifiers = on")
    with pytest.raises(StoreError, match="quote_all_identifiers"):
        look_at_store(f"postgresql://postgres@127.0.0.1:{postgres_server.port}/looked_at", tmp_path, now=NIGHT)
    postgres_server.sql("DROP DATABASE looked_at")


@pytest.mark.postgres
def test_doctor_makes_no_tables_in_an_empty_database(small: SmallDistrict, postgres_server: Server) -> None:
    address = postgres_server.address()
    small.write(district=f'{DISTRICT}store: "{address}"\n')
    [finding] = probe_store(small.job().district, small.places, NIGHT)
    assert finding.text == "none yet; the first run makes its tables"
    schema = address.rpartition("%3D")[2]
    assert postgres_server.sql(f"SELECT count(*) FROM pg_tables WHERE schemaname = '{schema}'") == "0"
