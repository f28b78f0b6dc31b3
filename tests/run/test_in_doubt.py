"""In doubt the policy leaves a patron for another night: while its record is refused, and while another job holds a change of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from runner.run.outcome import Outcome
from tests.run.small_district import DISTRICT, NIGHT, OTHERS, SmallDistrict, leavers, student

pytestmark = pytest.mark.usefixtures("fast_paths")
DAY = timedelta(days=1)
LOOSE = "{delete: {number: 9}, inactivate: {number: 9}}"
SENIORS = leavers(delete="{graduated_seniors: true}", guards=LOOSE)
LONG_GONE = leavers(delete="{inactive: {days: 30, only_if: no_checkouts_no_fines}}", guards=LOOSE)


def here(district: SmallDistrict) -> list[str]:
    return [name for (name,) in district.rows("SELECT district_id FROM patron ORDER BY district_id")]


def kept(outcome: Outcome) -> list[tuple[str, str]]:
    """Whom the policy kept, and why."""
    return [(row["patron"], row["reason"]) for row in outcome.report.blocked.to_dicts()]


@pytest.fixture
def senior(tmp_path: Path) -> SmallDistrict:
    """A senior who graduates, among two others."""
    made = SmallDistrict(tmp_path).write(job=SENIORS)
    made.export([student(1, Grade="12", GradYear="2027"), student(2), student(3)])
    made.run()
    return made


def test_a_senior_whose_new_year_is_refused_is_not_deleted_by_the_old_one(senior: SmallDistrict) -> None:
    summer = NIGHT.replace(year=2027)
    repeats = student(1, Grade="12", GradYear="2028", Card="P2")
    senior.export([repeats, student(2), student(3)])
    run = senior.run(now=summer)
    assert here(senior) == ["1001", "1002", "1003"]
    assert kept(run) == [
        ("1001", "its record in the file was refused, so that old values alone say: grade 12, graduated 2027, no transactions")
    ]
    senior.export([repeats, student(2, Card="N2"), student(3)])
    assert senior.run(now=summer + DAY).report.counts["updated"] == 2
    assert here(senior) == ["1001", "1002", "1003"]


def test_who_comes_back_in_two_rows_that_quarrel_is_not_deleted_as_long_gone(tmp_path: Path) -> None:
    district = SmallDistrict(tmp_path).write(job=LONG_GONE)
    district.export([student(1), student(2), student(3)])
    district.run()
    district.export([student(2), student(3)])
    district.run(now=NIGHT + 15 * DAY)
    district.export([student(1), student(1, HR="other"), student(2), student(3)])
    district.run(now=NIGHT + 60 * DAY)
    district.export([student(1), student(2), student(3)])
    assert district.run(now=NIGHT + 61 * DAY).report.counts["reactivated"] == 1


def test_a_senior_whose_association_alone_is_refused_is_deleted(tmp_path: Path) -> None:
    media = "  - {short_name: MEDIA, name: Media, kind: media, default_patron_type: Student, default_access_level: Patron}\npatron_types"
    linked = SENIORS.replace("  fields:", "  associate_when: {column: First, equals: link}\n  fields:")
    district = SmallDistrict(tmp_path).write(job=linked, district=DISTRICT.replace("patron_types", media))
    one = student(1, Grade="12", GradYear="2027")
    rows = [one, {**one, "School": "MEDIA", "First": "link", "Card": "M1"}, student(2), student(3)]
    district.export(rows)
    district.run()
    night = district.run(now=NIGHT.replace(year=2027))
    assert (night.report.counts["refused"], night.report.counts["removed"]) == (1, 1)


def test_who_owes_a_little_and_whose_record_asks_for_the_deletion_is_still_judged_by_the_policy(tmp_path: Path) -> None:
    policy = leavers(delete="{inactive: {days: 30, only_if: {fines_below: 5.00}}}", guards=LOOSE)
    district = SmallDistrict(tmp_path).write(job=policy.replace("  fields:", "  delete_when: {column: HR, equals: out}\n  fields:"))
    district.export([student(1), student(2), student(3)])
    district.run()
    district.edit("INSERT INTO fine (patron_id, site, amount_cents) SELECT id, 'NORTH', 100 FROM patron WHERE district_id = '1001'")
    district.export([student(2), student(3)])
    district.run(now=NIGHT + 15 * DAY)
    district.export([student(1, HR="out"), student(2), student(3)])
    night = district.run(now=NIGHT + 60 * DAY)
    assert [each["code"] for each in night.document()["messages"]] == ["delete-has-transactions"]
    assert here(district) == ["1002", "1003"]


@pytest.fixture
def coming_back(tmp_path: Path) -> tuple[SmallDistrict, str]:
    """A district in which 1001 was inactivated, and the run of another job that holds its coming back 45 days later."""
    district = SmallDistrict(tmp_path).write(job=LONG_GONE).beside()
    (district.folder / "others.yaml").write_text(OTHERS + "guards: {reactivate: {number: 0}}\n")
    district.export([student(1), student(2), student(3)])
    district.run()
    district.export([student(2), student(3)])
    district.run(now=NIGHT + 15 * DAY)
    district.export([student(1)], name="others")
    return district, district.run(now=NIGHT + 60 * DAY, name="others").report.run


def test_of_whom_another_job_holds_a_change_is_left_alone_until_that_is_decided(coming_back: tuple[SmallDistrict, str]) -> None:
    district, run = coming_back
    night = district.run(now=NIGHT + 60 * DAY + timedelta(hours=1))
    assert [(who, why.split(",")[0]) for who, why in kept(night)] == [("1001", "another job holds a change of this patron")]
    assert district.approve(run, now=NIGHT + 61 * DAY).report.counts["reactivated"] == 1


def test_a_hold_that_has_expired_keeps_nobody(coming_back: tuple[SmallDistrict, str]) -> None:
    district, _ = coming_back
    district.run(now=NIGHT + 68 * DAY)
    assert here(district) == ["1002", "1003"]
