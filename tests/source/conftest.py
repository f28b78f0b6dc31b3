"""A real OpenSSH server, and sources that lie on it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from runner.job.model import Complete, Format, Sftp, Source
from runner.source.fetched import Fetched
from runner.source.sftp import fetch_from_sftp
from tests.needs import need
from tests.source.sshd import NoSshd, Sshd

NOW = datetime(2026, 10, 15, 2, tzinfo=UTC)
Started = Callable[..., Sshd]


@pytest.fixture(scope="session")
def started() -> Iterator[Started]:
    """Starts servers that end with the session: `started(kinds=("ecdsa",), passwords=True)`."""
    servers: list[Sshd] = []
    with tempfile.TemporaryDirectory(prefix="sshd-") as folder:

        def start(**more: Any) -> Sshd:
            home = Path(folder) / str(len(servers))
            home.mkdir(mode=0o700)
            try:
                servers.append(Sshd(home, **more))
            except NoSshd as lacking:
                need(str(lacking))
            return servers[-1]

        yield start
        for server in servers:
            server.close()


@pytest.fixture(scope="session")
def server(started: Started) -> Sshd:
    """One server with one ed25519 host key, for login by key or password."""
    return started(passwords=True)


@pytest.fixture(scope="session")
def evil(started: Started) -> Sshd:
    """Another server, with another key."""
    return started(passwords=True)


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """The folder on the server in which the source lies."""
    folder = tmp_path / "remote"
    folder.mkdir()
    return folder


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """The run's private work folder."""
    folder = tmp_path / "work"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def desk(server: Sshd, remote: Path, work: Path) -> Desk:
    """Fetches from the server."""
    return Desk(server, remote, work)


class Desk:
    """Sources on one server, and fetching from them."""

    def __init__(self, server: Sshd, remote: Path, work: Path) -> None:
        self.server, self.remote, self.work = server, remote, work

    def write(self, content: bytes, name: str = "patrons.csv") -> Path:
        path = self.remote / name
        path.write_bytes(content)
        return path

    def place(self, **changed: Any) -> Sftp:
        """The server as a job names it: trusted by its fingerprint, login by key, no retries, no waiting time."""
        said: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": self.server.port,
            "folder": str(self.remote),
            "username": self.server.user,
            "password": None,
            "key_file": self.server.key,
            "passphrase": None,
            "agent": False,
            "host_keys": (self.server.fingerprint(),),
            "known_hosts": None,
            "complete": Complete(rename=True),
            "timeout": timedelta(seconds=5),
            "deadline": timedelta(seconds=60),
            "retries": 0,
        }
        return Sftp(**{**said, **changed})

    def source(self, name: str = "patrons.csv", **changed: Any) -> Source:
        return Source(self.place(**changed), name, None, 50.0, 0, Format())

    def fetch(self, name: str = "patrons.csv", *, progress: Any = None, **changed: Any) -> Fetched:
        return fetch_from_sftp(self.source(name, **changed), self.work, NOW, progress, first_pause=0.05)

    def leftovers(self) -> list[str]:
        return sorted(os.listdir(self.work))  # noqa: PTH208
