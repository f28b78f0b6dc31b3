"""The daemon with played workers: each slot once whatever the clock does, no job disturbs another, edits count from now on."""

from __future__ import annotations

import gc
import logging
import os
import sys
from datetime import time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from runner.daemon.worker import FILE_AWAITED
from runner.job.model import RunKind
from runner.run.broken_note import read_note
from tests.daemon.fakes import Town, at, entry, unique

ZONES = ["America/Chicago", "Europe/Berlin", "Europe/London", "Australia/Sydney", "Australia/Lord_Howe", "Asia/Kathmandu"]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path, at("2026-10-15T12:00"), [entry()])


def dates(slots: list[str]) -> list[str]:
    return [slot[5:10] for slot in slots]


@pytest.mark.parametrize("zone", ZONES)
def test_a_year_of_nights_in_ticks_runs_each_slot_once(tmp_path: Path, zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)
    place = ZoneInfo(zone)
    town = Town(tmp_path, at("2026-01-01T12:00", place), [entry(at="02:30", zone=place)])
    town.pass_by(town.daemon(), timedelta(days=365), step=3 * HOUR)
    assert len(town.slots()) == 365
    assert unique(town.slots())
    assert town.missed() == []


@pytest.mark.parametrize(("change", "time_there"), [("2026-03-08", "02:30"), ("2026-11-01", "01:30")])
def test_restarts_every_seven_minutes_through_a_change_of_the_clock_run_each_slot_once(town: Town, change: str, time_there: str) -> None:
    town.jobs = [entry(at=time_there)]
    town.now = at(f"{change}T00:00") - HOUR
    for _ in range(60):
        town.pass_by(town.daemon(), timedelta(minutes=7), step=timedelta(minutes=1))
    # A worker that outlives its daemon is started again by the next one; it finds its slot settled in the store.
    assert set(town.slots()) == {f"{change}T{time_there}"}
    assert len(town.slots()) <= 2


