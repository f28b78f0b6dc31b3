"""Slots in the store: run once, taken over from the dead, given up after five attempts, noted when missed; late runs say how late."""

from __future__ import annotations

import re
import socket
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from runner.errors import LockHeld
from runner.job.load import load_job
from runner.job.model import Job
from runner.report.headline import headline
from runner.run.due import Due
from runner.run.notify import tell
from runner.run.progress import NoProgress
from runner.run.slots import SlotSettled, alert_overdue, alert_stuck, note_missed, note_unless_begun
from runner.store.commit import RunEnd
from runner.store.runs import RunStart
from runner.store.store import Store, open_store
from tests.run.small_district import DISTRICT, JOB, SmallDistrict, student
from tests.run.small_district import NIGHT as NOW

DUE = Due("2026-10-15T02:00", NOW)
EARLIER = Due("2026-10-14T02:00", NOW - timedelta(days=1))


@pytest.fixture
def small(tmp_path: Path) -> SmallDistrict:
    district = SmallDistrict(tmp_path).write()
    district.export([student(1), student(2)])
    return district


def store(small: SmallDistrict) -> Store:
    small.store_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return open_store(small.store_file, create=True, now=NOW)


def job(small: SmallDistrict) -> Job:
    return load_job(small.places.jobs, "small/students")


def begun(small: SmallDistrict, *, run: str = "old", slot: str = DUE.slot, at: datetime = NOW) -> RunStart:
    """A run of the slot whose process is dead."""
    start = RunStart(
        id=run,
        job="small/students",
        kind="full",
        started_at=at,
        user_name="u",
        host=socket.gethostname(),
        pid=1,
        program_version="0",
        job_sha256="j",
        district_sha256="d",
        slot=slot,
    )
    assert store(small).claim_slot(start)
    return start


def row(small: SmallDistrict, slot: str = DUE.slot) -> dict[str, Any]:
    (found,) = [each for each in store(small).runs("small/students").to_dicts() if each["slot"] == slot]
    return found


def missed(small: SmallDistrict, due: Due = DUE, why: str = "it was too late") -> Any:
    return note_missed(job(small), small.places, due, why, kind="full", now=NOW, progress=NoProgress())


def test_a_slot_runs_once(small: SmallDistrict) -> None:
    first = small.run(due=DUE)
    with pytest.raises(SlotSettled, match=r"2026-10-15T02:00") as settled:
        small.run(due=DUE, now=NOW + timedelta(hours=1))
    assert "it is not run again" in settled.value.text
    assert (row(small)["id"], row(small)["attempts"]) == (first.report.run, 1)


def test_a_slot_whose_run_failed_is_not_run_again(small: SmallDistrict) -> None:
    small.export([])
    assert small.run(due=DUE).status == "failed"
    with pytest.raises(SlotSettled):
        small.run(due=DUE)


def test_two_slots_are_two_runs(small: SmallDistrict) -> None:
    small.run(due=EARLIER)
    assert small.run(due=DUE).status == "complete"


def test_a_slot_whose_owner_died_is_taken_over(small: SmallDistrict) -> None:
    begun(small)
    taken = small.run(due=DUE)
    assert taken.status == "complete"
    assert (row(small)["id"], row(small)["status"], row(small)["attempts"]) == (taken.report.run, "complete", 2)
    assert row(small)["job_sha256"] == job(small).sha256


def test_a_slot_is_given_up_after_five_attempts(small: SmallDistrict) -> None:
    for attempt in range(5):
        begun(small, run=f"try-{attempt}")
    given_up = small.run(due=DUE)
    assert (given_up.status, given_up.exit_code) == ("lost", 1)
    assert (row(small)["status"], row(small)["attempts"], row(small)["counts"]) == ("lost", 5, None)
    with pytest.raises(SlotSettled):
        small.run(due=DUE)


def test_a_missed_slot_is_a_row_without_counts_and_is_never_run(small: SmallDistrict) -> None:
    assert missed(small).exit_code == 0
    assert (row(small)["status"], row(small)["counts"], row(small)["note"]) == ("missed", None, "it was too late")
    with pytest.raises(SlotSettled):
        small.run(due=DUE)


def test_a_missed_slot_has_a_report_that_says_why(small: SmallDistrict) -> None:
    text = missed(small).report_files["text"].read_text()
    assert "did not run: it was too late" in " ".join(text.split())


def test_a_missed_slot_with_an_attempt_behind_it_is_lost(small: SmallDistrict) -> None:
    begun(small)
    missed(small)
    assert row(small)["status"] == "lost"


def test_a_slot_that_is_over_cannot_be_missed_any_more(small: SmallDistrict) -> None:
    small.run(due=DUE)
    with pytest.raises(SlotSettled):
        missed(small)


def unless_begun(small: SmallDistrict) -> Any:
    return note_unless_begun(job(small), small.places, DUE, "skipped", kind="full", now=NOW, progress=NoProgress())


def test_a_slot_to_be_skipped_that_nobody_began_is_missed(small: SmallDistrict) -> None:
    assert unless_begun(small).status == "missed"
    assert (row(small)["status"], row(small)["note"]) == ("missed", "skipped")


def test_a_slot_to_be_skipped_whose_run_broke_off_is_left_to_be_run_again(small: SmallDistrict) -> None:
    begun(small)
    assert unless_begun(small) is None
    assert row(small)["status"] == "interrupted"
    assert small.run(due=DUE).status == "complete"


