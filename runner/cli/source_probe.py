"""A look at a job's file where it lies: is it there, can it be read, is the server the right one. Nothing is copied."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from runner.errors import SourceError
from runner.job.model import Directory, Sftp, Source
from runner.source.fetched import shown


@dataclass(frozen=True, slots=True)
class Seen:
    """The file as it is now. `modified` in UTC, `size` in bytes, `warnings` are sentences."""

    shown_as: str
    size: int
    modified: datetime
    warnings: tuple[str, ...] = ()


def look(source: Source) -> Seen:
    """The job's file. Raises SourceError with what stands in the way, the fingerprint that a server showed included."""
    probe = PROBES.get(type(source.place))
    if probe is None:
        raise SourceError("doctor cannot look at a source of this type", "see docs/operations.md", code="source-unsupported")
    return probe(source)


def _in_directory(source: Source) -> Seen:
    from runner.source.place import enter_folder, explain_missing, refuse_what_is_no_file

    place = cast(Directory, source.place)
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


def _on_server(source: Source) -> Seen:
    from runner.source.sftp_session import session, translated

    place = cast(Sftp, source.place)
    remote = f"{place.folder.rstrip('/')}/{source.file}"
    shown_as = shown(f"sftp://{place.host}:{place.port}{remote}")
    with session(place) as client:
        try:
            about = client.stat(remote)
            with client.open(remote, "rb") as opened:
                opened.read(1)
        except FileNotFoundError:
            raise SourceError(
                f"there is no file {shown_as}", "check folder and file name; letter case counts", code="source-missing"
            ) from None
        except Exception as error:  # translated at this edge; the library's own text may quote what it must not
            raise translated(error, place) from None
    return Seen(shown_as, about.st_size or 0, datetime.fromtimestamp(about.st_mtime or 0, UTC))


PROBES: dict[type, Callable[[Source], Seen]] = {Directory: _in_directory, Sftp: _on_server}
