"""The removal policy and the guards against their oracle. (docs/oracle.md)

RUNNER_ORACLE_SEEDS says how much is told: twice as many decision moments, a tenth as many whole nights, and a few nights on a real store.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.oracle.policy_compare import differences as of_decisions
from tests.oracle.policy_jobs import differences as of_two_jobs
from tests.oracle.policy_lending import LendingDistrict
from tests.oracle.policy_nights import night_of
from tests.oracle.policy_real import differences as of_real_nights
from tests.oracle.policy_stories import tale_of
from tests.oracle.policy_whole import differences as of_night

SEEDS = int(os.environ.get("RUNNER_ORACLE_SEEDS", "300"))
PARTS = 5


def _share(total: int, part: int) -> range:
    return range(part * total // PARTS, (part + 1) * total // PARTS)


@pytest.mark.parametrize("part", range(PARTS))
def test_everybody_is_decided_on_as_the_rules_page_says(part: int) -> None:
    for seed in _share(2 * SEEDS, part):
        assert of_decisions(tale_of(seed)) == [], f"seed {seed}"


@pytest.mark.usefixtures("fast_paths")
@pytest.mark.parametrize("part", range(PARTS))
def test_gates_guards_and_removals_of_a_night_are_what_the_rules_page_says(part: int) -> None:
    for seed in _share(max(PARTS, SEEDS // 10), part):
        assert of_night(night_of(seed)) == [], f"seed {seed}"


@pytest.mark.usefixtures("fast_paths")
@pytest.mark.parametrize("seed", range(max(2, SEEDS // 250)))
def test_nights_on_a_real_store_remove_whom_the_rules_page_says(seed: int, tmp_path: Path) -> None:
    assert of_real_nights(seed, tmp_path) == []


@pytest.mark.usefixtures("fast_paths")
@pytest.mark.parametrize("seed", range(max(2, SEEDS // 150)))
def test_two_jobs_over_one_store_remove_whom_the_rules_page_says(seed: int, tmp_path: Path) -> None:
    assert of_two_jobs(seed, tmp_path) == []


@pytest.mark.parametrize("seed", range(max(2, SEEDS // 150)))
def test_two_jobs_of_a_library_that_lends_remove_whom_the_rules_page_says(seed: int, tmp_path: Path) -> None:
    assert of_two_jobs(seed, tmp_path, kind=LendingDistrict) == []
