"""Where a local source may lie: entering a folder part by part without following links, and saying what stands in the way."""

from __future__ import annotations

import difflib
import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.errors import SourceError
from runner.source.fetched import shown

# A folder on the way need not be listable, only passable; where the system has O_PATH that is what we ask for.
_ENTER = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_KINDS = (
    (stat.S_ISLNK, "a link"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


@contextmanager
def enter_folder(folder: Path) -> Iterator[int]:
    """A descriptor of `folder` (absolute), reached without following one link. Raises SourceError naming the part in the way."""
    # Without links on the way, "a/../b" and "b" are the same place; with one, the walk below refuses it.
    parts = Path(os.path.normpath(folder)).parts
    place = os.open(parts[0], _ENTER)
    try:
        for number, part in enumerate(parts[1:], start=2):
            so_far = shown(str(Path(*parts[:number])))
            try:
                inner = os.open(part, _ENTER, dir_fd=place)
            except OSError as error:
                raise _no_way(error, place, part, so_far) from None
            os.close(place)
            place = inner
        yield place
    finally:
        os.close(place)


def explain_missing(error: OSError, place: int, name: str, shown_as: str) -> SourceError:
    """What to say of a file that could not be opened in the folder `place`: a link, denied, or missing with the nearest name there."""
    mode = _mode(place, name)
    if mode is not None and not stat.S_ISREG(mode):
        return _not_a_file(mode, shown_as)
    if error.errno in (errno.EACCES, errno.EPERM):
        return SourceError(
            f"{shown_as} may not be read", "give the account that runs this permission to read the file", code="source-denied"
        )
    if error.errno == errno.ENOENT:
        near = _nearest(name, _names(place))
        hint = f"there is {shown(near)!r}: check the name in the job" if near else "check the name in the job, and whether the export ran"
        return SourceError(f"there is no file {shown_as}", hint, code="source-missing", retry=True)
    return SourceError(
        f"{shown_as} cannot be opened ({error.strerror})", "check the disk and the network share", code="source-unreadable", retry=True
    )


def refuse_what_is_no_file(mode: int, shown_as: str) -> None:
    """Raises SourceError unless `mode` is that of a regular file."""
    if not stat.S_ISREG(mode):
        raise _not_a_file(mode, shown_as)


def _not_a_file(mode: int, shown_as: str) -> SourceError:
    kind = next((name for is_it, name in _KINDS if is_it(mode)), "something special")
    hint = "write the path of the real file; links are not followed" if stat.S_ISLNK(mode) else "name a regular file"
    return SourceError(f"{shown_as} is {kind}, not a file", hint, code="source-not-a-file")


def _no_way(error: OSError, place: int, part: str, so_far: str) -> SourceError:
    mode = _mode(place, part)
    if mode is not None and stat.S_ISLNK(mode):
        return SourceError(f"{so_far} is a link, and links are not followed", "write the real path of the folder", code="source-not-a-file")
    if mode is not None and not stat.S_ISDIR(mode):
        return SourceError(f"{so_far} is no folder", "write the folder under path and the name under file", code="source-not-a-file")
    if error.errno == errno.ENOENT:
        near = _nearest(part, _names(place))
        hint = (
            f"there is {shown(near)!r}: check the path in the job"
            if near
            else "check the path in the job, and whether the share is mounted"
        )
        return SourceError(f"there is no folder {so_far}", hint, code="source-missing", retry=True)
    if error.errno in (errno.EACCES, errno.EPERM):
        return SourceError(
            f"{so_far} may not be entered", "give the account that runs this permission to enter the folder", code="source-denied"
        )
    return SourceError(
        f"{so_far} cannot be entered ({error.strerror})", "check the disk and the network share", code="source-unreadable", retry=True
    )


def _mode(place: int, name: str) -> int | None:
    try:
        return os.stat(name, dir_fd=place, follow_symlinks=False).st_mode
    except (OSError, ValueError):
        return None


def _names(place: int) -> list[str]:
    """The names in a folder; none where we may pass but not look."""
    try:
        listing = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=place)
    except OSError:
        return []
    try:
        return os.listdir(listing)  # noqa: PTH208 (a descriptor, not a path)
    finally:
        os.close(listing)


def _nearest(name: str, names: list[str]) -> str | None:
    """The same name in other case first, then the most alike."""
    folded = [other for other in names if other.casefold() == name.casefold()]
    return next(iter(sorted(folded) or difflib.get_close_matches(name, names, n=1)), None)
