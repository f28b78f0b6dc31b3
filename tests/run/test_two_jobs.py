"""Two jobs that feed one patron, of which one removes it: the other does not bring it back each night."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.run.small_district import JOB, LEAVERS, NIGHT, SmallDistrict, student

SUMMER = NIGHT.replace(year=2027)
GRADUATE = student(2, Grade="12", GradYear="2027")


@pytest.fixture(params=["both files hold the graduate", "the other file alone holds the graduate"])
def district(tmp_path: Path, request: pytest.FixtureRequest) -> SmallDistrict:
    """The students' job has removed a graduate of whom the job `clubs` has a record, too."""
    made = SmallDistrict(tmp_path).write(job=LEAVERS)
    clubs = (
        JOB.replace("name: students", "name: clubs")
        .replace("students.csv", "clubs.csv")
        .replace("homeroom: {column: HR, when_blank: clear}", "nickname: HR")
    )
    (made.folder / "clubs.yaml").write_text(clubs, encoding="utf-8")
    made.export([student(1), *([GRADUATE] if request.param.startswith("both") else [])])
    made.export([GRADUATE, student(3)], name="clubs")
    made.run()
    made.run(name="clubs")
    made.run(name="clubs", now=SUMMER - timedelta(days=1))
    assert made.run(now=SUMMER).document()["counts"]["removed"] == 1
    return made


def _graduates(district: SmallDistrict) -> int:
    found: int = district.rows("SELECT count(*) FROM patron WHERE district_id = '1002'")[0][0]
    return found


@pytest.mark.parametrize("kind", ["full", "incremental"])
def test_the_other_job_does_not_add_the_patron_again_by_the_record_that_it_had_before(district: SmallDistrict, kind: str) -> None:
    for night in range(1, 4):
        done = district.run(kind, name="clubs", now=SUMMER + timedelta(days=night)).document()
        assert (done["counts"]["added"], done["counts"]["unchanged"]) == (0, 2)
        assert district.run(now=SUMMER + timedelta(days=night, hours=1)).document()["counts"]["removed"] == 0
    assert _graduates(district) == 0


def test_the_other_job_says_that_policy_removed_the_patron(district: SmallDistrict) -> None:
    done = district.run("full", name="clubs", now=SUMMER + timedelta(days=1)).document()
    assert "removed-by-policy" in {each["code"] for each in done["messages"]}


def test_a_record_of_the_other_job_that_changes_adds_the_patron(district: SmallDistrict) -> None:
    district.export([{**GRADUATE, "Last": "Lovelace"}, student(3)], name="clubs")
    done = district.run("full", name="clubs", now=SUMMER + timedelta(days=1)).document()
    assert done["counts"]["added"] == 1


def test_an_undo_of_the_removal_lets_the_other_job_go_on_as_before(district: SmallDistrict) -> None:
    removal = district.rows("SELECT id FROM run ORDER BY number DESC LIMIT 1")[0][0]
    district.undo(removal, now=SUMMER + timedelta(hours=1))
    done = district.run("full", name="clubs", now=SUMMER + timedelta(days=1)).document()
    assert (done["counts"]["added"], done["counts"]["unchanged"]) == (0, 2)
    assert "removed-by-policy" not in {each["code"] for each in done["messages"]}
    assert _graduates(district) == 1
