"""The memories of all jobs, in `var/<district>/daemon/jobs/<job>.json`."""

from __future__ import annotations

import logging
from collections.abc import Set as AbstractSet
from datetime import datetime
from pathlib import Path

from runner.daemon.catalogue import Entry
from runner.daemon.memory import KEPT, JobMemory, keep, recall
from runner.job.slots import slots

LOG = logging.getLogger("runner.daemon")


class Remembered:
    """Each job's memory, read once and written when it changes. A memory that cannot be written costs needless starts, nothing else."""

    def __init__(self, var: Path) -> None:
        self._var = var
        self._memories: dict[str, JobMemory] = {}

    def of(self, entry: Entry, now: datetime) -> JobMemory:
        """The job's memory, following its schedule as it is now."""
        memory = self._memories.get(entry.job)
        if memory is None:
            memory = self._memories[entry.job] = recall(self._file(entry.job), now)
        if memory.times != entry.times:
            due = slots(entry.schedule, entry.zone, now - KEPT, now)
            memory.follow(entry.times, now, [each.name for each in due])
            self._keep(entry.job)
        return memory

    def settle(self, job: str, slot: str, *, alert: bool = False) -> None:
        """Notes that the slot needs no worker any more, or that its lateness was told."""
        memory = self._memories.get(job)
        if memory is not None:
            (memory.alerted if alert else memory.settled).add(slot)
            self._keep(job)

    def await_file(self, job: str, slot: str) -> None:
        """Notes that the slot's file was looked for in vain, and will be again."""
        memory = self._memories.get(job)
        if memory is not None and slot not in memory.awaited:
            memory.awaited.add(slot)
            self._keep(job)

    def rest(self, jobs: AbstractSet[str], now: datetime) -> None:
        """Notes of all other jobs that they have no schedule now: when one comes back, it begins then and catches nothing up."""
        for file in sorted(self._var.glob("*/daemon/jobs/*.json")):
            job = f"{file.parts[-4]}/{file.stem}"
            if job not in jobs:
                self._memories[job] = self._memories.get(job) or recall(file, now)
                if self._memories[job].times:
                    self._memories[job].times = ""
                    self._keep(job)
                del self._memories[job]

    def _keep(self, job: str) -> None:
        try:
            keep(self._file(job), self._memories[job])
        except OSError as error:
            LOG.error("%s: what is settled cannot be written down (%s)", job, error.strerror)

    def _file(self, job: str) -> Path:
        district, name = job.split("/", 1)
        return self._var / district / "daemon" / "jobs" / f"{name}.json"
