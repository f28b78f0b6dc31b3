"""What `doctor` looks at: each probe gives findings, one line each, and raises nothing that a user can cause."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from runner.cli.finding import Finding
from runner.counted import counted
from runner.errors import RunnerError, StoreError
from runner.job.model import Sftp
from runner.run.places import in_the_way

if TYPE_CHECKING:
    from runner.cli.source_probe import Seen
    from runner.job.model import District, Job
    from runner.run.places import DistrictPlaces, Places
    from runner.store.store import Store

FLOOR = 256 << 20  # bytes that must be free wherever the store lies
MANY_PATRONS = 50_000
_OF_NO_DISTRICT = ("crash", "daemon")
_OF_A_DISTRICT = ("archive", "daemon", "keys", "last-good", "lines", "patrons.db", "reports", "runs", "work")  # what stands in var/DISTRICT
_ELSEWHERE = "name a folder of runner's own with --var, such as one beside the jobs folder"


def zone_data(zones: set[str]) -> Iterator[Finding]:
    """Whether the time zones' data is there, and of which year."""
    try:
        which = f"tzdata {version('tzdata')}"
    except PackageNotFoundError:
        which = "the system's data"
    named = f" for {', '.join(sorted(zones))}" if zones else ""
    yield Finding("time zones", "ok", which + named)


def var_folder(var: Path) -> Iterator[Finding]:
    """Whether `var` can be written, is private, and lies on a disk with room."""
    obstacle = in_the_way(var.absolute())
    if obstacle is not None:
        yield Finding("var", "wrong", *obstacle)
        return
    there = next(folder for folder in (var, *var.resolve().parents) if folder.exists())
    if not _may_write_in(there):
        yield Finding(
            "var", "wrong", f"{there} cannot be written", "give the account that runs runner the right to it, or name another with --var"
        )
        return
    if there == var and stat.S_IMODE(var.stat().st_mode) & 0o077:
        text = f"{var} can be read by others"
        strangers = [each for each in sorted(var.iterdir()) if not _is_ours(each)]
        if strangers:  # a right taken from a system's folder stops the machine
            yield Finding("var", "wrong", f"{text}, and holds {strangers[0].name}, which runner did not make", _ELSEWHERE)
        else:
            yield Finding("var", "wrong", text, f"chmod go= {var}")
    else:
        yield Finding("var", "ok", f"{var} can be written" if there == var else f"{var} will be made at the first run")
    free = shutil.disk_usage(there).free
    if free < FLOOR:
        yield Finding(
            "free space", "wrong", f"{size(free)} left beside {var}", "make room: a run needs three times its file and twice the store"
        )
    else:
        yield Finding("free space", "ok", f"{size(free)} beside {var}")


def private_files(places: DistrictPlaces) -> Iterator[Finding]:
    """Files of the district under `var` that others could read."""
    name = f"{places.root.name}: modes"
    if not places.root.exists():
        return
    open_ones = [path for path in _walk(places.root) if not path.is_symlink() and _is_open(path)]
    if open_ones:
        yield Finding(name, "wrong", f"others can read {open_ones[0]}" + (f" and {len(open_ones) - 1:,} more" if open_ones[1:] else ""),
                      f"chmod -R go= {places.root}" if _is_ours(places.root) else _ELSEWHERE)  # fmt: skip
    else:
        yield Finding(name, "ok", "files and folders are private")


def job_files(paths: Iterable[Path]) -> Iterator[Finding]:
    """Which of the files and folders that say what runs anybody can write to."""
    for path in paths:
        if path.stat().st_mode & stat.S_IWOTH:
            text = f"anybody on this machine can change {path}: whoever does says what becomes of patrons, and reads what this account can"
            yield Finding("jobs", "warning", text, f"chmod o-w {path}")


def key(district: District, places: DistrictPlaces) -> Iterator[Finding]:
    """Whether the key of the district's fingerprints can be read, where there is one."""
    from runner.run.keys import given_key

    if given_key(district, places.key_file) is not None:
        yield Finding(f"{district.key}: key", "ok", "the key of the fingerprints is whole")


def _keys_fit(opened: Store, district: District, places: DistrictPlaces) -> Iterator[Finding]:
    """That the key is not the one with which the store's fingerprints were made; nothing where it is. Of one that cannot be used `key`
    tells."""
    from runner.run.keys import fingerprint_key

    try:
        fingerprint_key(opened, district, places.key_file, create=False)
    except StoreError:
        raise
    except OSError:
        return
    except RunnerError as error:
        if error.code == "fingerprint-key-other":
            yield Finding(f"{district.key}: key", "wrong", error.text, error.hint)


