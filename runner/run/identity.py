"""Who ran what: run ids, and the hashes and versions that a report states."""

from __future__ import annotations

import getpass
import hashlib
import os
import secrets
import socket
import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache
from importlib.metadata import version
from itertools import count
from pathlib import Path

from runner import __version__
from runner.half_letters import escaped
from runner.job.model import Job
from runner.report.model import Provenance
from runner.source.fetched import Fetched

# A repository without a .git folder is a folder of files that anybody could have committed: its settings are not read.
_CALM = {"core.fsmonitor": "false", "core.hooksPath": os.devnull, "safe.bareRepository": "explicit"}
_LIBRARIES = ("polars", "adbc-driver-manager", "jinja2", "jsonschema", "tzdata")


def new_run_id(job: Job, now: datetime, taken: Callable[[str], bool]) -> str:
    """A run's name: its start in UTC, district, job and four random hex digits: `20261121T020000Z-demo-students-3f9c`.

    One that is `taken` is not given again: runs of one second, as with a clock that stands still, meet once in 65,536 times."""
    start = f"{now:%Y%m%dT%H%M%SZ}-{job.district.key}-{job.name}"
    return next(name for _ in count() if not taken(name := f"{start}-{secrets.token_hex(2)}"))


def started_at(run: str) -> datetime | None:
    """When the run of this id began; None for what is no run's id."""
    try:
        return datetime.strptime(run.partition("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def provenance(job: Job, fetched: Fetched | None, run: str) -> Provenance:
    """What ran, as the report of `run` states it."""
    return Provenance(
        job_sha256=job.sha256,
        district_sha256=job.district.sha256,
        commit=commit_of(job.path.parent, run) if run else _commit(job.path.parent),
        input_name=fetched.shown_as if fetched else job.source.file,
        input_sha256=fetched.sha256 if fetched else None,
        input_size=fetched.size if fetched else None,
        input_modified=fetched.modified if fetched else None,
        versions=versions(),
        user=user(),
        host=socket.gethostname(),
    )


@cache
def versions() -> Mapping[str, str]:
    """The versions of this program and of the libraries that shape its results."""
    return {"runner": __version__, **{name: version(name) for name in _LIBRARIES}}


def user() -> str:
    """The operating system's user, or its number where it has no name."""
    try:
        return escaped(getpass.getuser())  # a variable may say it, in bytes of any kind
    except (KeyError, OSError):
        return str(os.getuid())


def elsewhere(host: str) -> bool:
    """Whether `host`, where a run was made, is another machine than this one: several may share a store."""
    return host != socket.gethostname()


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, as hex."""
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _commit(folder: Path) -> str | None:
    """The commit of the repository around `folder`, with + where tracked files differ; None outside a repository."""
    head = _git(folder, _CALM, "rev-parse", "--short=12", "HEAD")
    if not head:
        return None
    calm = {**_CALM, **_no_filters(folder)}
    edited = _git(folder, calm, "status", "--porcelain", "--untracked-files=no", "--ignore-submodules=all", "--no-renames")
    return head + ("+" if edited else "")


@lru_cache(maxsize=1)
def commit_of(folder: Path, run: str) -> str | None:
    """The commit of the repository around `folder` (as `_commit`), asked once in a `run`."""
    del run
    return _commit(folder)


def _no_filters(folder: Path) -> dict[str, str]:
    """The settings that put nothing in the place of each filter that is set anywhere: files are compared without starting one."""
    set_ones = _git(folder, _CALM, "config", "--name-only", "-z", "--get-regexp", r"^filter\.") or ""
    return {key: "false" if key.endswith(".required") else "" for key in set_ones.split("\0") if key}


def _git(folder: Path, settings: Mapping[str, str], *words: str) -> str | None:
    """Git's answer under these `settings`, or None where git is missing, slow, or says no. No program that the repository names is run (its
    hooks, its filters, what a submodule or a missing object would start), and nothing in it is written.

    Whoever hands a folder of jobs on hands its repository's settings on too. (docs/decisions/0806-what-git-may-run.md)"""
    begin = os.environ.get("GIT_CONFIG_COUNT", "")
    first = int(begin) if begin.isdecimal() else 0
    # Not as words with -c, which end a name at its first =, and a filter's name may hold one.
    given = {"GIT_CONFIG_COUNT": str(first + len(settings)), "GIT_OPTIONAL_LOCKS": "0", "GIT_ALLOW_PROTOCOL": "none"}
    for number, (name, value) in enumerate(settings.items(), start=first):
        given |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    try:
        command, environment = ["git", "-C", str(folder), *words], {**os.environ, **given}
        done = subprocess.run(command, capture_output=True, text=True, errors="surrogateescape", timeout=5, check=False, env=environment)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
