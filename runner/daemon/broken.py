"""Which job files are broken and since when, in the log and in `var/<district>/daemon/broken.json`, where a restart finds it again."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from pathlib import Path

from runner.run.broken_note import BrokenNote, read_note, write_note

LOG = logging.getLogger("runner.daemon")


class Broken:
    """Files that cannot be used now: path -> what is wrong, and since when. `going_on`: jobs that run in their last good version."""

    def __init__(self, jobs: Path, var: Path) -> None:
        self._jobs = jobs
        self._var = var
        self.files: dict[str, tuple[str, datetime]] = {}
        self.going_on: frozenset[str] = frozenset()
        for folder in sorted(var.glob("*/daemon")):
            note = read_note(folder.parent)
            self.files.update({str(jobs / folder.parent.name / name): about for name, about in note.files.items()})
            self.going_on |= note.going_on

    def take(self, found: Mapping[str, str], now: datetime, *, going_on: AbstractSet[str] = frozenset()) -> set[str]:
        """Notes what is broken now; each fault and each mending is told once. Gives the districts in which anything is new."""
        before, went_on = self.files, self.going_on
        for file, text in found.items():
            if file not in before or before[file][0] != text:
                LOG.error("broken: %s/%s", _district(file), text)
        for file in before.keys() - found.keys():
            LOG.info("%s/%s is good again, or gone", _district(file), Path(file).name)
        self.files = {file: (text, before[file][1] if file in before else now) for file, text in found.items()}
        self.going_on = frozenset(going_on)
        new = {_district(file) for file in (*before, *self.files) if before.get(file) != self.files.get(file)}
        new |= {job.split("/")[0] for job in went_on ^ self.going_on}
        for district in new:
            self._write(district)
        return new

    def _write(self, district: str) -> None:
        files = {Path(file).name: about for file, about in self.files.items() if _district(file) == district}
        note = BrokenNote(files, frozenset(job for job in self.going_on if job.startswith(f"{district}/")))
        try:
            write_note(self._var / district, self._jobs / district, note)
        except OSError as error:
            LOG.error("%s cannot be written (%s)", self._var / district, error.strerror)


def _district(file: str) -> str:
    return Path(file).parent.name
