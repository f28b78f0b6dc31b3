"""An incremental need not look up each remembered line in its baseline where the store knows that they are all in there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from runner.plan.reader import Baseline
from runner.run import read_patrons
from runner.store.store import open_store
from tests.run.small_district import NIGHT, SmallDistrict, student

JOB_KEY = "small/students"


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallDistrict:
    monkeypatch.setenv("RUNNER_FAST_PATHS", "on")
    district = SmallDistrict(tmp_path).write()
    district.export([student(number) for number in range(1, 9)])
    return district


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many hashes were looked up among the remembered lines, each time."""
    found: list[int] = []
    real = vars(read_patrons)["in_baseline"]

    def counted(hashes: pl.Series, baseline: Baseline) -> Any:
        found.append(hashes.len())
        return real(hashes, baseline)

    monkeypatch.setattr(read_patrons, "in_baseline", counted)
    return found


def known(small: SmallDistrict) -> bool:
    with open_store(small.store_file, create=False, now=NIGHT).reader() as reader:
        return reader.baseline_has_lines(JOB_KEY)


def test_after_a_run_the_baseline_has_its_lines(small: SmallDistrict, looked_up: list[int]) -> None:
    small.run("full")
    assert known(small)
    small.export([student(number, **({"HR": "new"} if number == 3 else {})) for number in range(1, 9)])
    outcome = small.run("incremental")
    assert outcome.report.compared_as == "incremental"
    assert looked_up == []
    assert known(small)


def test_after_an_undo_it_is_not_known(small: SmallDistrict) -> None:
    run = small.run("full").report.run
    small.undo(run)
    assert not known(small)


def test_where_it_is_not_known_each_line_is_looked_up(small: SmallDistrict, looked_up: list[int]) -> None:
    small.run("full")
    small.edit(f"DELETE FROM meta WHERE key = 'lines baseline {JOB_KEY}'")
    small.export([student(number, **({"HR": "new"} if number == 3 else {})) for number in range(1, 9)])
    small.run("incremental")
    assert looked_up


def test_a_job_that_never_ran_has_none(small: SmallDistrict) -> None:
    with open_store(small.store_file, create=True, now=NIGHT).reader() as reader:
        assert not reader.baseline_has_lines(JOB_KEY)
