"""Which slots want a worker: catching up, grace, skipping, and runs that are overdue. (docs/domain.md and docs/operations.md.)"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from runner.daemon.decide import overdue, wanted
from runner.daemon.memory import JobMemory
from runner.job.model import RunKind, Schedule

CHICAGO = ZoneInfo("America/Chicago")
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
WEEK: tuple[RunKind | None, ...] = ("incremental",) * 5 + ("full", "full")


def nightly(**changed: object) -> Schedule:
    said = {"at": time(2, 0), "days": WEEK, "on_missed": "last", "grace": timedelta(hours=6), "expect_by": None, **changed}
    return Schedule(**said)  # type: ignore[arg-type]


def chicago(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 10, day, hour, minute, tzinfo=CHICAGO).astimezone(UTC)


def asked(
    now: datetime, *, settled: frozenset[str] = frozenset(), since: datetime = LONG_AGO, awake: datetime = LONG_AGO, **changed: object
):
    return wanted(nightly(**changed), CHICAGO, JobMemory(since, settled=set(settled)), awake_since=awake, now=now)


def settled_until(day: int) -> frozenset[str]:
    return frozenset(f"2026-{month:02}-{each:02}T02:00" for month in (9, 10) for each in range(1, 32) if (month, each) < (10, day))


def test_a_slot_starts_at_its_time_and_not_before() -> None:
    before, _ = asked(chicago(14, 1, 59), settled=settled_until(14))
    at, _ = asked(chicago(14, 2, 0), settled=settled_until(14))
    assert before is None
    assert at is not None
    assert (at.slot.name, at.kind) == ("2026-10-14T02:00", "incremental")


def test_a_settled_slot_never_starts_again() -> None:
    assert asked(chicago(14, 3), settled=settled_until(15)) == (None, ())


def test_of_several_missed_slots_the_newest_runs_and_the_older_are_noted() -> None:
    begin, missed = asked(chicago(14, 3), settled=settled_until(12))
    assert begin is not None
    assert begin.slot.name == "2026-10-14T02:00"
    assert [each.slot.name for each in missed] == ["2026-10-12T02:00", "2026-10-13T02:00"]


def test_the_newest_slot_runs_as_full_when_a_missed_one_was_full() -> None:
    begin, _ = asked(chicago(12, 3), settled=settled_until(11))  # Sunday the 11th was full, Monday the 12th is incremental
    assert begin is not None
    assert begin.kind == "full"


def test_a_slot_older_than_one_that_is_settled_is_only_noted() -> None:
    """Otherwise the newest run, once it is over, would let the one before it begin."""
    begin, missed = asked(chicago(14, 3), settled=settled_until(13) | {"2026-10-14T02:00"})
    assert begin is None
    assert [(each.slot.name, each.why) for each in missed] == [("2026-10-13T02:00", "a newer slot (2026-10-14T02:00) was due")]


def test_a_slot_settled_in_a_future_that_was_a_mistake_of_the_clock_hinders_nothing() -> None:
    begin, _ = asked(chicago(14, 3), settled=settled_until(14) | {"2036-01-01T02:00"})
    assert begin is not None


def test_later_than_the_grace_a_slot_is_only_noted() -> None:
    begin, missed = asked(chicago(14, 8, 1), settled=settled_until(14))
    assert begin is None
    assert missed[0].why == "6 h 01 min late; at most 6 h 00 min is allowed"


def test_a_job_seen_for_the_first_time_never_catches_up() -> None:
    assert asked(chicago(14, 3), since=chicago(14, 2, 30)) == (None, ())


def test_under_on_missed_skip_a_slot_that_came_while_nobody_was_awake_runs_only_if_it_was_begun() -> None:
    begin, missed = asked(chicago(14, 3), settled=settled_until(14), awake=chicago(14, 2, 30), on_missed="skip")
    assert begin is not None
    assert begin.slot.name == "2026-10-14T02:00"
    assert begin.only_begun == "the runner was not awake at its time, and the job says on_missed: skip"
    assert not missed


def test_under_on_missed_skip_each_slot_within_the_grace_is_asked_for_by_itself_the_oldest_first() -> None:
    """Otherwise a run that was interrupted before the newest slot came would be lost with it, and nothing would have run."""
    slept: Any = {"awake": chicago(14, 2, 30), "on_missed": "skip", "grace": timedelta(hours=30)}
    first, missed = asked(chicago(14, 3), settled=settled_until(11), **slept)
    assert first is not None
    assert (first.slot.name, first.kind) == ("2026-10-13T02:00", "incremental")
    assert first.only_begun == "the runner was not awake at its time, and the job says on_missed: skip"
    assert [(each.slot.name, each.why[:13]) for each in missed] == [
        ("2026-10-11T02:00", "73 h 00 min l"),
        ("2026-10-12T02:00", "49 h 00 min l"),
    ]
    second, _ = asked(chicago(14, 3), settled=settled_until(14), **slept)
    assert second is not None
    assert second.slot.name == "2026-10-14T02:00"


def test_under_on_missed_skip_a_slot_at_which_the_daemon_was_awake_runs_before_older_ones_are_noted() -> None:
    begin, missed = asked(chicago(14, 3), settled=settled_until(13), awake=chicago(14, 1), on_missed="skip", grace=timedelta(hours=30))
    assert begin is not None
    assert (begin.slot.name, begin.only_begun) == ("2026-10-14T02:00", None)
    assert [each.slot.name for each in missed] == ["2026-10-13T02:00"]


def test_under_on_missed_skip_not_even_a_slot_that_was_begun_runs_later_than_the_grace() -> None:
    begin, missed = asked(chicago(14, 8, 1), settled=settled_until(14), awake=chicago(14, 7, 30), on_missed="skip")
    assert begin is None
    assert [each.slot.name for each in missed] == ["2026-10-14T02:00"]


def test_under_on_missed_last_a_slot_that_came_while_nobody_was_awake_runs_in_any_case() -> None:
    begin, _ = asked(chicago(14, 3), settled=settled_until(14), awake=chicago(14, 2, 30))
    assert begin is not None
    assert begin.only_begun is None


def test_under_on_missed_skip_a_slot_that_had_to_wait_for_another_run_still_runs() -> None:
    begin, _ = asked(chicago(14, 3), settled=settled_until(14), awake=chicago(13, 12), on_missed="skip")
    assert begin is not None
    assert begin.only_begun is None


def test_a_run_is_overdue_when_it_is_not_settled_by_the_time_expected() -> None:
    plan = nightly(expect_by=time(5, 0))
    assert overdue(plan, CHICAGO, settled_until(14), chicago(14, 4, 59)) is None
    assert overdue(plan, CHICAGO, settled_until(14), chicago(14, 5, 0)) == "2026-10-14T02:00"
    assert overdue(plan, CHICAGO, settled_until(15), chicago(14, 5, 0)) is None


def test_an_expect_by_before_the_start_means_the_next_morning() -> None:
    plan = nightly(at=time(22, 0), expect_by=time(5, 0))
    assert overdue(plan, CHICAGO, frozenset(), chicago(14, 4, 59)) == "2026-10-12T22:00"
    assert overdue(plan, CHICAGO, frozenset({"2026-10-13T22:00"}), chicago(14, 5, 0)) is None


def test_a_run_is_not_overdue_before_it_is_due_in_the_night_that_lacks_an_hour() -> None:
    plan, settled = nightly(at=time(2, 30), expect_by=time(3, 15)), frozenset({"2026-03-07T02:30"})  # 02:30 is 03:30 on 8 March
    quarter_past_four = datetime(2026, 3, 8, 4, 15, tzinfo=CHICAGO).astimezone(UTC)
    assert overdue(plan, CHICAGO, settled, quarter_past_four - timedelta(seconds=1)) is None
    assert overdue(plan, CHICAGO, settled, quarter_past_four) == "2026-03-08T02:30"


def test_overdue_needs_a_slot_on_that_day() -> None:
    plan = nightly(days=(None,) * 7, expect_by=time(5, 0))
    assert overdue(plan, CHICAGO, frozenset(), chicago(14, 6)) is None
