"""The jobs in force: edited files are taken up within a tick, a broken edit keeps the last good version and is told once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from runner.daemon.broken import Broken
from runner.daemon.catalogue import Catalogue, Entry
from runner.daemon.reading import Unreadable
from runner.job.folders import may_be_jobs

LOG = logging.getLogger("runner.daemon")
_TRY_AGAIN, _SOON = timedelta(minutes=1), timedelta(seconds=10)


class Look(Protocol):
    """A look at the jobs folder that is under way (runner.daemon.reading.Reading)."""

    def result(self) -> Catalogue | None: ...
    def end(self) -> None: ...


class Shown(Protocol):
    """The pages that tell people of their district's jobs (runner.daemon.pages.Pages)."""

    def rewrite(self, districts: set[str]) -> None: ...
    def collect(self) -> None: ...
    def close(self) -> None: ...


class Board:
    """What the daemon works from. `read` begins a look at the jobs folder; `broken` remembers what is wrong with which file; `pages`
    are shown anew where that, or when a job runs, has changed. `looks` counts the looks that were taken up."""

    def __init__(self, jobs: Path, read: Callable[[], Look], broken: Broken, pages: Shown) -> None:
        self._jobs = jobs
        self._read = read
        self._pages = pages
        self._look: Look | None = None
        self._seen: Mapping[str, tuple[int, ...]] | None = None
        self._look_again_at: datetime | None = None
        self._unable = False
        self._entries: dict[str, Entry] = {}
        self._silent: frozenset[str] = frozenset()
        self.broken = broken
        self.looks = 0

    def refresh(self, now: datetime, *, force: bool = False) -> None:
        """Takes up a look that is done, and begins one when a file changed or `force` asks for it."""
        self._pages.collect()
        if self._look is not None:
            self._finish(self._look, now)
        stamps = _stamps(self._jobs)
        # A clock that was set back must not make a minute of years.
        again = self._look_again_at is not None and not now < self._look_again_at <= now + _TRY_AGAIN
        if self._look is None and (stamps != self._seen or force or again):
            self._seen, self._look_again_at = stamps, None
            self._begin(now)

    @property
    def looking(self) -> bool:
        """Whether a look is under way."""
        return self._look is not None

    def entries(self) -> Sequence[Entry]:
        """The jobs to look after, broken ones in their last good version included, by name."""
        return [self._entries[name] for name in sorted(self._entries)]

    def known(self) -> set[str]:
        """The jobs that have times, those included of which nobody can tell them now."""
        return {*self._entries, *self._silent}

    def doubt(self) -> None:
        """Something did not fit: look again at the next tick."""
        self._seen = None

    def close(self) -> None:
        """Ends what is under way."""
        self._pages.close()
        if self._look is not None:
            self._look.end()
            self._look = None

    def _begin(self, now: datetime) -> None:
        try:
            self._look = self._read()
        except OSError as error:  # no more processes or files for us, for now
            if not self._unable:
                LOG.error("%s cannot be looked at now (%s): tried again every 10 seconds", self._jobs, error.strerror or "no reason given")
            self._look_again_at = now + _SOON
        self._unable = self._look is None

    def _finish(self, look: Look, now: datetime) -> None:
        try:
            found = look.result()
        except Unreadable as error:
            stay = "the jobs known before stay in force"
            LOG.error("%s; %s", error, stay if self._jobs.is_dir() else f"{stay}, but none of them can run until the folder is back")
            self._look, self._look_again_at = None, now + _TRY_AGAIN
            return
        if found is None:
            return
        self._look = None
        self.looks += 1
        self._silent = frozenset(found.silent)
        going_on = {entry.job for entry in found.entries if entry.last_good and entry.usable}
        new = self.broken.take(found.broken, now, going_on=going_on)
        new |= self._take({entry.job: entry for entry in found.entries})
        if new:
            self._pages.rewrite(new)

    def _take(self, found: dict[str, Entry]) -> set[str]:
        """Puts the jobs in force; gives the districts in which one came, went or has other times, none at the first look."""
        before = self._entries
        other = {name for name in found.keys() | before.keys() if _times(found, name) != _times(before, name)}
        for name in sorted(before.keys() - found.keys()):
            LOG.info("%s is not run by the clock any more", name)
        if before and not found:
            LOG.warning("no job is left to look after in %s; was that meant?", self._jobs)
        elif not found and self.looks == 1 and self._seen:  # an empty folder is told of by the command
            LOG.warning("nothing runs by itself: no job has a schedule in force; `runner next` says why of each")
        for name, entry in sorted(found.items()):
            old = before.get(name)
            if old is None or old.times != entry.times:
                LOG.info("%s runs at %s, %s", name, f"{entry.schedule.at:%H:%M}", entry.zone.key)
            if (entry.last_good, entry.usable) != ((old.last_good, old.usable) if old else (False, True)):
                _tell_of(entry)
        self._entries = found
        return {name.split("/")[0] for name in other} if self.looks > 1 else set()


def _tell_of(entry: Entry) -> None:
    if not entry.usable:
        LOG.error("%s is broken, and its last good version cannot be used now: it keeps its times, but runs only once put right", entry.job)
    elif entry.last_good:
        LOG.warning("%s is broken; its last good version runs until it is put right", entry.job)


def _times(entries: Mapping[str, Entry], name: str) -> str | None:
    return entries[name].times if name in entries else None


def _stamps(jobs: Path) -> dict[str, tuple[int, ...]]:
    """Size, times and inode of every file that may be a job's or a district's. A file that was only given other rights has another
    time of change."""
    found: dict[str, tuple[int, ...]] = {}
    for path in may_be_jobs(jobs):
        with suppress(OSError):  # gone since, or a link to nowhere
            seen = path.stat()
            found[str(path)] = (seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino)
    return found
