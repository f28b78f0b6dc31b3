"""The source as values."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from runner.job.durations import span
from runner.job.model import Complete, Directory, Format, Sftp, Source
from runner.job.secret import Secret, secret_of

_URL = re.compile(r"sftp://(?P<host>\[[^\]]+\]|[^:/]+)(?::(?P<port>[0-9]+))?(?P<folder>/.*)?")


def build_source(data: dict[str, Any], folder: Path) -> Source:
    """The source that checked data says; relative paths are meant from `folder`, the job file's own."""
    age = data.get("max_age")
    return Source(
        place=_directory(data, folder) if data["type"] == "directory" else _sftp(data, folder),
        file=data["file"],
        max_age=span(age) if age else None,
        min_rows_percent=float(data.get("min_rows_percent", 50)),
        archive=data.get("archive", 0),
        format=Format(**data.get("format", {})),
    )


def server_of(url: str) -> Sftp | None:
    """The server that an address names, without any login or trust; None for text that is no address."""
    return _sftp({"url": url, "username": "?"}, Path()) if _URL.fullmatch(url) else None


def _directory(data: dict[str, Any], folder: Path) -> Directory:
    # Joined, not resolved: a symlink on the way must stay visible for the source to refuse it.
    return Directory(folder.absolute() / data["path"])


def _sftp(data: dict[str, Any], folder: Path) -> Sftp:
    url = _URL.fullmatch(data["url"])
    assert url is not None  # the schema has checked it
    pins = data.get("host_key", [])
    return Sftp(
        host=url["host"].strip("[]"),
        port=int(url["port"] or 22),
        folder=url["folder"] or ".",
        username=data["username"],
        password=_secret(data, "password", folder),
        key_file=_file(data, "key_file", folder),
        passphrase=_secret(data, "passphrase", folder),
        agent=data.get("agent", False),
        host_keys=tuple([pins] if isinstance(pins, str) else pins),
        known_hosts=_file(data, "known_hosts", folder),
        complete=_complete(data.get("complete", {"quiet": "60s"})),
        timeout=span(data.get("timeout", "20s")),
        deadline=span(data.get("deadline", "30m")),
        retries=data.get("retries", 3),
    )


def _complete(data: dict[str, Any]) -> Complete:
    quiet = data.get("quiet")
    return Complete(span(quiet) if quiet else None, data.get("marker"), data.get("sha256"), data.get("rename", False))


def _secret(data: dict[str, Any], key: str, folder: Path) -> Secret | None:
    return secret_of(data[key], folder) if key in data else None


def _file(data: dict[str, Any], key: str, folder: Path) -> Path | None:
    return folder.absolute() / data[key] if key in data else None
