"""A report is begun before the database has written: the run has it only where it says what became of everybody."""

from __future__ import annotations

import errno
import stat
from pathlib import Path
from typing import Any

import pytest

from runner.report.summary import render
from runner.run import ahead, engine
from runner.run.outcome import Outcome
from tests.run.small_district import JOB, SmallDistrict, student


@pytest.fixture
def small(tmp_path: Path) -> SmallDistrict:
    district = SmallDistrict(tmp_path).write()
    district.export([student(number) for number in range(1, 4)])
    district.run()
    district.export([student(number, HR="new") for number in range(1, 4)])
    return district


def on_disk(outcome: Outcome) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in outcome.report_files.values()}


def as_told(outcome: Outcome) -> dict[str, bytes]:
    """Each file, made of the run as it ended. (Between its end and its pages a run is timed for two more stages.)"""
    for later in ("report", "conclude"):
        del outcome.report.timings[later]  # type: ignore[attr-defined]
    made = render(outcome.report, files={kind: str(path) for kind, path in outcome.report_files.items()})
    return {name: content.encode() if isinstance(content, str) else content for name, content in made.items()}


def test_each_file_is_what_the_report_tells_and_private(small: SmallDistrict) -> None:
    outcome = small.run()
    assert on_disk(outcome) == as_told(outcome)
    assert on_disk(outcome)["changes.csv"].count(b'"new"') == 3
    assert {stat.S_IMODE(path.stat().st_mode) for path in outcome.report_files.values()} == {0o600}


def test_the_pages_tell_when_the_run_ended_although_they_were_begun_before(small: SmallDistrict) -> None:
    outcome = small.run()
    for name in ("summary.html", "summary.txt"):
        assert "Finished" in on_disk(outcome)[name].decode()


def test_a_run_that_holds_and_the_one_that_supersedes_it_are_told_as_they_ended(tmp_path: Path) -> None:
    district = SmallDistrict(tmp_path).write(job=JOB + "guards: {update: {number: 1}}\n")
    district.export([student(number) for number in range(1, 4)])
    district.run()
    district.export([student(number, HR="new") for number in range(1, 4)])
    for status in ("held", "held"):
        outcome = district.run()
        assert outcome.status == status
        assert on_disk(outcome) == as_told(outcome)


def test_a_patron_that_moved_meanwhile_is_not_in_it(small: SmallDistrict, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = vars(engine)["commit_plan"]

    def late(*given: Any, **more: Any) -> Any:
        small.edit("UPDATE patron SET nickname = 'Bob' WHERE district_id = '1002'")
        return commit(*given, **more)

    monkeypatch.setattr(engine, "commit_plan", late)
    outcome = small.run()
    assert on_disk(outcome) == as_told(outcome)
    assert on_disk(outcome)["changes.csv"].count(b'"new"') == 2


def test_a_disk_that_does_not_take_it_in_time_costs_nothing(small: SmallDistrict, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(ahead, "write_files", full)
    outcome = small.run()
    assert on_disk(outcome) == as_told(outcome)
    assert outcome.report.status == "complete"


def test_nothing_of_it_stays_where_the_store_refuses(small: SmallDistrict, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: Any, **__: Any) -> Any:
        raise SystemExit(143)

    monkeypatch.setattr(engine, "commit_plan", stopped)
    with pytest.raises(SystemExit):
        small.run()
    runs = small.root / "var" / "small" / "runs"
    whole = [folder / "changes.csv" for folder in runs.iterdir() if (folder / "summary.html").exists()]
    assert list((small.root / "var").rglob("*changes.csv*")) == whole