def test_a_slot_to_be_skipped_that_is_over_stays_as_it_is(small: SmallDistrict) -> None:
    small.run(due=DUE)
    with pytest.raises(SlotSettled):
        unless_begun(small)


def test_a_missed_slot_waits_for_a_run_that_goes_on(small: SmallDistrict) -> None:
    with store(small).lock("somebody"), pytest.raises(LockHeld):
        missed(small)


@pytest.fixture
def heard(small: SmallDistrict, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a webhook of the district hears, whose store cannot be opened."""
    sentences: list[str] = []
    monkeypatch.setattr(tell, "post_json", lambda _address, body: sentences.append(body["sentence"]))
    (small.folder / "district.yaml").write_text(DISTRICT + "notify: {webhook: {url: 'http://127.0.0.1:9'}}\n")
    small.store_file.parent.mkdir(parents=True)
    small.store_file.write_text("no database")
    return sentences


def test_an_overdue_run_is_told_of_where_the_store_cannot_be_opened(small: SmallDistrict, heard: list[str]) -> None:
    told = alert_overdue(job(small), small.places, DUE, now=NOW, progress=NoProgress())
    assert (told.status, told.exit_code) == ("missed", 0)
    assert "The run due at 2026-10-15T02:00 has not finished by the expected time, and the store does not say" in heard[0]


def test_a_run_that_cannot_begin_is_told_of_with_the_reason(small: SmallDistrict, heard: list[str]) -> None:
    alert_stuck(job(small), small.places, DUE, now=NOW, progress=NoProgress())
    assert "The run due at 2026-10-15T02:00 was tried several times in vain and is tried again, and the store does not say" in heard[0]


def test_a_run_that_came_to_its_end_after_all_is_not_told_of_as_stuck(small: SmallDistrict) -> None:
    small.run(due=DUE)
    with pytest.raises(SlotSettled):
        alert_stuck(job(small), small.places, DUE, now=NOW, progress=NoProgress())


def test_an_overdue_run_is_told_of_without_a_row_and_without_the_lock(small: SmallDistrict) -> None:
    begun(small)
    with store(small).lock("the run itself"):
        told = alert_overdue(job(small), small.places, DUE, now=NOW, progress=NoProgress())
    assert re.search(r"has not finished by .*: run old is running, and may still come to its end", str(told.report.failure))
    assert row(small)["status"] == "running"


def test_a_run_that_may_still_come_is_called_overdue_and_not_missed(small: SmallDistrict) -> None:
    told = alert_overdue(job(small), small.places, DUE, now=NOW, progress=NoProgress())
    assert headline(told.report).status == "Overdue"


def by_three(small: SmallDistrict) -> Job:
    """The job, whose run is due at two and expected by three."""
    small.write(job=JOB + "schedule: {at: '02:00', weekdays: full, weekends: full, expect_by: '03:00'}\n")
    return job(small)


def test_a_run_that_was_over_in_time_is_not_told_of_as_overdue_by_a_daemon_that_did_not_know(small: SmallDistrict) -> None:
    by_three(small)
    small.run(due=DUE)
    with pytest.raises(SlotSettled):
        alert_overdue(job(small), small.places, DUE, now=NOW + timedelta(hours=4), progress=NoProgress())


def test_a_run_that_was_over_too_late_is_told_of_as_overdue(small: SmallDistrict) -> None:
    by_three(small)
    small.run(due=DUE, now=NOW + timedelta(hours=2))
    told = alert_overdue(job(small), small.places, DUE, now=NOW + timedelta(hours=4), progress=NoProgress())
    assert "has not finished by 03:00" in str(told.report.failure)


LONG = Due(DUE.slot, DUE.at, "the attempt before took too long")


def test_a_run_of_a_slot_whose_attempt_before_took_too_long_says_so_in_its_row(small: SmallDistrict) -> None:
    begun(small)
    small.run(due=LONG)
    assert row(small)["note"] == "the attempt before took too long"


def test_a_slot_that_is_lost_because_its_run_took_too_long_is_told_so(small: SmallDistrict) -> None:
    begun(small)
    lost = missed(small, LONG)
    assert str(lost.report.failure).endswith("did not come to its end: it was too late; the attempt before took too long")


def test_an_overdue_run_that_took_too_long_is_told_so(small: SmallDistrict) -> None:
    begun(small)
    told = alert_overdue(job(small), small.places, LONG, now=NOW, progress=NoProgress())
    assert str(told.report.failure).endswith("; the attempt before took too long")


def test_a_late_run_says_how_late(small: SmallDistrict) -> None:
    late = small.run(due=DUE, now=NOW + timedelta(hours=3.5))
    (message,) = late.report.messages.filter(code="run-late").to_dicts()
    assert message["text"] == "this run was due at 2026-10-15T02:00 and began 3 h 30 min later"
    assert row(small)["note"] == "3 h 30 min late"


def test_a_run_within_ten_minutes_of_its_time_is_not_late(small: SmallDistrict) -> None:
    on_time = small.run(due=DUE, now=NOW + timedelta(minutes=9))
    assert on_time.report.messages.filter(code="run-late").is_empty()
    assert row(small)["note"] is None


def test_the_slot_of_a_run_that_was_stopped_runs_again(small: SmallDistrict) -> None:
    start = begun(small)
    store(small).finish_run(start.id, RunEnd("interrupted", NOW, note="stopped by a signal"))
    assert small.run(due=DUE).status == "complete"
