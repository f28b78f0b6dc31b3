"""The real command killed, or asked to end, at any moment: all or nothing, and the run's row agrees. (Promises C1, C2.)"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.patience import stretched
from tests.promises.crowd import Crowd

ROWS = 20_000
KILLS = 50
TERMS = 10
_BEGUN = ("fetch", "read", "map", "compare", "policy", "apply")  # in their order; the end of each is the beginning of the next
STAGES = (*((stage, "begin") for stage in _BEGUN), ("apply", "end"), ("report", "begin"), ("conclude", "begin"), ("conclude", "end"))


@dataclass(frozen=True, slots=True)
class Left:
    """What a run that was ended leaves: everybody's homerooms, what its row says (None: there is no row), its journal, its words.

    `before`: it had ended by itself before the signal came, so many seconds after it began."""

    homerooms: dict[str, int]
    status: str | None
    journalled: int
    said: str
    code: int
    seconds: float
    before: float | None


class Drill:
    """Runs of one district, one after the other; the next process gets ready while the present one works."""

    def __init__(self, crowd: Crowd, *control: str) -> None:
        self.crowd, self.control = crowd, control
        self.waiting = self._ready()

    def _ready(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.promises.drill", *self.control, "run", "crowd/students", "--full", "--quiet"]
        return subprocess.Popen(
            command,
            cwd=self.crowd.root,
            env=self.crowd.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def go(self, homeroom: str, how: signal.Signals | None = None, after: float = 0.0) -> Left:
        """One run on a file in which everybody sits in `homeroom`, ended by a signal some seconds after it began."""
        self.crowd.export(ROWS, homeroom)
        process = self.waiting
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        last = self.last_run()
        begun = time.monotonic()
        process.stdin.write("go\n")
        process.stdin.flush()
        self.waiting = self._ready()
        early = self._ended_within(process, after) if how is not None else None
        if how is not None:
            process.send_signal(how)
        ended = time.monotonic()
        said, _ = process.communicate(timeout=60)
        seconds = time.monotonic() - (begun if how is None else ended)
        return self._left(last, said, process.returncode, seconds, early)

    def _ended_within(self, process: subprocess.Popen[str], seconds: float) -> float | None:
        begun = time.monotonic()
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            return time.monotonic() - begun
        return None

    def last_run(self) -> int:
        return int(self.crowd.ask("SELECT coalesce(max(number), 0) FROM run")[0][0]) if self.crowd.store_file.exists() else 0

    def _left(self, last: int, said: str, code: int, seconds: float, before: float | None) -> Left:
        rooms = dict(self.crowd.ask("SELECT homeroom, count(*) FROM patron GROUP BY homeroom"))
        rows = self.crowd.ask(f"SELECT number, status FROM run WHERE number > {last}")
        journal = self.crowd.ask(f"SELECT count(*) FROM change WHERE run_number > {last}")[0][0]
        return Left(rooms, str(rows[0][1]) if rows else None, int(journal), said, code, seconds, before)

    def close(self) -> None:
        self.waiting.kill()
        self.waiting.communicate()


@pytest.fixture
def crowd(tmp_path: Path) -> Crowd:
    return Crowd(tmp_path).write()


def torn(left: Left, old: str, new: str) -> str | None:
    """What is wrong with what a run left; None where nothing is."""
    committed = left.homerooms == {new: ROWS}
    if not committed and left.homerooms != {old: ROWS}:
        return f"torn: {left.homerooms}"
    if left.journalled != (ROWS if committed else 0):
        return f"the journal has {left.journalled} changes"
    if (left.status == "complete") != committed:
        return f"the run's row says {left.status}"
    if "Report:" in left.said and not committed:
        return "what was reported is lost"
    return None


def ended(drill: Drill, count: int, how: signal.Signals, *, since: float = 0.0, seed: int = 7) -> Iterator[tuple[Left, str | None]]:
    """Runs ended at random moments of their lives (`since` what share of it), and what is wrong with what they left. Where the machine was
    busier, or less busy, when their usual length was measured, those that end before their signal, or have not committed after all of that
    length, correct it."""
    drill.go("start")
    usual = max(drill.go(f"usual{n}").seconds for n in range(2))
    room, chance = "usual1", random.Random(seed)
    for number in range(count):
        share = since + (1.1 - since) * (number + chance.random()) / count
        left = drill.go(f"room{number}", how, usual * share)
        if left.before is not None:
            usual = left.before
        elif share > 1 and left.status != "complete":
            usual *= 1.5
        yield left, torn(left, room, f"room{number}")
        room = next(iter(left.homerooms))


@pytest.mark.timeout(400)
def test_a_run_killed_at_any_moment_leaves_all_or_nothing_and_the_next_needs_no_help(crowd: Crowd) -> None:
    drill = Drill(crowd)
    try:
        seen = list(ended(drill, KILLS, signal.SIGKILL))
        assert [wrong for _, wrong in seen if wrong] == []
        assert {"running", "complete"} <= {left.status for left, _ in seen}, "the kills must fall on both sides of the commit"
        last = drill.go("last")
    finally:
        drill.close()
    assert (last.code, last.status, last.homerooms) == (0, "complete", {"last": ROWS})
    assert crowd.ask("SELECT count(*) FROM run WHERE status = 'running'") == [(0,)]
    assert crowd.ask("PRAGMA integrity_check") == [("ok",)]
    assert list((crowd.var / "work").iterdir()) == [], "copies of the input that killed runs left are gone"


@pytest.mark.slow
def test_a_run_killed_where_any_of_its_stages_begins_leaves_all_or_nothing(crowd: Crowd) -> None:
    crowd.export(50, "start")
    assert crowd.type("run", "crowd/students").returncode == 0
    room, seen = "start", []
    for number, (stage, when) in enumerate(STAGES):
        crowd.export(50, f"room{number}")
        words = ["-m", "tests.promises.drill", "--die", stage, when, "run", "crowd/students", "--full"]
        done = subprocess.run([sys.executable, *words], cwd=crowd.root, env=crowd.environment(), input=b"go\n", capture_output=True)
        assert done.returncode == -signal.SIGKILL, f"{stage} is no stage of a run any more"
        rooms = dict(crowd.ask("SELECT homeroom, count(*) FROM patron GROUP BY homeroom"))
        run, status = crowd.ask("SELECT number, status FROM run ORDER BY number DESC LIMIT 1")[0]
        left = (status, rooms, crowd.ask(f"SELECT count(*) FROM change WHERE run_number = {run}"))
        seen.append(left == ("complete", {f"room{number}": 50}, [(50,)]))
        assert seen[-1] or left == ("running", {room: 50}, [(0,)])
        room = f"room{number}" if seen[-1] else room
    # Nothing is there before the commit, everything after.
    assert seen == [number > STAGES.index(("apply", "begin")) for number in range(len(STAGES))]
    crowd.export(50, "last")
    assert crowd.type("run", "crowd/students").returncode == 0
    assert crowd.ask("SELECT count(*) FROM run WHERE status = 'running'") == [(0,)]


def test_the_drill_sees_a_store_that_commits_in_pieces(crowd: Crowd) -> None:
    drill = Drill(crowd, "--control")
    try:
        assert any(wrong for _, wrong in ended(drill, 15, signal.SIGKILL, since=0.3))
    finally:
        drill.close()


def test_a_run_asked_to_end_does_so_within_five_seconds_with_nothing_half_done(crowd: Crowd) -> None:
    drill = Drill(crowd)
    try:
        seen = list(ended(drill, TERMS, signal.SIGTERM))
    finally:
        drill.close()
    assert [wrong for _, wrong in seen if wrong] == []
    assert max(left.seconds for left, _ in seen) < 4 + stretched(1)
    # Before its first line and after its last Python leaves the signal to the kernel (a shell says 143 then too): no run, or a whole one.
    outside = [left for left, _ in seen if left.code == -signal.SIGTERM]
    assert {left.status for left in outside} <= {None, "complete"}
    assert {left.code for left, _ in seen if left not in outside} <= {0, 143}
    stopped = [left for left, _ in seen if left.code == 143]
    assert len(stopped) >= TERMS // 3
    # One that a library held up for four seconds is ended without a word; the next run marks it.
    assert {left.status for left in stopped if left.seconds < 4} <= {"interrupted", "complete", None}
    assert "interrupted" in {left.status for left in stopped}
    assert list((crowd.var / "work").iterdir()) == []
