"""A real PostgreSQL server for the length of a test session: own folder, own port, own user."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path


class NoPostgres(Exception):
    """This machine has no PostgreSQL server, or it does not start."""


class Server:
    """A running server; `address()` gives the URL of a fresh, empty schema in it."""

    def __init__(self) -> None:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
        on_path = shutil.which("initdb")
        if not found and not on_path:
            raise NoPostgres("PostgreSQL (Debian: postgresql)")
        self._programs = found[-1].parent if found else Path(str(on_path)).resolve().parent
        self._folder = Path(tempfile.mkdtemp(prefix="runner-pg-"))
        self._user = _server_user()
        self._schemas = 0
        if self._user:
            os.chown(self._folder, self._user.pw_uid, self._user.pw_gid)
        try:
            self._run("initdb", "-D", str(self._data), "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
            self.port = _free_port()
            self.start()
        except (OSError, subprocess.CalledProcessError) as fault:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise NoPostgres("a PostgreSQL server that starts") from fault

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def start(self) -> None:
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self._folder} -c fsync=off -c shared_buffers=64MB"
        )
        self._run("pg_ctl", "-D", str(self._data), "-w", "-l", str(self._folder / "log"), "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        self._run("pg_ctl", "-D", str(self._data), "-w", "-m", mode, "stop")

    def close(self) -> None:
        try:
            self.stop("immediate")
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def address(self) -> str:
        """The URL of a new, empty schema: much quicker to make, and to clear away, than a database."""
        self._schemas += 1
        name = f"store_{self._schemas}"
        self.sql(f"CREATE SCHEMA {name}")
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres?options=-csearch_path%3D{name}"

    def clear(self, address: str) -> None:
        """Drops the schema of an `address`. A client that connects reads every type there is: a thousand tables make it slow."""
        self.sql(f"DROP SCHEMA IF EXISTS {address.rpartition('%3D')[2]} CASCADE")

    def sql(self, statement: str) -> str:
        """What psql answers, unaligned, as staff or another system would see it."""
        done = self._run(
            *("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", str(self._folder), "-p", str(self.port)),
            *("-U", "postgres", "-d", "postgres", "-c", statement),
        )
        return done.stdout.strip()

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        user = self._user
        # pg_ctl's server keeps the standard streams open: files instead of pipes, or we would wait for ever.
        with tempfile.TemporaryFile("w+") as out:
            done = subprocess.run(
                [str(self._programs / program), *arguments],
                user=user.pw_uid if user else None,
                group=user.pw_gid if user else None,
                extra_groups=[] if user else None,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=self._folder,
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
                check=False,
                timeout=60,
            )
            out.seek(0)
            text = out.read()
        if done.returncode:
            raise subprocess.CalledProcessError(done.returncode, program, text)
        return subprocess.CompletedProcess(program, 0, text)


def _server_user() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: another user then; None when we are not root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise NoPostgres("a user `postgres` or `nobody` to run PostgreSQL as")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
