"""The baseline is replaced without being read where the last run noted what it was made of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.store import reader, write_state
from runner.store.store import open_store
from tests.run.small_district import NIGHT, SmallDistrict, student

JOB_KEY = "small/students"


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallDistrict:
    monkeypatch.setenv("RUNNER_FAST_PATHS", "on")
    return SmallDistrict(tmp_path).write()


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The kinds of the sets whose large cells were read."""
    found: list[str] = []

    def noted(real: Callable[..., Any]) -> Callable[..., Any]:
        def reading(session: Any, job: str, kind: Any) -> Any:
            found.append(kind)
            return real(session, job, kind)

        return reading

    for module, name in ((write_state, "stored_set"), (reader, "get_set")):
        monkeypatch.setattr(module, name, noted(vars(module)[name]))
    return found


def baseline(small: SmallDistrict) -> list[int]:
    with open_store(small.store_file, create=False, now=NIGHT).reader() as opened:
        found = opened.baseline(JOB_KEY)
    assert found is not None
    return sorted(found.row_hashes)


def rows(*changed: int, **cells: str) -> list[dict[str, str]]:
    return [student(number, **(cells if number in changed else {})) for number in range(1, 60)]


def fresh(tmp_path: Path, exported: list[dict[str, str]]) -> list[int]:
    """The baseline of a district that never had another file."""
    other = SmallDistrict(tmp_path / "fresh").write()
    other.export(exported)
    other.run("full")
    return baseline(other)


@pytest.mark.parametrize("kind", ["full", "incremental"])
def test_a_night_that_changes_a_few_does_not_read_it(kind: str, small: SmallDistrict, read: list[str], tmp_path: Path) -> None:
    small.export(rows())
    small.run("full")
    read.clear()
    for homeroom in ("A", "B", "C"):
        small.export(tonight := rows(3, 7, HR=homeroom))
        small.run(kind)
    assert "baseline" not in read
    assert baseline(small) == fresh(tmp_path, tonight)


def test_records_that_nobody_remembers_are_noted_beside_the_lines(small: SmallDistrict, read: list[str], tmp_path: Path) -> None:
    """Two like rows are each other's copies and never remembered; both are in the baseline."""
    small.export([*rows(), student(3)])
    small.run("full")
    read.clear()
    small.export(tonight := [*rows(9, HR="Z"), student(3)])
    small.run("full")
    assert "baseline" not in read
    assert baseline(small) == fresh(tmp_path, tonight)


def test_after_an_undo_the_baseline_is_made_from_the_file(small: SmallDistrict, tmp_path: Path) -> None:
    small.export(rows())
    small.run("full")
    small.export(rows(4, HR="A"))
    small.undo(small.run("full").report.run)
    small.export(tonight := rows(5, HR="B"))
    small.run("full")
    assert baseline(small) == fresh(tmp_path, tonight)
