"""Where a job's file comes from and how its bytes are to be read, as frozen values."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from msgspec import Struct

from runner.job.secret import Secret


class Format(Struct, frozen=True):
    """How the bytes are to be read. `encoding` is one of the schema's closed list; `delimiter` one character."""

    encoding: str = "utf-8"
    delimiter: str = ","
    header: bool = True
    skip_rows: int = 0


class Directory(Struct, frozen=True):
    """A folder on this machine; `path` is absolute here."""

    path: Path


class Complete(Struct, frozen=True):
    """How a finished upload is known: exactly one is set. `quiet` is the default (60 s)."""

    quiet: timedelta | None = None
    marker: str | None = None
    sha256: str | None = None
    rename: bool = False


class Sftp(Struct, frozen=True):
    host: str
    port: int
    folder: str
    username: str
    password: Secret | None
    key_file: Path | None
    passphrase: Secret | None
    agent: bool
    host_keys: tuple[str, ...]
    known_hosts: Path | None
    complete: Complete
    timeout: timedelta
    deadline: timedelta
    retries: int


class Source(Struct, frozen=True):
    place: Directory | Sftp
    file: str
    max_age: timedelta | None
    min_rows_percent: float
    archive: int
    format: Format
