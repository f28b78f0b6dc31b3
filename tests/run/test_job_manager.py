"""The Job Manager page of a district whose files break: since when, what goes on meanwhile, and that it is right without a daemon too."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from runner.run.broken_note import BrokenNote, write_note
from runner.run.jobmanager import rewritten
from runner.run.last_good import keep_last_good
from tests.report.page_walk import walk
from tests.run.small_district import JOB, NIGHT, SmallDistrict, student

NIGHTLY = JOB + 'schedule: {at: "02:00", weekdays: full, weekends: full}\n'
SINCE = datetime(2026, 10, 15, 14, 30, tzinfo=UTC)
BROKEN_SINCE = "Broken since Thursday, 15 October 2026, 09:30 CDT; "


@pytest.fixture
def small(tmp_path: Path) -> SmallDistrict:
    """A district that ran once, and whose good version the daemon has kept."""
    district = SmallDistrict(tmp_path).write(job=NIGHTLY)
    district.export([student(1)])
    district.run()
    keep_last_good(district.job(), district.places.for_district("small"))
    return district


def page(small: SmallDistrict) -> str:
    assert rewritten("small", small.places, NIGHT + timedelta(hours=12)) is None
    return " ".join(walk((small.places.var / "small" / "reports" / "index.html").read_text()).text.split())


def told(small: SmallDistrict, *files: str, going_on: Sequence[str] = ("small/students",)) -> None:
    """What the daemon writes down."""
    note = BrokenNote({name: (f"{name}: seen by the daemon", SINCE) for name in files}, frozenset(going_on))
    write_note(small.places.var / "small", small.folder, note)


def test_a_broken_job_stands_on_top_with_since_when_and_that_its_last_good_version_runs(small: SmallDistrict) -> None:
    (small.folder / "a-fine-one.yaml").write_text(NIGHTLY.replace("name: students", "name: a-fine-one"))
    small.write(job=NIGHTLY.replace("district_id: ID", "nobody_knows: ID"))
    told(small, "students.yaml")
    said = page(small)
    assert BROKEN_SINCE + "the last good version is still running." in said
    assert "students.yaml:" in said
    assert "seen by the daemon" not in said  # what is wrong is what is wrong now
    assert said.index("small/students") < said.index("small/a-fine-one")
    assert "The last run: " in said
    assert "Next run Friday, 16 October 2026, 02:00 CDT" in said


def test_without_a_daemon_the_page_says_what_is_wrong_and_that_nothing_runs(small: SmallDistrict) -> None:
    small.write(job="nonsense")
    said = page(small)
    assert "The file is broken; nothing of it runs until it is put right." in said
    assert "Next run when the file is put right" in said
    assert "The last run: " in said


def test_a_job_that_never_was_good_has_an_entry_of_its_own(small: SmallDistrict) -> None:
    (small.folder / "staff.yaml").write_text("nonsense")
    told(small, "staff.yaml", going_on=())
    said = page(small)
    assert "small/staff" in said
    assert BROKEN_SINCE + "nothing of it runs until it is put right." in said


def test_a_broken_district_file_stands_on_top_of_its_jobs(small: SmallDistrict) -> None:
    (small.folder / "district.yaml").write_text("version: 1\n")
    told(small, "district.yaml")
    said = page(small)
    assert said.index("small/district.yaml") < said.index("small/students")
    assert said.count(BROKEN_SINCE + "the last good version is still running.") == 2


def test_a_file_that_was_mended_is_no_longer_broken_even_before_the_daemon_noticed(small: SmallDistrict) -> None:
    told(small, "students.yaml")
    later = datetime.now().timestamp() + 60
    os.utime(small.folder / "students.yaml", (later, later))
    assert "roken" not in page(small).replace("no job is broken", "")


def test_what_only_the_daemon_found_counts_until_the_file_is_edited(small: SmallDistrict) -> None:
    told(small, "students.yaml", going_on=())
    said = page(small)
    assert BROKEN_SINCE + "nothing of it runs until it is put right." in said
    assert "students.yaml: seen by the daemon" in said


def test_a_run_writes_the_same_page(small: SmallDistrict) -> None:
    (small.folder / "staff.yaml").write_text("nonsense")
    told(small, "staff.yaml", going_on=())
    small.run(now=NIGHT + timedelta(hours=13))
    made = walk((small.places.var / "small" / "reports" / "index.html").read_text()).text
    assert BROKEN_SINCE in " ".join(made.split())


def test_a_district_that_never_ran_has_a_page_too_and_no_store(tmp_path: Path) -> None:
    small = SmallDistrict(tmp_path).write(job=NIGHTLY)
    assert "Has not run yet" in page(small)
    assert not small.store_file.exists()


def test_a_district_that_was_never_good_has_no_page(tmp_path: Path) -> None:
    small = SmallDistrict(tmp_path).write(district="nonsense")
    assert rewritten("small", small.places, NIGHT) is None
    assert not (small.places.var / "small").exists()
