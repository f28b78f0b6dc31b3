"""Two districts that lead to one store, in whatever words: the second changes nobody in it."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from runner.cli.probes import store as probe_store
from runner.errors import InvalidFiles
from runner.job.load import check_paths, load_job
from runner.run.engine import plan_job, run_job
from runner.run.progress import NoProgress
from tests.run.small_district import DISTRICT, NIGHT, SmallDistrict, leavers, student

LEAVERS = leavers(guards="{inactivate: {number: 100}}")
LATER = NIGHT + timedelta(days=60)


@pytest.fixture
def two(tmp_path: Path) -> SmallDistrict:
    """`small` and `other`, whose files name one store in two ways."""
    (tmp_path / "stores").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "stores")
    small = SmallDistrict(tmp_path).write(job=LEAVERS, district=f"{DISTRICT}store: sqlite:///{tmp_path}/stores/one.db\n")
    small.export([student(1), student(2), student(3)])
    shutil.copytree(small.folder, small.places.jobs / "other")
    (small.places.jobs / "other" / "district.yaml").write_text(f"{DISTRICT}store: sqlite:///{tmp_path}/link/one.db\n")
    small.run()
    small.export([student(9)])
    shutil.copy(small.folder / "exports" / "students.csv", small.places.jobs / "other" / "exports" / "students.csv")
    return small


@pytest.mark.parametrize("verb", [run_job, plan_job])
def test_the_other_district_neither_runs_nor_plans(two: SmallDistrict, verb: object) -> None:
    assert callable(verb)
    job = load_job(two.places.jobs, "other/students")
    with pytest.raises(InvalidFiles, match="other and small have one store") as refused:
        verb(job, two.places, kind="full", now=LATER, progress=NoProgress())
    assert refused.value.exit_code == 78


def test_doctor_says_so(two: SmallDistrict) -> None:
    [finding] = probe_store(load_job(two.places.jobs, "other/students").district, two.places, LATER)
    assert (finding.state, finding.text) == ("wrong", "the district small has the same store")


def test_a_district_that_was_renamed_goes_on(two: SmallDistrict) -> None:
    shutil.rmtree(two.folder)
    job = load_job(two.places.jobs, "other/students")
    assert run_job(job, two.places, kind="full", now=NIGHT, progress=NoProgress()).report.status == "complete"


def test_a_district_that_was_given_another_store_since_is_no_rival(two: SmallDistrict) -> None:
    (two.folder / "district.yaml").write_text(DISTRICT)
    job = load_job(two.places.jobs, "other/students")
    assert run_job(job, two.places, kind="full", now=NIGHT, progress=NoProgress()).report.status == "complete"


@pytest.mark.parametrize("path", ["", "other", "other/district.yaml", "other/students.yaml"])
def test_check_tells_it_of_one_district_alone_too(two: SmallDistrict, path: str) -> None:
    root = two.places.jobs
    (root / "other" / "district.yaml").write_text((two.folder / "district.yaml").read_text())
    assert (root / "other" / "district.yaml", "store-shared") in [(each.path, each.code) for each in check_paths([root / path])]
