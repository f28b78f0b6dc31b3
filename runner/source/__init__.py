"""From `job.source` to a private local copy of the file, and its fingerprint.

An open set: `FETCHERS` names one function for each type of place. Adding a place is a new file here, one line in the
dict, its entry in the job schema, and its test.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from runner.errors import SourceError
from runner.job.model import Directory, Sftp, Source
from runner.source.directory import fetch_from_directory
from runner.source.fetched import Fetched, Progress
from runner.source.sftp import fetch_from_sftp

Fetcher = Callable[[Source, Path, datetime, Progress | None], Fetched]

FETCHERS: dict[type, Fetcher] = {
    Directory: fetch_from_directory,
    Sftp: fetch_from_sftp,
}


def fetch(source: Source, folder: Path, *, now: datetime, progress: Progress | None = None) -> Fetched:
    """A private copy (0600) of the source's file in `folder`, byte for byte, with its fingerprint.

    `folder` is the run's own work folder (0700); `now` is the run's clock in UTC; `progress` is called with (bytes done,
    bytes in all). Raises SourceError: nothing was read, or what was read cannot be trusted as whole, and the half copy is
    gone. Age is no matter here: `max_age` belongs to the removal gate (docs/domain.md section 6).
    """
    fetcher = FETCHERS.get(type(source.place))
    if fetcher is None:
        kind = type(source.place).__name__.lower()
        raise SourceError(
            f"this version cannot fetch a file from a source of type {kind}",
            "use a source of type directory or sftp",
            code="source-unsupported",
        )
    return fetcher(source, folder, now, progress)


__all__ = ["FETCHERS", "Fetched", "Progress", "fetch"]
