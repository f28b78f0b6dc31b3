"""Names of runs."""

from __future__ import annotations

from pathlib import Path

from runner.run.identity import new_run_id
from tests.run.small_district import NIGHT, SmallDistrict


def test_runs_of_one_second_never_share_a_name(tmp_path: Path) -> None:
    job, given = SmallDistrict(tmp_path).write().job(), set[str]()
    for _ in range(2_000):  # at random some thirty of these would meet
        given.add(new_run_id(job, NIGHT, given.__contains__))
    assert len(given) == 2_000
    assert min(given).startswith("20261015T070000Z-small-students-")