def test_nothing_starts_while_var_is_another_folder_such_as_the_mount_point_of_a_lost_disk(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    daemon, var, aside = town.daemon(), town.folder / "var", town.folder / "aside"
    town.pass_by(daemon, HOUR)
    var.rename(aside)
    var.mkdir()
    town.pass_by(daemon, 16 * HOUR)
    assert (town.started, list(var.iterdir())) == ([], [])
    assert ["is its disk mounted?" in each.message for each in caplog.records] == [True]
    var.rmdir()
    aside.rename(var)
    town.pass_by(daemon, HOUR)
    assert dates(town.slots()) == ["10-16"]


def test_a_job_seen_for_the_first_time_catches_nothing_up(town: Town) -> None:
    town.now = at("2026-10-15T02:30")
    town.pass_by(town.daemon(), HOUR)
    assert town.started == []


def test_after_days_down_the_newest_slot_runs_and_the_others_are_noted(town: Town) -> None:
    town.pass_by(town.daemon(), HOUR)
    town.now = at("2026-10-19T05:30")
    town.pass_by(town.daemon(), HOUR, step=timedelta(minutes=5))
    assert dates(town.slots()) == ["10-19"]
    assert dates(town.missed()) == ["10-16", "10-17", "10-18"]


def test_the_newest_slot_runs_in_full_when_one_that_it_stands_for_was_to(town: Town) -> None:
    week: tuple[RunKind | None, ...] = ("incremental",) * 5 + ("full", "full")
    town.jobs = [replace(entry(), schedule=replace(entry().schedule, days=week))]
    town.pass_by(town.daemon(), HOUR)
    town.now = at("2026-10-19T05:30")  # Monday; Saturday and Sunday went by
    town.pass_by(town.daemon(), HOUR, step=timedelta(minutes=5))
    (run,) = town.ran()
    assert "--full" in run.words
    assert len(town.missed()) == 3


def test_beyond_the_grace_a_slot_is_noted_and_the_next_night_is_normal(town: Town) -> None:
    town.pass_by(town.daemon(), HOUR)
    town.now = at("2026-10-16T11:30")
    town.pass_by(town.daemon(), DAY)
    assert dates(town.missed()) == ["10-16"]
    assert dates(town.slots()) == ["10-17"]


def test_a_clock_set_back_makes_no_second_run(town: Town) -> None:
    daemon = town.daemon()
    town.pass_by(daemon, timedelta(hours=16))
    town.now -= timedelta(hours=2.5)
    town.pass_by(daemon, timedelta(hours=5))
    assert dates(town.slots()) == ["10-16"]


def test_a_clock_set_back_before_a_restart_makes_no_second_run(town: Town) -> None:
    town.pass_by(town.daemon(), timedelta(hours=16))
    town.now -= timedelta(hours=2.5)
    town.pass_by(town.daemon(), timedelta(hours=5))
    assert dates(town.slots()) == ["10-16"]


def test_a_clock_at_2036_for_a_moment_starts_nothing_and_stops_nothing(town: Town) -> None:
    daemon = town.daemon()
    town.pass_by(daemon, HOUR)
    true = town.now
    town.now = at("2036-01-01T03:00")
    daemon.tick()
    town.now = true
    town.pass_by(daemon, 2 * DAY)
    assert dates(town.slots()) == ["10-16", "10-17"]


def test_a_clock_that_stays_at_2036_for_a_while_hinders_no_later_slot(town: Town) -> None:
    daemon = town.daemon()
    town.pass_by(daemon, HOUR)
    true = town.now
    town.now = at("2036-01-01T02:10")
    town.pass_by(daemon, HOUR, step=timedelta(minutes=1))
    town.now = true
    town.pass_by(daemon, 2 * DAY)
    assert [slot for slot in town.slots() if slot.startswith("2026")] == ["2026-10-16T02:00", "2026-10-17T02:00"]


def test_a_job_that_cannot_be_started_does_not_stop_or_delay_the_others(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    town.jobs = [entry("a/broken"), entry("b/good"), entry("c/good")]
    town.codes["a/broken"] = OSError("no more processes")
    town.pass_by(town.daemon(), DAY)
    assert [each.job for each in town.ran()] == ["b/good", "c/good"]
    assert "a/broken: the daemon could not look after it (OSError)" in caplog.text


def test_a_worker_that_dies_is_tried_again_with_growing_pauses_until_the_grace_is_over(town: Town) -> None:
    town.codes["demo/students"] = -9
    town.now = at("2026-10-16T01:50")
    town.pass_by(town.daemon(), timedelta(hours=7), step=timedelta(minutes=1))
    assert 20 < len(town.slots()) < 40
    assert town.missed()


def test_attempts_that_come_to_nothing_are_told_of_once_after_some_minutes(town: Town) -> None:
    town.codes["demo/students"] = 1
    town.now = at("2026-10-16T01:58")
    daemon = town.daemon()
    town.pass_by(daemon, timedelta(minutes=3), step=timedelta(seconds=5))
    assert not town.stuck()
    town.pass_by(daemon, timedelta(minutes=30), step=timedelta(seconds=5))
    (told,) = town.stuck()
    assert told.words == ["run", "demo/students", "--slot", "2026-10-16T02:00", "--stuck"]
    assert len(town.slots()) > 5


def test_a_slot_that_is_told_of_as_stuck_still_runs_once_it_can(town: Town) -> None:
    town.codes["demo/students"] = 1
    town.now = at("2026-10-16T01:58")
    daemon = town.daemon()
    town.pass_by(daemon, timedelta(minutes=10), step=timedelta(seconds=5))
    town.codes["demo/students"] = 0
    town.stuck()[0].code = 0
    town.pass_by(daemon, timedelta(minutes=20), step=timedelta(seconds=5))
    assert (town.ran()[-1].slot, town.ran()[-1].code) == ("2026-10-16T02:00", 0)


def test_a_run_that_failed_and_was_recorded_is_not_told_of_as_stuck(town: Town) -> None:
    town.codes["demo/students"] = 1
    town.now = at("2026-10-16T01:59")
    daemon = town.daemon()
    town.pass_by(daemon, timedelta(minutes=1), step=timedelta(seconds=5))
    town.codes["demo/students"] = 0  # the next worker finds the slot settled
    town.pass_by(daemon, timedelta(minutes=30), step=timedelta(seconds=5))
    assert not town.stuck()


def test_a_store_that_is_busy_is_tried_again_until_it_is_free(town: Town) -> None:
    town.codes["demo/students"] = 75
    daemon = town.daemon()
    town.now = at("2026-10-16T01:50")
    town.pass_by(daemon, timedelta(minutes=15), step=timedelta(minutes=1))
    town.codes["demo/students"] = 0
    town.pass_by(daemon, timedelta(minutes=5), step=timedelta(minutes=1))
    assert 4 <= len(town.slots()) <= 8
    assert town.memory_of("demo/students")["settled"] == ["2026-10-16T02:00"]


def test_a_store_that_is_busy_for_long_lets_the_other_districts_run(town: Town) -> None:
    town.jobs = [entry("a/one"), entry("b/one"), entry("c/one")]
    town.codes = {"a/one": 75}
    town.now = at("2026-10-16T01:59")
    town.pass_by(town.daemon(at_once=1), timedelta(minutes=2), step=timedelta(seconds=5))
    assert {each.job for each in town.ran()} == {"a/one", "b/one", "c/one"}


def test_a_store_that_is_busy_for_long_is_asked_once_a_minute(town: Town) -> None:
    town.codes["demo/students"] = 75
    town.now = at("2026-10-16T01:59")
    town.pass_by(town.daemon(), HOUR, step=timedelta(seconds=5))
    assert 50 < len(town.slots()) < 65


def test_a_store_that_is_busy_for_long_is_told_of_once_an_hour(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    town.codes["demo/students"] = 75
    town.now = at("2026-10-16T01:59")
    town.pass_by(town.daemon(), HOUR, step=timedelta(seconds=5))
    assert [each.levelname for each in caplog.records] == ["INFO", "INFO", "WARNING"]  # its times, its start, what holds it up


def test_a_file_that_is_awaited_is_looked_for_every_five_minutes_and_nobody_is_told_of_failed_attempts(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    town.codes["demo/students"] = FILE_AWAITED
    town.now = at("2026-10-16T01:59")
    daemon = town.daemon()
    town.pass_by(daemon, HOUR, step=timedelta(seconds=5))
    assert 12 <= len(town.slots()) <= 15
    assert not town.stuck()
    assert [each.levelname for each in caplog.records] == ["INFO", "INFO"]  # its times, its start
    town.codes["demo/students"] = 0
    town.pass_by(daemon, timedelta(minutes=6), step=timedelta(seconds=5))
    assert town.memory_of("demo/students")["settled"] == ["2026-10-16T02:00"]


def test_a_slot_whose_file_is_awaited_is_not_missed_by_a_daemon_that_is_started_anew(town: Town) -> None:
    town.jobs = [entry(on_missed="skip", wait_for_file=3 * HOUR)]
    town.codes["demo/students"] = FILE_AWAITED
    town.now = at("2026-10-16T01:59")
    town.pass_by(town.daemon(), timedelta(minutes=20), step=timedelta(seconds=5))
    town.started.clear()
    town.codes["demo/students"] = 0
    town.pass_by(town.daemon(), timedelta(minutes=6), step=timedelta(seconds=5))
    assert town.slots() == ["2026-10-16T02:00"]
    assert "--only-begun" not in town.started[0].words


def test_of_jobs_that_are_due_the_one_that_was_tried_for_nothing_goes_last(town: Town) -> None:
    town.jobs = [entry("a/one"), entry("b/one", at="02:01")]
    town.codes = {"a/one": -9, "b/one": None}
    town.now = at("2026-10-16T01:57")
    town.pass_by(town.daemon(at_once=1), timedelta(minutes=10), step=timedelta(minutes=1))
    assert [each.job for each in town.ran()] == ["a/one", "b/one"]


def test_one_run_per_district_and_districts_side_by_side(town: Town) -> None:
    town.jobs = [entry("a/one"), entry("a/two"), entry("b/one"), entry("c/one")]
    town.codes = dict.fromkeys(["a/one", "a/two", "b/one", "c/one"])  # none of them ends
    town.now = at("2026-10-16T01:50")
    town.pass_by(town.daemon(at_once=2), timedelta(minutes=15), step=timedelta(minutes=1))
    assert [each.job for each in town.ran()] == ["a/one", "b/one"]


def test_a_changed_time_counts_from_the_edit_on(town: Town) -> None:
    daemon = town.daemon()
    town.pass_by(daemon, 3 * DAY)
    town.jobs = [entry(at="09:00")]
    town.touch()
    town.pass_by(daemon, DAY)
    assert dates(town.slots()) == ["10-16", "10-17", "10-18", "10-19"]
    assert town.slots()[-1] == "2026-10-19T09:00"
    assert town.missed() == []


SCHOOL_DAYS: tuple[RunKind | None, ...] = ("full",) * 5 + (None, None)


def test_a_pending_slot_stays_when_only_the_days_change(town: Town) -> None:
    town.pass_by(town.daemon(), HOUR)
    town.now = at("2026-10-16T04:00")  # a Friday; nobody was awake at 02:00
    town.jobs = [entry(days=SCHOOL_DAYS)]
    town.pass_by(town.daemon(), HOUR)
    assert town.slots() == ["2026-10-16T02:00"]


def test_a_day_that_is_new_counts_from_the_edit_on(town: Town) -> None:
    town.jobs = [entry(days=SCHOOL_DAYS)]
    daemon = town.daemon()
    town.now = at("2026-10-15T12:00")
    town.pass_by(daemon, 2 * DAY)  # to Saturday noon
    town.jobs = [entry()]
    town.touch()
    town.pass_by(daemon, DAY)
    assert (dates(town.slots()), town.missed()) == (["10-16", "10-18"], [])


def test_a_job_that_rested_for_days_catches_nothing_up(town: Town) -> None:
    town.pass_by(town.daemon(), DAY)
    town.jobs, daemon = [], town.daemon()
    town.pass_by(daemon, 3 * DAY)
    town.jobs = [entry()]
    town.touch()
    town.pass_by(town.daemon(), DAY)
    assert dates(town.slots()) == ["10-16", "10-20"]
    assert town.missed() == []


def test_a_file_that_is_only_given_other_rights_is_looked_at_again(town: Town) -> None:
    town.touch()
    daemon = town.daemon()
    town.pass_by(daemon, HOUR)
    (town.folder / "jobs" / "demo" / "students.yaml").chmod(0o600)
    looks = daemon.board.looks
    town.pass_by(daemon, HOUR)
    assert daemon.board.looks == looks + 1


def test_the_last_good_version_is_asked_for_where_a_file_is_broken(town: Town) -> None:
    town.jobs = [replace(entry(), last_good=True)]
    town.pass_by(town.daemon(), DAY)
    (run,) = town.ran()
    assert "--last-good" in run.words


def unusable() -> Any:
    return replace(entry(expect_by=time(3, 0)), last_good=True, usable=False)


def test_a_slot_of_a_job_that_cannot_be_used_runs_when_that_is_put_right_within_the_grace(town: Town) -> None:
    daemon = town.daemon()
    town.pass_by(daemon, HOUR)
    town.jobs, town.codes["demo/students"] = [unusable()], 78
    town.touch()
    town.now = at("2026-10-16T01:00")
    town.pass_by(daemon, 3 * HOUR)
    town.started.clear()
    town.jobs, town.codes["demo/students"] = [replace(entry(), schedule=unusable().schedule)], 0
    town.touch()
    town.pass_by(daemon, HOUR)
    assert (town.slots(), town.memory_of("demo/students")["settled"]) == (["2026-10-16T02:00"], ["2026-10-16T02:00"])


def test_a_job_that_cannot_be_used_is_told_of_once_in_the_log(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    town.jobs = [unusable()]
    town.pass_by(town.daemon(), HOUR)
    assert [each.message.partition(":")[0] for each in caplog.records] == [
        "demo/students is broken, and its last good version cannot be used now"
    ]


def test_a_job_that_cannot_be_used_goes_on_in_no_version(town: Town) -> None:
    town.broken = {str(town.folder / "jobs" / "demo" / "students.yaml"): "students.yaml:3:1: NOPE is not set"}
    town.jobs = [unusable()]
    town.pass_by(town.daemon(), HOUR)
    assert read_note(town.folder / "var" / "demo").going_on == frozenset()


def test_a_job_whose_times_nobody_can_tell_for_a_while_keeps_what_it_was_known_by(town: Town) -> None:
    town.pass_by(town.daemon(), HOUR)
    before = town.memory_of("demo/students")
    town.jobs, town.silent = [], ["demo/students"]
    town.pass_by(town.daemon(), HOUR)
    assert town.memory_of("demo/students") == before


def test_a_look_that_cannot_begin_is_begun_again_within_seconds(town: Town) -> None:
    daemon = town.daemon()
    town.unable = BlockingIOError(11, "Resource temporarily unavailable")
    town.pass_by(daemon, timedelta(minutes=1), step=timedelta(seconds=5))
    town.unable = None
    town.pass_by(daemon, timedelta(seconds=20), step=timedelta(seconds=5))
    assert daemon.board.known() == {"demo/students"}


def test_a_look_that_cannot_begin_keeps_no_job_from_running(town: Town) -> None:
    daemon = town.daemon()
    town.pass_by(daemon, HOUR)
    town.unable = BlockingIOError(11, "Resource temporarily unavailable")
    town.touch()
    town.pass_by(daemon, 16 * HOUR)
    assert dates(town.slots()) == ["10-16"]


def test_a_broken_file_is_told_once_and_its_beginning_survives_a_restart(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    town.broken = {str(town.folder / "jobs" / "demo" / "students.yaml"): "students.yaml:3:1: no such key"}
    daemon = town.daemon()
    town.pass_by(daemon, HOUR)
    since = next(iter(daemon.board.broken.files.values()))[1]
    town.touch()
    town.pass_by(daemon, HOUR)
    later = town.daemon()
    town.pass_by(later, HOUR)
    assert caplog.text.count("broken: demo/students.yaml:3:1") == 1
    assert next(iter(later.board.broken.files.values()))[1] == since
    town.broken = {}
    town.touch()
    town.pass_by(later, HOUR)
    assert not (town.folder / "var" / "demo" / "daemon" / "broken.json").exists()


def test_pages_are_shown_anew_when_a_file_breaks_or_is_mended_and_when_a_schedule_changes(town: Town) -> None:
    daemon = town.daemon()
    town.pass_by(daemon, HOUR)
    assert town.pages == []
    town.broken = {str(town.folder / "jobs" / "demo" / "students.yaml"): "students.yaml:3:1: no such key"}
    town.jobs = [replace(entry(), last_good=True)]
    town.touch()
    town.pass_by(daemon, HOUR)
    town.touch()
    town.pass_by(daemon, HOUR)
    assert town.pages == [{"demo"}]
    town.broken, town.jobs = {}, [entry()]
    town.touch()
    town.pass_by(daemon, HOUR)
    town.jobs = [entry(at="03:00"), entry("other/students")]
    town.touch()
    town.pass_by(daemon, HOUR)
    assert town.pages == [{"demo"}, {"demo"}, {"demo", "other"}]


def test_what_runs_in_its_last_good_version_is_written_down_with_what_is_broken(town: Town) -> None:
    town.broken = {str(town.folder / "jobs" / "demo" / "students.yaml"): "students.yaml:3:1: no such key"}
    town.jobs = [replace(entry(), last_good=True), entry("demo/staff", at="03:00")]
    town.pass_by(town.daemon(), HOUR)
    note = read_note(town.folder / "var" / "demo")
    assert list(note.files) == ["students.yaml"]
    assert note.going_on == {"demo/students"}


def test_an_overdue_run_is_told_once_even_while_it_is_still_going_on(town: Town) -> None:
    town.jobs = [replace(entry(), schedule=replace(entry().schedule, expect_by=time(5, 0)))]
    daemon = town.daemon()
    town.pass_by(daemon, HOUR)
    town.codes["demo/students"] = None
    town.pass_by(daemon, timedelta(hours=15))
    town.codes["demo/students"] = 0
    town.pass_by(daemon, timedelta(hours=4))
    assert town.alerts() == ["alert 2026-10-16T02:00"]


def test_after_a_run_that_took_too_long_the_next_worker_is_told_so(town: Town) -> None:
    town.codes["demo/students"] = None
    town.now = at("2026-10-16T01:57")
    daemon = town.daemon()
    town.pass_by(daemon, timedelta(minutes=10), step=timedelta(minutes=1))
    town.started[0].overstayed, town.started[0].code = True, 143
    town.pass_by(daemon, timedelta(minutes=2), step=timedelta(minutes=1))
    assert town.started[1].words[-2] == "--before"
    assert "took longer than `runner serve --max-runtime` allows" in town.started[1].words[-1]


def test_stopping_asks_every_worker_to_roll_back(town: Town) -> None:
    town.codes["demo/students"] = None
    daemon = town.daemon()
    town.now = at("2026-10-16T01:50")
    town.pass_by(daemon, timedelta(minutes=12), step=timedelta(minutes=1))
    daemon.stopping = True
    daemon.run(0.05)
    assert [each.stopped for each in town.started] == [True]


def test_a_stopping_daemon_starts_nothing(town: Town) -> None:
    daemon = town.daemon()
    daemon.stopping = True
    town.pass_by(daemon, DAY)
    assert town.started == []


def test_ten_thousand_runs_leave_the_memory_as_it_was(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)
    town.jobs = [entry(f"d{number}/students") for number in range(100)]
    daemon = town.daemon(at_once=100)
    town.now = at("2026-10-15T02:30")
    town.pass_by(daemon, timedelta(days=20), step=DAY)
    town.started.clear()
    before = _blocks()
    town.pass_by(daemon, timedelta(days=100), step=DAY)
    runs = len(town.started)
    town.started.clear()
    assert runs == 10_000
    assert _blocks() - before < 500


def _blocks() -> int:
    """How many pieces of memory Python holds."""
    gc.collect()
    return sys.getallocatedblocks()
