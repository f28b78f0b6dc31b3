"""A look at a job's file where it lies: whether it is there and can be read. Nothing is copied."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime

from msgspec import Struct

from runner.errors import SourceError
from runner.job.model import Directory, Source
from runner.source.fetched import shown


class Seen(Struct, frozen=True):
    """The file as it is now. `modified` in UTC, `size` in bytes, `warnings` are sentences."""

    shown_as: str
    size: int
    modified: datetime
    warnings: tuple[str, ...] = ()


def look(source: Source) -> Seen:
    """The job's file in a folder of this machine. Raises SourceError with what stands in the way. (SFTP: runner.cli.sftp_probe.)"""
    if not isinstance(source.place, Directory):
        raise SourceError("doctor cannot look at a source of this type", "see docs/operations.md", code="source-unsupported")
    return _in_directory(source, source.place)


def _in_directory(source: Source, place: Directory) -> Seen:
    from runner.source.place import enter_folder, explain_missing, refuse_what_is_no_file

    shown_as = shown(str(place.path / source.file))
    with enter_folder(place.path) as folder:
        try:
            file = os.open(source.file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        except OSError as error:
            raise explain_missing(error, folder, source.file, shown_as) from None
        try:
            about = os.fstat(file)
            refuse_what_is_no_file(about.st_mode, shown_as)
        finally:
            os.close(file)
    warnings = (f"anybody on this machine can write to {shown_as} (chmod o-w)",) if about.st_mode & stat.S_IWOTH else ()
    return Seen(shown_as, about.st_size, datetime.fromtimestamp(about.st_mtime, UTC), warnings)