def store(district: District, workspace: Places, now: datetime) -> Iterator[Finding]:
    """Whether the district's store opens, takes a run's writing, is whole and its own, how its size asks to be run, and who is at it."""
    from runner.store.look import age_of_layout, refuse_unwritable
    from runner.store.store import open_store

    name, places = f"{district.key}: store", workspace.for_district(district.key)
    obstacle = in_the_way(places.root.absolute())
    if obstacle is not None:
        yield Finding(name, "wrong", *obstacle)
        return
    address = places.store_address(district)
    if isinstance(address, Path) and not address.is_relative_to(places.root) and address.is_file() and _is_open(address):
        yield Finding(name, "wrong", f"others can read {address}", f"chmod 600 {address}")
    age = age_of_layout(address, now)
    refuse_unwritable(address, now)
    if age == "none":
        yield Finding(name, "ok", f"none yet; the first run makes {address if isinstance(address, Path) else 'its tables'}")
        return
    if age == "earlier":
        yield Finding(name, "ok", "of an earlier version: the next run upgrades it, after a copy was made beside an SQLite file")
        return
    yield from _opened(name, open_store(address, create=False, now=now), district, workspace, now)


def _opened(name: str, opened: Store, district: District, workspace: Places, now: datetime) -> Iterator[Finding]:
    from runner.job.shared_stores import SHARED_HINT, shared_with
    from runner.run.own_store import other_owner

    if (other := other_owner(opened, district, workspace, now)) is not None:
        yield Finding(name, "wrong", shared_with(other), SHARED_HINT)
        return
    with opened.session() as session:
        if session.dialect.name == "sqlite" and session.number("SELECT count(*) FROM pragma_quick_check WHERE quick_check = 'ok'") != 1:
            yield Finding(name, "wrong", f"{session.file} is damaged", "put back a backup; see docs/operations.md")
            return
        patrons = session.number("SELECT count(*) FROM patron") or 0
    yield from _keys_fit(opened, district, workspace.for_district(district.key))
    advice = "run incremental on weekdays and full on weekends" if patrons >= MANY_PATRONS else "run full each time"
    yield Finding(name, "ok", f"{counted(patrons, 'patron', 'patrons')} ({advice})")
    held = opened.held_by()
    yield Finding(f"{district.key}: store lock", "ok", f"held by {held}" if held else "free: no run is under way")


def source(job: Job, now: datetime) -> Iterator[Finding]:
    """Whether the job's file is there, can be read, is fresh, and has room for its copies."""
    from runner.cli.sftp_probe import walk
    from runner.cli.source_probe import look

    name = f"{job.key}: source"
    if isinstance(job.source.place, Sftp):
        for step in walk(name, job.source):
            yield from [step] if isinstance(step, Finding) else _file(f"{name}: file", step, job, now)
        return
    try:
        seen = look(job.source)
    except RunnerError as error:
        yield Finding(name, "wrong", error.text, error.hint)
        return
    yield from _file(name, seen, job, now)


def _file(name: str, seen: Seen, job: Job, now: datetime) -> Iterator[Finding]:
    age = max((now - seen.modified).total_seconds(), 0.0)
    told = f"{seen.shown_as}, {size(seen.size)}, {_days(age)} old"
    limit = job.source.max_age
    if limit is not None and age > limit.total_seconds():
        yield Finding(
            name, "warning", told, "older than max_age: with this file nobody is inactivated or deleted; see whether the export still runs"
        )
    else:
        yield Finding(name, "ok", told)
    yield from (Finding(name, "warning", text) for text in seen.warnings)


def size(number: int) -> str:
    """Bytes as people say them."""
    amount = float(number)
    for unit in ("bytes", "KB", "MB", "GB"):
        if amount < 1024 or unit == "GB":
            return f"{amount:,.0f} {unit}" if unit == "bytes" or amount >= 10 else f"{amount:.1f} {unit}"
        amount /= 1024
    raise AssertionError


def metrics_file(name: str, file: Path) -> Iterator[Finding]:
    """Whether a run could write the metrics file: another beside it, and then in its place."""
    from runner.run.notify.metrics import replaceable

    if file.is_dir() or not _may_write_in(file.parent):
        hint = "name a file in a folder that is there and where the account that runs runner may write"
        yield Finding(name, "wrong", f"{file} cannot be written", hint)
        return
    if not replaceable(file):
        yield Finding(name, "wrong", f"{file} holds something else, and is left alone", "name a file that is not there yet")
        return
    yield Finding(name, "ok", "it can be written; the next run does so")


def _is_open(path: Path) -> bool:
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def _may_write_in(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


def _days(seconds: float) -> str:
    if seconds < 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 2 * 86400 else f"{seconds / 86400:.0f} days"


def _is_ours(entry: Path) -> bool:
    """Whether what stands in `var` can have been made by this program, or means nothing."""
    return (
        entry.name.startswith((".", "lost+found"))
        or entry.name in _OF_NO_DISTRICT
        or any((entry / name).exists() for name in _OF_A_DISTRICT)
    )


def _walk(folder: Path) -> Iterator[Path]:
    yield folder
    for root, folders, files in os.walk(folder):
        yield from (Path(root) / name for name in (*folders, *files))
