"""A file that comes late: looked for again as long as the schedule says, with nothing written down; then the run fails as ever."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from runner.daemon.worker import FILE_AWAITED
from runner.errors import SourceError
from runner.job.model import Source
from runner.run import prepare
from runner.run.awaited_file import FileAwaited
from runner.run.due import Due
from runner.run.early import early_copy
from runner.run.outcome import Outcome
from runner.run.slots import SlotSettled
from runner.source import fetch
from runner.source.fetched import Fetched
from tests.run.small_district import JOB, NIGHT, SmallDistrict, student

DUE = Due("2026-10-15T02:00", NIGHT)
WAITING = JOB + 'schedule: {at: "02:00", wait_for_file: 3h}\n'
BY_SFTP = WAITING.replace(
    "source: {type: directory, path: exports, file: students.csv}",
    "source: {type: sftp, url: 'sftp://127.0.0.1:1/x', username: u, password: '${env:PW}', retries: 0, file: students.csv,"
    " host_key: SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8}",
)
LATER = NIGHT + timedelta(hours=1)


@pytest.fixture
def small(tmp_path: Path) -> SmallDistrict:
    return SmallDistrict(tmp_path).write(job=WAITING)


def run(small: SmallDistrict, now: datetime = NIGHT, due: Due | None = DUE) -> Outcome:
    """As the command does it, with the copy that is begun early."""
    with early_copy(small.job(), small.places.for_district("small"), now) as early:
        return small.run("full", now=now, due=due, early=early)


def left_behind(small: SmallDistrict) -> list[Path]:
    return list((small.root / "var" / "small" / "work").iterdir())


def test_a_run_whose_file_is_not_there_is_put_off_and_leaves_nothing_behind(small: SmallDistrict) -> None:
    with pytest.raises(FileAwaited) as put_off:
        run(small)
    assert "there is no file" in put_off.value.text
    assert "it is looked for again until 05:00" in put_off.value.text
    assert small.rows("SELECT count(*) FROM run") == [(0,)]
    assert not (small.root / "var" / "small" / "runs").exists()
    assert left_behind(small) == []


def test_the_run_that_finds_its_file_is_the_slots_run_and_says_how_late_it_is(small: SmallDistrict) -> None:
    with pytest.raises(FileAwaited):
        run(small)
    small.export([student(1)])
    done = run(small, now=LATER)
    assert done.report.counts["added"] == 1
    assert "run-late" in done.report.messages["code"]
    assert small.rows("SELECT slot, attempts, status FROM run") == [(DUE.slot, 1, "complete")]


@pytest.mark.parametrize("hours", [3, 5])
def test_when_the_time_is_over_the_run_fails_as_ever(hours: int, small: SmallDistrict) -> None:
    failed = run(small, now=NIGHT + timedelta(hours=hours))
    assert (failed.status, failed.error and failed.error.code) == ("failed", "source-missing")
    with pytest.raises(SlotSettled):
        run(small, now=NIGHT + timedelta(hours=hours, minutes=5))


def test_the_last_look_is_the_one_after_which_there_would_be_none_in_time(small: SmallDistrict) -> None:
    with pytest.raises(FileAwaited):
        run(small, now=NIGHT + timedelta(hours=2, minutes=54))
    assert run(small, now=NIGHT + timedelta(hours=2, minutes=56)).status == "failed"


def test_a_look_that_takes_long_is_the_last_one_where_the_next_would_come_too_late(
    small: SmallDistrict, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: Any, **__: Any) -> Fetched:
        passed.append(60.0)
        raise SourceError("the server does not answer", code="timeout", retry=True)

    passed, real = [0.0], time.monotonic
    monkeypatch.setattr("time.monotonic", lambda: real() + sum(passed))
    monkeypatch.setattr(prepare, "fetch", slow)
    at = NIGHT + timedelta(hours=2, minutes=54)
    assert small.run("full", now=at, due=DUE).status == "failed"
    assert small.rows("SELECT attempts, status FROM run") == [(1, "failed")]


def test_a_run_by_hand_waits_for_nothing(small: SmallDistrict) -> None:
    assert run(small, due=None).status == "failed"


def test_a_job_that_does_not_say_so_waits_for_nothing(small: SmallDistrict) -> None:
    small.write(job=JOB + 'schedule: {at: "02:00"}\n')
    assert run(small).status == "failed"


def test_what_waiting_does_not_mend_is_not_waited_for(small: SmallDistrict) -> None:
    small.export([])
    assert run(small).status == "failed"


def test_a_slot_that_another_machine_settled_is_not_waited_for(small: SmallDistrict) -> None:
    small.export([student(1)])
    run(small)
    (small.folder / "exports" / "students.csv").unlink()
    with pytest.raises(SlotSettled):
        run(small, now=LATER)


def test_a_server_that_does_not_answer_is_waited_for_as_well(small: SmallDistrict, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PW", "x")
    small.write(job=BY_SFTP)
    with pytest.raises(FileAwaited, match="127"):
        run(small)
    assert small.rows("SELECT count(*) FROM run") == [(0,)]
    assert left_behind(small) == []


def test_a_file_that_comes_over_a_network_is_fetched_once(small: SmallDistrict, monkeypatch: pytest.MonkeyPatch) -> None:
    small.export([student(1)])
    fetched: list[Path] = []

    def counted(source: Source, folder: Path, **more: Any) -> Fetched:
        fetched.append(folder)
        return fetch(source, folder, **more)

    monkeypatch.setattr(prepare, "fetch", counted)
    assert small.run("full", due=DUE).report.counts["added"] == 1
    assert len(fetched) == 1
    assert left_behind(small) == []


def test_what_goes_wrong_besides_is_recorded_as_ever(small: SmallDistrict, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PW", raising=False)
    small.write(job=BY_SFTP)
    failed = small.run("full", due=DUE)
    assert (failed.status, failed.error and failed.error.code) == ("failed", "variable-missing")
    assert small.rows("SELECT status FROM run") == [("failed",)]


def test_the_daemon_and_its_workers_have_one_word_for_it() -> None:
    assert FileAwaited.exit_code == FILE_AWAITED
