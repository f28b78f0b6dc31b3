"""Whatever happens to a source or to a job file, nobody is lost by it. (Promises A1, A6.)"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.run.small_district import COLUMNS, DISTRICT, JOB, NIGHT, SmallDistrict, student

LATER = NIGHT + timedelta(days=400)
GUARDED = DISTRICT + "guards: {delete: {number: 1, floor: 0}, inactivate: {number: 1, floor: 0}}\n"
# Nothing protects anybody but what the program does by itself: no days to wait, no number of records to reach.
EAGER = (
    JOB
    + """\
removal:
  when_records_read_over: 0
  scope: everyone
  inactivate: {not_updated_in_days: 0, clear_homeroom: true, disable_login: true}
  delete: {graduated_seniors: true, inactive: {days: 0, only_if: no_checkouts_no_fines}}
"""
)
LOOSE = "guards: {delete: {number: 1000, floor: 1000}, inactivate: {number: 1000, floor: 1000}}\n"
EVERYBODY = "SELECT district_id, status, homeroom, username FROM patron ORDER BY 1"


@pytest.fixture
def district(tmp_path: Path) -> SmallDistrict:
    made = SmallDistrict(tmp_path).write(job=EAGER)
    made.export([student(number) for number in range(1, 41)])
    assert made.run().status == "complete"
    return made


def _export(text: str) -> Callable[[SmallDistrict], object]:
    return lambda district: (district.folder / "exports" / "students.csv").write_text(text, encoding="utf-8")


def _folder_of_its_name(district: SmallDistrict) -> None:
    file = district.folder / "exports" / "students.csv"
    file.unlink()
    file.mkdir()


TROUBLES: dict[str, Callable[[SmallDistrict], object]] = {
    "the file is missing": lambda district: (district.folder / "exports" / "students.csv").unlink(),
    "its folder is missing": lambda district: shutil.rmtree(district.folder / "exports"),
    "a folder has its name": _folder_of_its_name,
    "it is empty": _export(""),
    "it has a header only": _export(",".join(COLUMNS) + "\n"),
    "a column is missing": _export("ID,School\n1001,NORTH\n"),
    "it is a page of a portal": _export("<html>log in</html>\n"),
    "it has one row of forty": lambda district: district.export([student(1)]),
    "its quotes never close": _export(",".join(COLUMNS) + '\n"1001'),
    "most rows are torn": _export(",".join(COLUMNS) + "\n" + "1001,NORTH\n" * 200),
    "its keys are others": lambda district: district.export([student(n, ID=f"X-{n:06}") for n in range(1, 41)]),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_source_that_fails_is_empty_or_shrinks_loses_nobody(trouble: str, district: SmallDistrict) -> None:
    before = district.rows(EVERYBODY)
    TROUBLES[trouble](district)
    failed = district.run(now=LATER)
    assert (failed.status, failed.exit_code) == ("failed", 1)
    assert failed.error is not None
    assert failed.error.hint
    assert district.rows(EVERYBODY) == before


def test_a_file_without_a_whole_school_inactivates_nobody(district: SmallDistrict) -> None:
    everybody = [student(number, School="SOUTH" if number > 25 else "NORTH") for number in range(1, 41)]
    district.export(everybody)
    district.run(now=NIGHT + timedelta(days=1))
    before = district.rows(EVERYBODY)
    district.export(everybody[:25])
    closed = district.run(now=NIGHT + timedelta(days=10))
    assert closed.exit_code == 3
    assert "SOUTH" in str(closed.document()["removal"])
    assert district.rows(EVERYBODY) == before


@pytest.mark.parametrize("job", [EAGER, EAGER + LOOSE, EAGER.replace("name: students", "name: students\ndescription: edited")])
def test_the_districts_guard_holds_whatever_the_job_file_says(job: str, district: SmallDistrict) -> None:
    district.write(job=job, district=GUARDED)
    district.export([student(number) for number in range(1, 31)])
    held = district.run(now=NIGHT + timedelta(days=2))
    assert held.status == "held"
    assert [each["action"] for each in held.document()["held"]] == ["inactivate"]
    assert district.rows("SELECT count(*) FROM patron WHERE status = 'Active'") == [(40,)]


def test_the_districts_guard_holds_when_another_job_takes_the_place_of_a_deleted_one(district: SmallDistrict) -> None:
    district.write(district=GUARDED)
    (district.folder / "students.yaml").write_text((EAGER + LOOSE).replace("homeroom: {column: HR, when_blank: clear}", "homeroom: HR"))
    district.export([student(number) for number in range(1, 31)])
    assert district.run(now=NIGHT + timedelta(days=2)).status == "held"
    assert district.rows("SELECT count(*) FROM patron WHERE status = 'Active'") == [(40,)]
