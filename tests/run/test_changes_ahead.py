"""changes.csv is begun before the database has written: the report has it only where it says what became of everybody."""

from __future__ import annotations

import errno
import stat
from pathlib import Path
from typing import Any

import pytest

from runner.report.spreadsheet import changes_csv
from runner.run import ahead, engine
from runner.run.outcome import Outcome
from tests.run.small_district import SmallDistrict, student


@pytest.fixture
def small(tmp_path: Path) -> SmallDistrict:
    district = SmallDistrict(tmp_path).write()
    district.export([student(number) for number in range(1, 4)])
    district.run()
    district.export([student(number, HR="new") for number in range(1, 4)])
    return district


def in_report(outcome: Outcome) -> bytes:
    return outcome.report_files["changes"].read_bytes()


def as_told(outcome: Outcome) -> bytes:
    return b"".join(changes_csv(outcome.report))


def test_the_file_is_what_the_report_tells_and_private(small: SmallDistrict) -> None:
    outcome = small.run()
    assert in_report(outcome) == as_told(outcome)
    assert in_report(outcome).count(b'"new"') == 3
    assert stat.S_IMODE(outcome.report_files["changes"].stat().st_mode) == 0o600


def test_a_patron_that_moved_meanwhile_is_not_in_it(small: SmallDistrict, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = vars(engine)["commit_plan"]

    def late(*given: Any, **more: Any) -> Any:
        small.edit("UPDATE patron SET nickname = 'Bob' WHERE district_id = '1002'")
        return commit(*given, **more)

    monkeypatch.setattr(engine, "commit_plan", late)
    outcome = small.run()
    assert in_report(outcome) == as_told(outcome)
    assert in_report(outcome).count(b'"new"') == 2


def test_a_disk_that_does_not_take_it_in_time_costs_nothing(small: SmallDistrict, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(ahead, "write_files", full)
    outcome = small.run()
    assert in_report(outcome) == as_told(outcome)
    assert outcome.report.status == "complete"


def test_nothing_of_it_stays_where_the_store_refuses(small: SmallDistrict, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: Any, **__: Any) -> Any:
        raise SystemExit(143)

    monkeypatch.setattr(engine, "commit_plan", stopped)
    with pytest.raises(SystemExit):
        small.run()
    assert list((small.root / "var").rglob("*changes.csv*")) == [
        small.root / "var" / "small" / "runs" / each / "changes.csv" for each in kept(small)
    ]


def kept(small: SmallDistrict) -> list[str]:
    return [folder.name for folder in (small.root / "var" / "small" / "runs").iterdir() if (folder / "summary.html").exists()]
