"""Slots of a schedule (docs/promises: S1, S2): each nominal time once a year in every zone, whatever daylight saving does."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from runner.job.model import RunKind, Schedule
from runner.job.slots import instant, moved, slots

CHICAGO = ZoneInfo("America/Chicago")
FULL: tuple[RunKind | None, ...] = ("full",) * 7
ZONES = ["America/Chicago", "Europe/Berlin", "Europe/London", "Australia/Sydney", "Australia/Lord_Howe", "Asia/Kathmandu"]


def schedule(at: str, days: tuple[RunKind | None, ...] = FULL) -> Schedule:
    return Schedule(at=time.fromisoformat(at), days=days, on_missed="last", grace=timedelta(hours=6), expect_by=None)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def names(at: str, zone: ZoneInfo, after: str, until: str) -> list[str]:
    return [slot.name for slot in slots(schedule(at), zone, utc(after), utc(until))]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("at", ["00:00", "01:30", "02:00", "02:15", "02:30", "23:59"])
def test_each_nominal_slot_comes_once_in_a_year(zone: str, at: str) -> None:
    found = slots(schedule(at), ZoneInfo(zone), utc("2025-12-30"), utc("2027-01-02"))
    of_2026 = [slot.name for slot in found if slot.name.startswith("2026")]
    assert of_2026 == [f"{date(2026, 1, 1) + timedelta(days=n)}T{at}" for n in range(365)]


@pytest.mark.parametrize("zone", ZONES)
def test_ticks_of_a_minute_near_every_change_find_each_slot_exactly_once(zone: str) -> None:
    place = ZoneInfo(zone)
    changes = [day for day in _days(2026) if _offset(day, place) != _offset(day + timedelta(days=1), place)]
    for change in changes:
        begin = datetime.combine(change - timedelta(days=1), time(12), tzinfo=UTC)
        ticked: list[str] = []
        for minute in range(2 * 1440):
            tick = begin + timedelta(minutes=minute)
            ticked += [slot.name for slot in slots(schedule("02:30"), place, tick - timedelta(minutes=1), tick)]
        assert len(set(ticked)) == len(ticked) == 2


def test_a_time_in_the_gap_runs_once_and_later_by_the_gap() -> None:
    found = slots(schedule("02:30"), CHICAGO, utc("2026-03-08T00:00"), utc("2026-03-09T00:00"))
    assert [(slot.name, slot.at) for slot in found] == [("2026-03-08T02:30", utc("2026-03-08T08:30"))]
    assert f"{found[0].at.astimezone(CHICAGO):%H:%M}" == "03:30"


def test_a_slot_in_the_gap_says_that_it_moved() -> None:
    gap, normal = slots(schedule("02:30"), CHICAGO, utc("2026-03-08T00:00"), utc("2026-03-10T00:00"))
    assert (moved(gap, CHICAGO), moved(normal, CHICAGO)) == (True, False)


def test_the_day_after_the_gap_is_normal_and_single() -> None:
    found = slots(schedule("02:30"), CHICAGO, utc("2026-03-09T00:00"), utc("2026-03-10T00:00"))
    assert [(slot.name, slot.at) for slot in found] == [("2026-03-09T02:30", utc("2026-03-09T07:30"))]


def test_a_time_that_comes_twice_runs_at_its_first() -> None:
    found = slots(schedule("01:30"), CHICAGO, utc("2026-11-01T00:00"), utc("2026-11-02T00:00"))
    assert [(slot.name, slot.at) for slot in found] == [("2026-11-01T01:30", utc("2026-11-01T06:30"))]


def test_a_half_hour_change_moves_a_skipped_time_by_half_an_hour() -> None:
    place = ZoneInfo("Australia/Lord_Howe")
    assert f"{instant(date(2026, 10, 4), time(2, 15), place).astimezone(place):%H:%M}" == "02:45"


def test_the_window_is_open_at_its_start_and_closed_at_its_end() -> None:
    at = "2026-01-05T08:00"  # 02:00 in Chicago
    assert names("02:00", CHICAGO, at, "2026-01-05T20:00") == []
    assert names("02:00", CHICAGO, "2026-01-05T07:59", at) == ["2026-01-05T02:00"]


def test_a_day_without_a_kind_has_no_slot() -> None:
    days: tuple[RunKind | None, ...] = ("incremental",) * 5 + (None, "full")
    found = slots(schedule("02:00", days), CHICAGO, utc("2026-01-05T00:00"), utc("2026-01-12T00:00"))
    assert [slot.kind for slot in found] == ["incremental"] * 5 + ["full"]
    assert "2026-01-10T02:00" not in [slot.name for slot in found]


def test_an_empty_window_has_no_slots() -> None:
    assert names("02:00", CHICAGO, "2026-01-06T00:00", "2026-01-05T00:00") == []


def _days(year: int) -> list[date]:
    return [date(year, 1, 1) + timedelta(days=n) for n in range(365)]


def _offset(day: date, zone: ZoneInfo) -> timedelta | None:
    return datetime.combine(day, time(0), tzinfo=zone).utcoffset()
