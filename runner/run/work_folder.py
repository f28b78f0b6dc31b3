"""The private folder of one command for copies of its input, and the end of those that a killed command left behind."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from runner.run.places import DistrictPlaces, close_to_others, make_private, refuse_a_link


@contextmanager
def work_folder(places: DistrictPlaces) -> Iterator[Path]:
    """A private folder for the input's copies, gone at the end whatever happens.

    A process that is killed cannot clear up, and what it leaves are student records: each folder is locked by its owner, and whoever
    comes next removes those that nobody holds. (Runs and plans may work side by side, so that being old proves nothing.) Raises RunnerError
    where the folder for them cannot be used.
    """
    refuse_a_link(places.work)
    parent = make_private(places.work)
    close_to_others(parent)
    with _held(parent, wait=True):
        _clear_up(parent)
        folder = Path(mkdtemp(prefix="run-", dir=parent))
        descriptor = _lock(folder, wait=True)
    try:
        yield folder
    finally:
        rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def clear_left_behind(places: DistrictPlaces) -> None:
    """Removes what killed commands of the district left of their inputs. Raises OSError."""
    if places.work.is_dir() and not places.work.is_symlink():
        with _held(places.work, wait=True):
            _clear_up(places.work)


def _clear_up(parent: Path) -> None:
    for left in parent.glob("run-*"):
        try:
            with _held(left, wait=False):
                rmtree(left, ignore_errors=True)
        except OSError:
            continue  # somebody works in it, or has just removed it


@contextmanager
def _held(folder: Path, *, wait: bool) -> Iterator[None]:
    descriptor = _lock(folder, wait=wait)
    try:
        yield
    finally:
        os.close(descriptor)


def _lock(folder: Path, *, wait: bool) -> int:
    """A descriptor that holds the folder's lock; the kernel frees it with the process. Raises OSError when not waiting for a holder."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
