"""A plan file that somebody wrote into, or that somebody else made: one sentence, and nothing of it happens."""

from __future__ import annotations

import json
import os
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest

from runner.errors import RunnerError
from runner.run.progress import NoProgress
from runner.run.saved import apply_saved, save_plan
from tests.run.small_district import JOB, NIGHT, SmallDistrict, student


@pytest.fixture
def district(tmp_path: Path) -> SmallDistrict:
    made = SmallDistrict(tmp_path).write()
    made.export([student(1), student(2)])
    return made


@pytest.fixture
def file(district: SmallDistrict, tmp_path: Path) -> Path:
    save_plan(district.plan(), tmp_path / "night.plan")
    return tmp_path / "night.plan"


def rewritten(file: Path, change: Any = None, without: str | None = None, swapped: tuple[str, str] | None = None) -> None:
    """The plan with another `plan.json`, without one of its parts, or with two of them exchanged."""
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    if change is not None:
        told = json.loads(parts["plan.json"])
        change(told)
        parts["plan.json"] = json.dumps(told).encode()
    if without is not None:
        del parts[without]
    if swapped is not None:
        parts[swapped[0]], parts[swapped[1]] = parts[swapped[1]], parts[swapped[0]]
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told.pop("kind"),
        lambda told: told.pop("about"),
        lambda told: told["about"].pop("rows"),
        lambda told: told["about"].pop("job"),
        lambda told: told["about"].update(planned_at="x"),
        lambda told: told["about"].update(meaning={"x": "y"}),
        lambda told: told["about"].update(key_shapes=[["a"]]),
        lambda told: told.update(counts=None),
        lambda told: told["counts"].pop("updated"),
        lambda told: told.update(held=[{"a": 1}]),
        lambda told: told.update(new_patron_types=3),
        lambda told: told.update(about=[]),
    ],
)
def test_a_plan_that_was_written_into_by_hand_is_damaged(district: SmallDistrict, file: Path, change: Any) -> None:
    rewritten(file, change)
    with pytest.raises(RunnerError) as refused:
        apply_saved(file, district.places, now=NIGHT, progress=NoProgress())
    assert refused.value.code == "plan-damaged"
    assert not district.store_file.exists()


@pytest.mark.parametrize("broken", [{"without": "changes.arrow"}, {"swapped": ("changes.arrow", "values.arrow")}])
def test_a_plan_whose_tables_are_not_its_own_is_damaged(district: SmallDistrict, file: Path, broken: dict[str, Any]) -> None:
    rewritten(file, **broken)
    with pytest.raises(RunnerError) as refused:
        apply_saved(file, district.places, now=NIGHT, progress=NoProgress())
    assert refused.value.code == "plan-damaged"


def test_what_a_run_holds_is_no_saved_plan(district: SmallDistrict) -> None:
    district.write(job=JOB + "guards: {create: {number: 0}}\n")
    run = district.run().report.run
    with pytest.raises(RunnerError) as refused:
        apply_saved(district.root / "var" / "small" / "runs" / run / "held.plan", district.places, now=NIGHT, progress=NoProgress())
    assert refused.value.hint == f"runner approve {run}"


def test_a_plan_is_never_written_into_a_file_that_somebody_else_laid_ready(district: SmallDistrict, tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    waiting = folder / f".night.plan.{os.getpid()}.part"
    waiting.write_bytes(b"")
    waiting.chmod(0o666)
    save_plan(district.plan(), folder / "night.plan")
    assert stat.S_IMODE((folder / "night.plan").stat().st_mode) == 0o600
    assert waiting.read_bytes() == b""
    assert sorted(path.name for path in folder.iterdir()) == sorted(["night.plan", waiting.name])


def test_a_pipe_is_no_plan_and_is_not_waited_for(district: SmallDistrict, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RunnerError, match="not a plan"):
        apply_saved(tmp_path / "pipe", district.places, now=NIGHT, progress=NoProgress())


def test_a_plan_that_is_nested_without_end_is_damaged(district: SmallDistrict, file: Path) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("plan.json", "[" * 100_000)
    with pytest.raises(RunnerError) as refused:
        apply_saved(file, district.places, now=NIGHT, progress=NoProgress())
    assert refused.value.code == "plan-damaged"
