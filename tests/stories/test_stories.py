"""Fast paths cost no correctness: whole stories told twice, with every fast path forced on and with every one forced off.

RUNNER_STORY_SEEDS says how many stories are told, three nights of each. More of them, and whole ones: `python -m tests.stories.search`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.contracts.postgres import Server
from tests.stories.compare import difference, told_to_both
from tests.stories.otherwise import WAYS
from tests.stories.telling import story_of
from tests.stories.workspace import Workspace

SEEDS = int(os.environ.get("RUNNER_STORY_SEEDS", "8"))
NIGHTS = 3


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_story_is_the_same_with_every_fast_path_on_and_off(seed: int, tmp_path: Path) -> None:
    found = difference(story_of(seed, NIGHTS), tmp_path)
    assert found is None, f"seed {seed}, {found}"


@pytest.mark.postgres
@pytest.mark.parametrize("seed", range(100, 100 + max(1, SEEDS // 8)))
def test_a_story_in_postgresql_is_the_same_with_every_fast_path_on_and_off(seed: int, tmp_path: Path, postgres_server: Server) -> None:
    addresses = postgres_server.address(), postgres_server.address()
    found = difference(story_of(seed, 2), tmp_path, addresses)
    for each in addresses:
        postgres_server.clear(each)
    assert found is None, f"seed {seed}, {found}"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("seed", range(200, 200 + max(1, SEEDS // 4)))
def test_a_story_is_the_same_whichever_way_its_runs_go(seed: int, way: str, tmp_path: Path) -> None:
    story = story_of(seed, NIGHTS)
    found = told_to_both(Workspace(tmp_path / "plain", "on", story), WAYS[way](tmp_path / "other", "on", story), story)
    assert found is None, f"seed {seed}, {found}"
