"""What the daemon remembers, and whether it believes the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from runner.daemon.memory import JobMemory, keep, recall
from runner.daemon.wall import WallClock

NOON = datetime(2026, 10, 15, 12, tzinfo=UTC)


def test_a_memory_that_was_kept_comes_back(tmp_path: Path) -> None:
    memory = JobMemory(NOON, "02:00 xxxxxxx UTC", {"2026-10-15T02:00"}, {"2026-10-14T02:00"}, {"2026-10-16T02:00"})
    keep(tmp_path / "daemon" / "students.json", memory)
    assert recall(tmp_path / "daemon" / "students.json", NOON + timedelta(days=1)) == memory


def test_a_memory_file_is_private(tmp_path: Path) -> None:
    keep(tmp_path / "students.json", JobMemory(NOON))
    assert (tmp_path / "students.json").stat().st_mode & 0o777 == 0o600


def test_a_damaged_memory_begins_now(tmp_path: Path) -> None:
    (tmp_path / "students.json").write_text('{"known_since": 5}')
    assert recall(tmp_path / "students.json", NOON) == JobMemory(NOON)


def test_old_slots_are_forgotten_and_recent_ones_kept() -> None:
    memory = JobMemory(NOON, settled={"2026-10-01T02:00", "2026-10-10T02:00"})
    memory.forget_before(NOON)
    assert memory.settled == {"2026-10-10T02:00"}


def test_another_schedule_counts_from_now_on() -> None:
    memory = JobMemory(NOON, "02:00")
    assert not memory.follow("02:00", NOON + timedelta(hours=1))
    assert memory.follow("03:00", NOON + timedelta(hours=1))
    assert memory.known_since == NOON + timedelta(hours=1)


def test_other_days_leave_the_time_since_when_a_job_is_known() -> None:
    memory = JobMemory(NOON, "02:00 xxxxxxx UTC")
    assert memory.follow("02:00 xxxxx-- UTC", NOON + timedelta(hours=1))
    assert memory.known_since == NOON


def test_a_slot_of_a_day_that_is_new_is_settled_and_one_of_a_day_that_was_there_is_not() -> None:
    memory = JobMemory(NOON, "02:00 xxxxx-- UTC")
    memory.follow("02:00 xxxxxxx UTC", NOON + timedelta(hours=1), ["2026-10-16T02:00", "2026-10-17T02:00"])  # Friday, Saturday
    assert memory.settled == {"2026-10-17T02:00"}


def test_a_memory_whose_times_are_damaged_counts_from_now_on() -> None:
    memory = JobMemory(NOON, "02:00 UTC")
    memory.follow("02:00 xxxxxxx UTC", NOON + timedelta(hours=1))
    assert memory.known_since == NOON + timedelta(hours=1)


def ticks(*pairs: tuple[float, float]) -> list[bool]:
    """Each pair: seconds on the wall, seconds since boot."""
    boot = iter([each for _, each in pairs])
    clock = WallClock(lambda: next(boot))
    return [clock.believed(NOON + timedelta(seconds=wall)) for wall, _ in pairs]


def test_a_steady_clock_is_believed() -> None:
    assert ticks((0, 0), (5, 5), (10, 10)) == [True, True, True]


def test_a_jump_forward_holds_the_schedule_until_two_ticks_agree() -> None:
    assert ticks((0, 0), (900, 5), (905, 10)) == [True, False, True]


def test_a_clock_at_2036_for_a_moment_is_not_believed_there_nor_on_the_way_back() -> None:
    decade = 10 * 365 * 86400
    assert ticks((0, 0), (decade, 5), (10, 10), (15, 15)) == [True, False, False, True]


def test_a_machine_that_slept_is_believed() -> None:
    assert ticks((0, 0), (7200, 7200)) == [True, True]
