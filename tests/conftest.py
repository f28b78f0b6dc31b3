"""Fixtures that tests of several folders share: stores of both kinds, and the switch over all fast paths."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

from runner.store.store import Store, open_store
from tests.alone import turn
from tests.contracts.postgres import NoPostgres, Server
from tests.needs import need
from tests.plan.looking import switch

# The suite tells the same examples each time, so that a run says something about a change and not about luck. Who asks for more of them
# (RUNNER_EXAMPLES) looks for what nobody has seen yet: those are others each time.
settings.register_profile("steady", derandomize=True, deadline=None)
if "RUNNER_EXAMPLES" not in os.environ:
    settings.load_profile("steady")


NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Outside of everything else, the limit of time of a test too: waiting for a turn is not the test's own time."""
    with turn(alone=item.get_closest_marker("alone") is not None):
        return (yield)


@pytest.fixture(scope="module", params=["on", "off"], ids=["fast paths on", "fast paths off"])
def fast_paths(request: pytest.FixtureRequest) -> Iterator[str]:
    """Runs a test twice: with every fast path taken whatever the size, and with none. What it expects is the same. (docs/oracle.md)"""
    setting: str = request.param
    with pytest.MonkeyPatch.context() as patch:
        switch(patch, setting)
        yield setting


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Store:
    """An empty embedded store."""
    return open_store(tmp_path / "var" / "patrons.db", create=True, now=NOW)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A real PostgreSQL server for the session; the test is skipped (or fails) where there is none."""
    try:
        server = Server()
    except NoPostgres as lacking:
        need(str(lacking))
    yield server
    server.close()


@pytest.fixture
def postgres_url(postgres_server: Server) -> Iterator[str]:
    """The address of a new, empty schema."""
    address = postgres_server.address()
    yield address
    postgres_server.clear(address)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store_location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty store may be made: a test runs once for each kind of store."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'var' / 'patrons.db'}"
    address: str = request.getfixturevalue("postgres_url")
    return address


@pytest.fixture
def any_store(store_location: str) -> Store:
    """An empty store of each kind."""
    return open_store(store_location, create=True, now=NOW)
