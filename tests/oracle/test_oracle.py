"""The planner against its oracle: random districts, each planned twice. (docs/oracle.md)

RUNNER_ORACLE_SEEDS says how many districts are told; ten of them share one job and are planned together.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.oracle.compare import differences
from tests.oracle.facts import Story
from tests.oracle.shrink import printed, shrunk
from tests.oracle.stories import crowd_of, story_of

SEEDS = int(os.environ.get("RUNNER_ORACLE_SEEDS", "300"))
pytestmark = pytest.mark.usefixtures("fast_paths")
PARTS = 10  # so that a failure names a small range of seeds, and no test comes near the time limit


def _explained(story: Story, seed: int, folder: Path | None) -> str:
    small = shrunk(story, folder=folder)
    return "\n".join([f"seed {seed}, made small:", printed(small), *differences(small, folder)])


def _first_difference(seeds: range, tell: Callable[[int], Story], folder: Path | None = None) -> str:
    for seed in seeds:
        if differences(tell(seed), folder):
            return _explained(tell(seed), seed, folder)
    return ""


@pytest.mark.parametrize("part", range(PARTS))
def test_the_planner_does_what_the_rules_page_says(part: int) -> None:
    crowds = SEEDS // 10
    seeds = range(part * crowds // PARTS, (part + 1) * crowds // PARTS)
    assert _first_difference(seeds, crowd_of) == ""


def test_a_district_by_itself_is_planned_like_one_in_a_crowd() -> None:
    assert _first_difference(range(SEEDS // 50), story_of) == ""


def test_rows_read_from_csv_text_are_planned_alike(tmp_path: Path) -> None:
    """Several nights each: with fast paths on, a night reads its lines beside those that the night before kept."""
    seeds = range(10_000, 10_000 + SEEDS // 60)
    assert _first_difference(seeds, partial(crowd_of, least=3), tmp_path) == ""
