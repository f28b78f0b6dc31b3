"""A daemon without processes: its clock, its jobs and its workers are played."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from runner.daemon.board import Board
from runner.daemon.broken import Broken
from runner.daemon.catalogue import Catalogue, Entry
from runner.daemon.crew import Crew
from runner.daemon.loop import Daemon
from runner.daemon.remembered import Remembered
from runner.daemon.same_place import SamePlace
from runner.daemon.wall import WallClock
from runner.job.model import Schedule

CHICAGO = ZoneInfo("America/Chicago")


def entry(job: str = "demo/students", at: str = "02:00", *, zone: ZoneInfo = CHICAGO, **changed: Any) -> Entry:
    """A job that runs every night, in full."""
    said: dict[str, Any] = {"days": ("full",) * 7, "on_missed": "last", "grace": timedelta(hours=6), "expect_by": None, **changed}
    return Entry(job, job.split("/")[0], zone, Schedule(at=time.fromisoformat(at), **said))


@dataclass
class FakeWorker:
    """A worker that ends with `code`, or goes on while that is None."""

    job: str
    slot: str
    words: list[str]
    code: int | None
    stopped: bool = False
    killed: bool = False
    overstayed: bool = False

    def finished(self) -> int | None:
        return self.code

    def news(self) -> list[str]:
        return []

    def close(self) -> None:
        """Nothing to let go of."""

    def stop(self) -> None:
        self.stopped = True
        self.code = 143

    def kill(self) -> None:
        self.killed = True


@dataclass
class Town:
    """`now` is the time that everybody goes by; `jobs` what a look at the folder gives, `silent` those of which it tells no times; `unable`
    why no look can begin; `codes` how workers of a job end (default 0)."""

    folder: Path
    now: datetime
    jobs: list[Entry] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)
    silent: list[str] = field(default_factory=list)
    unable: Exception | None = None
    codes: dict[str, Any] = field(default_factory=dict)
    started: list[FakeWorker] = field(default_factory=list)
    boot: float = 0.0
    pages: list[set[str]] = field(default_factory=list)

    def daemon(self, **more: Any) -> Daemon:
        """A daemon that starts now, with the memory that earlier ones left."""
        (self.folder / "jobs").mkdir(exist_ok=True)
        board = Board(self.folder / "jobs", self.look, Broken(self.folder / "jobs", self.folder / "var"), self)
        memory = Remembered(self.folder / "var")
        crew = Crew(self.start, memory, doubt=board.doubt, **more)  # type: ignore[arg-type]  # a FakeWorker is enough
        (self.folder / "var").mkdir(exist_ok=True)
        return Daemon(board, memory, crew, lambda: self.now, SamePlace(self.folder / "var"), WallClock(lambda: self.boot))

    def look(self) -> Town:
        """Begins a look at the jobs folder."""
        if self.unable is not None:
            raise self.unable
        return self

    def result(self) -> Catalogue:
        """A look at the jobs folder that is done at once."""
        return Catalogue([replace(each) for each in self.jobs], dict(self.broken), list(self.silent))

    def end(self) -> None:
        """Nothing to end."""

    def rewrite(self, districts: set[str]) -> None:
        """Pages are written at once."""
        self.pages.append(districts)

    def collect(self) -> None:
        """No page is ever under way."""

    def close(self) -> None:
        """No page is ever under way."""

    def start(self, job: str, slot: str, words: list[str], now: datetime) -> FakeWorker:
        code = self.codes.get(job, 0)
        if isinstance(code, Exception):
            raise code
        self.started.append(FakeWorker(job, slot, words, code))
        return self.started[-1]

    def pass_by(self, daemon: Daemon, span: timedelta, step: timedelta = timedelta(minutes=15)) -> None:
        """Time passes, with a tick every `step`."""
        ends = self.now + span
        while self.now < ends:
            self.now += step
            self.boot += step.total_seconds()
            daemon.tick()

    def slots(self, job: str | None = None) -> list[str]:
        """The slots started, those only noted or alerted left out."""
        return [each.slot for each in self.ran(job)]

    def missed(self) -> list[str]:
        return [each.slot for each in self.started if "--missed" in each.words]

    def alerts(self) -> list[str]:
        return [each.slot for each in self.started if "--overdue" in each.words]

    def stuck(self) -> list[FakeWorker]:
        return [each for each in self.started if "--stuck" in each.words]

    def ran(self, job: str | None = None) -> list[FakeWorker]:
        odd = ("--missed", "--overdue", "--stuck")
        return [each for each in self.started if not any(word in each.words for word in odd) and job in (None, each.job)]

    def memory_of(self, job: str) -> dict[str, Any]:
        """What the daemon wrote down of a job."""
        district, name = job.split("/")
        found: dict[str, Any] = json.loads((self.folder / "var" / district / "daemon" / "jobs" / f"{name}.json").read_text())
        return found

    def touch(self, name: str = "students.yaml") -> None:
        """A job file changes, so that the daemon looks again."""
        path = self.folder / "jobs" / "demo" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((path.read_text() if path.exists() else "") + "#\n")


def at(text: str, zone: ZoneInfo = CHICAGO) -> datetime:
    """A local time as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def unique(words: Iterable[str]) -> bool:
    found = list(words)
    return len(found) == len(set(found))
