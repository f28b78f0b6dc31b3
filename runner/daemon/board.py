"""The jobs in force: edited files are taken up within a tick, a broken edit keeps the last good version and is told once."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from runner.daemon.catalogue import Catalogue, Entry, Unreadable

LOG = logging.getLogger("runner.daemon")
_SUFFIXES = (".yaml", ".yml")


class Board:
    """What the daemon works from. `read` makes a catalogue of the jobs folder (in a child process)."""

    def __init__(self, jobs: Path, read: Callable[[], Catalogue]) -> None:
        self._jobs = jobs
        self._read = read
        self._seen: Mapping[str, tuple[int, int, int]] | None = None
        self._entries: dict[str, Entry] = {}
        self._broken: dict[str, tuple[str, datetime]] = {}

    def refresh(self, now: datetime, *, force: bool = False) -> None:
        """Reads the folder again when a file of it changed, or when asked to."""
        seen = _stamps(self._jobs)
        if seen == self._seen and not force:
            return
        try:
            found = self._read()
        except Unreadable as error:
            LOG.error("%s; the last good jobs stay in force", error)
            return
        self._seen = seen
        self._take(found, now)

    def entries(self) -> Sequence[Entry]:
        """The jobs to look after, broken ones in their last good version included, by name."""
        return [self._entries[name] for name in sorted(self._entries)]

    def is_broken(self, entry: Entry) -> bool:
        """Whether one of the job's files is broken now, so that its last good version must be used."""
        return any(file in self._broken for file in entry.files)

    def broken(self) -> Mapping[str, tuple[str, datetime]]:
        """File -> what is wrong with it, and since when."""
        return self._broken

    def doubt(self) -> None:
        """Something did not fit: read again at the next tick."""
        self._seen = None

    def _take(self, found: Catalogue, now: datetime) -> None:
        for file, text in found.broken.items():
            if file not in self._broken:
                LOG.error("broken job file: %s; its last good version stays in force", text)
            self._broken[file] = (text, self._broken.get(file, (text, now))[1])
        for file in [each for each in self._broken if each not in found.broken]:
            del self._broken[file]
            LOG.info("%s is good again", file)
        good = {entry.job: entry for entry in found.entries}
        kept = {
            name: entry
            for name, entry in self._entries.items()
            if name not in found.jobs and any(file in found.broken for file in entry.files)
        }
        for name in self._entries.keys() - good.keys() - kept.keys():
            LOG.info("%s has no schedule any more", name)
        self._entries = {**kept, **good}


def _stamps(jobs: Path) -> dict[str, tuple[int, int, int]]:
    """Size, time and inode of every file that may be a job; dot files and editors' leftovers are no jobs."""
    found = {}
    for folder, folders, files in os.walk(jobs):
        folders[:] = [each for each in folders if not each.startswith(".") and each != "exports"]
        for name in files:
            if name.startswith((".", "#")) or not name.endswith(_SUFFIXES):
                continue
            path = Path(folder, name)
            try:
                stat = path.stat()
            except OSError:
                continue
            found[str(path)] = (stat.st_size, stat.st_mtime_ns, stat.st_ino)
    return found
