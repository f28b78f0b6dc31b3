"""Where a job's file comes from and how its bytes are to be read, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from runner.job.secret import Secret


@dataclass(frozen=True, slots=True)
class Format:
    """How the bytes are to be read. `encoding` is one of the schema's closed list; `delimiter` one character."""

    encoding: str = "utf-8"
    delimiter: str = ","
    header: bool = True
    skip_rows: int = 0


@dataclass(frozen=True, slots=True)
class Directory:
    """A folder on this machine; `path` is absolute here."""

    path: Path


@dataclass(frozen=True, slots=True)
class Complete:
    """How a finished upload is known: exactly one is set. `quiet` is the default (60 s)."""

    quiet: timedelta | None = None
    marker: str | None = None
    sha256: str | None = None
    rename: bool = False


@dataclass(frozen=True, slots=True)
class Sftp:
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


@dataclass(frozen=True, slots=True)
class Source:
    place: Directory | Sftp
    file: str
    max_age: timedelta | None
    min_rows_percent: float
    archive: int
    format: Format
