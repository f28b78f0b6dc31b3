"""What is kept and for how long: folders by number, journal and archives by age; never what somebody still needs."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from runner.errors import RunnerError
from runner.run import retention
from tests.run.small_district import DISTRICT, JOB, NIGHT, SmallDistrict, student

KEEP_TWO = JOB + "options: {keep_runs: 2}\n"
CAREFUL = KEEP_TWO + "guards: {update: {number: 1}}\n"
LEAVERS = JOB + "removal: {when_records_read_over: 0, scope: everyone, delete: {graduated_seniors: true}}\nguards: {delete: {number: 9}}\n"
JOURNAL = ("change", "change_value", "patron_before", "association_before", "patron_archive", "checkout_archive")


def nights(district: SmallDistrict, count: int, first: int = 0) -> list[str]:
    return [district.run(now=NIGHT + timedelta(days=first + night)).report.run for night in range(count)]


def folders(district: SmallDistrict) -> list[str]:
    return sorted(path.name for path in (district.root / "var" / "small" / "runs").iterdir())


def rows(district: SmallDistrict) -> int:
    counted = " + ".join(f"(SELECT count(*) FROM {table})" for table in JOURNAL)
    found: int = district.rows(f"SELECT {counted}")[0][0]
    return found


def test_the_newest_folders_of_a_job_are_kept(tmp_path: Path) -> None:
    district = SmallDistrict(tmp_path).write(job=KEEP_TWO)
    district.export([student(1)])
    runs = nights(district, 4)
    assert folders(district) == sorted(runs[2:])
    assert district.rows("SELECT count(*) FROM run") == [(4,)]


def test_copies_of_the_store_from_before_an_upgrade_go_after_history_days(tmp_path: Path) -> None:
    """They hold whatever the store held then, people who left long ago among it."""
    district = SmallDistrict(tmp_path).write(district=DISTRICT + "history_days: 30\n")
    district.export([student(1)])
    district.run()
    made = {days: f"patrons.db.layout-2.{NIGHT - timedelta(days=days):%Y%m%dT%H%M%SZ}.bak" for days in (10, 40)}
    others = ("patrons.db.mine.bak", "patrons.db.layout-2.old.bak")
    for name in (*made.values(), *others):
        district.store_file.with_name(name).touch()
    nights(district, 1)
    assert {path.name for path in district.store_file.parent.glob("*.bak")} == {made[10], *others}


def test_while_a_file_is_broken_no_folder_of_its_job_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "Options", lambda: SimpleNamespace(keep_runs=1))
    district = SmallDistrict(tmp_path).write(job=KEEP_TWO)
    district.export([student(1)])
    staff, text = district.folder / "staff.yaml", KEEP_TWO.replace("name: students", "name: staff")
    staff.write_text(text)
    older, newer = [district.run(now=NIGHT + timedelta(days=night), name="staff").report.run for night in range(2)]
    staff.write_text(text + "oops: [")
    nights(district, 1, first=2)
    assert {older, newer} <= set(folders(district))
    staff.unlink()
    nights(district, 1, first=3)
    assert newer in folders(district)
    assert older not in folders(district)


def test_of_a_job_that_is_gone_nothing_stays_longer_than_history_days(tmp_path: Path) -> None:
    district = SmallDistrict(tmp_path).write(job=CAREFUL, district=DISTRICT + "history_days: 30\n").beside()
    for name in ("students", "others"):
        district.export([student(1), student(2)], name=name)
    other = district.run(name="others").report.run
    mine = nights(district, 1)
    (district.folder / "others.yaml").unlink()
    mine += nights(district, 1, first=29)
    assert folders(district) == sorted([*mine, other])
    mine += nights(district, 1, first=31)
    assert folders(district) == sorted(mine[1:])


def test_the_newest_good_run_is_kept_however_many_fail(tmp_path: Path) -> None:
    district = SmallDistrict(tmp_path).write(job=KEEP_TWO)
    district.export([student(1)])
    good = nights(district, 1)
    district.export([])
    failed = nights(district, 3, first=1)
    assert folders(district) == sorted([*good, *failed[1:]])


def test_a_held_run_keeps_its_folder_and_can_be_approved(tmp_path: Path) -> None:
    district = SmallDistrict(tmp_path).write(job=CAREFUL)
    district.export([student(1), student(2)])
    nights(district, 1)
    district.export([student(1, HR="1"), student(2, HR="2")])
    (held,) = nights(district, 1, first=1)
    district.export([])
    nights(district, 3, first=2)
    assert held in folders(district)
    assert district.approve(held, now=NIGHT + timedelta(days=5)).document()["counts"]["updated"] == 2


def test_journal_and_archives_go_after_history_days_and_undo_ends(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    district = SmallDistrict(tmp_path).write(job=LEAVERS, district=DISTRICT + "history_days: 30\n")
    district.export([student(1), student(2, Grade="12", GradYear="2027")])
    nights(district, 1)
    district.export([student(1, HR="Canary"), student(2, Grade="12", GradYear="2027")])
    summer = NIGHT.replace(year=2027)
    run = district.run(now=summer).report.run
    assert rows(district) > 0
    with caplog.at_level(logging.INFO, logger="runner"):
        district.run(now=summer + timedelta(days=32))
    assert rows(district) == 0
    assert [record.getMessage() for record in caplog.records if "removed" in record.getMessage()] == [
        "removed 0 folders of old runs, 6 rows of the journal and the archives, 0 archived inputs"
    ]
    assert "Canary" not in caplog.text
    with pytest.raises(RunnerError, match="purged"):
        district.undo(run, now=summer + timedelta(days=32))
    assert district.rows("SELECT count(*) FROM run") == [(3,)]


def test_a_younger_run_can_still_be_undone_after_an_older_one_was_purged(tmp_path: Path) -> None:
    district = SmallDistrict(tmp_path).write(district=DISTRICT + "history_days: 30\n")
    district.export([student(1)])
    nights(district, 1)
    district.export([student(1, HR="9")])
    (run,) = nights(district, 1, first=20)
    nights(district, 1, first=40)
    district.undo(run, now=NIGHT + timedelta(days=41))
    assert district.rows("SELECT homeroom FROM patron") == [("101",)]
