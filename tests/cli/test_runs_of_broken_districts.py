"""Past runs can be read while a district.yaml cannot: somebody who puts it right wants to see what ran last."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runner.job.load import load_job
from runner.run.last_good import keep_last_good
from runner.run.places import DistrictPlaces
from tests.cli.conftest import DISTRICT


@pytest.fixture
def ran(workspace: Path, typed: Any) -> Path:
    """The district's file, after one run at seven in the morning in Chicago."""
    assert typed("run", "springfield/students").exit_code == 0
    return workspace / "jobs" / "springfield" / "district.yaml"


@pytest.mark.parametrize(
    ("broken", "started"),
    [
        (DISTRICT.replace("version: 1", "version: 9"), "2026-10-15 07:00"),
        (DISTRICT.replace("America/Chicago", "Nowhere/Atall"), "2026-10-15 12:00"),
        ("nonsense", "2026-10-15 12:00"),
        (": [", "2026-10-15 12:00"),
    ],
)
def test_runs_of_a_broken_district_are_shown(ran: Path, typed: Any, answered: Any, broken: str, started: str) -> None:
    ran.write_text(broken)
    answer = typed("runs")
    assert started in answer.stdout
    assert "district.yaml is broken" in answer.stdout
    assert (answer.exit_code, answer.stderr) == (0, "")
    assert [row["job"] for row in answered("runs", "springfield/students")["runs"]] == ["springfield/students"]
    assert "springfield-students" in typed("runs", "--district", "springfield").stdout


def test_the_last_good_version_says_where_the_store_is(ran: Path, workspace: Path, typed: Any) -> None:
    ran.write_text(f"{DISTRICT}store: sqlite:///elsewhere.db\n")
    assert typed("run", "springfield/students").exit_code == 0
    keep_last_good(load_job(workspace / "jobs", "springfield/students"), DistrictPlaces(workspace / "var" / "springfield"))
    (workspace / "var" / "springfield" / "patrons.db").unlink()
    ran.write_text("nonsense")
    assert "2026-10-15 07:00" in typed("runs").stdout


@pytest.mark.parametrize("store", ["store: postgresql://library@nowhere/patrons", "store: ${env:NOT_SET_ANYWHERE}", "store: [1]"])
def test_a_district_whose_store_is_unknown_is_left_out_aloud(ran: Path, typed: Any, answered: Any, store: str) -> None:
    ran.write_text(f"{DISTRICT}{store}\nversoin: 1\n")
    answer = typed("runs")
    assert answer.stderr.startswith("The runs of springfield are left out, for nothing says where its store is: district.yaml:")
    assert "no runs" not in answer.stdout
    assert answered("runs")["runs"] == []


def test_a_run_of_a_broken_district_is_not_said_to_be_unknown(ran: Path, typed: Any, answered: Any) -> None:
    run = answered("runs")["runs"][0]["run"]
    ran.write_text("nonsense")
    answer = typed("runs", "show", run)
    assert answer.exit_code == 78
    assert "district.yaml is invalid" in answer.stderr
