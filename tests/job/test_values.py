"""What the good files say, as values: every default filled in, every key in its place."""

from __future__ import annotations

from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from runner.job.load import load_job, load_workspace
from runner.job.model import (
    AllOf,
    AnyOf,
    Boolean,
    Branch,
    Case,
    CirculationProperties,
    Column,
    Complete,
    Constant,
    DateFormat,
    DeleteInactive,
    DeleteWithTransactions,
    Directory,
    FieldMap,
    FirstOf,
    Format,
    Guards,
    Inactivate,
    Job,
    Limit,
    MapValues,
    PadLeft,
    PatronProperties,
    Regex,
    Replace,
    Scope,
    Sftp,
    Slice,
    StripLeading,
    Template,
    Trim,
    Truncate,
    When,
)
from runner.job.model import Test as RowTest

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Job]:
    root = tmp_path_factory.mktemp("jobs")
    (root / "springfield").mkdir()
    for file in (HERE / "good").glob("*.yaml"):
        (root / "springfield" / file.name).write_bytes(file.read_bytes())
    workspace = load_workspace(root, must_resolve=False)
    assert workspace.problems == ()
    return {job.name: job for job in workspace.jobs}


def field(job: Job, target: str) -> FieldMap:
    return next(each for each in job.properties.fields if each.target == target)


def test_a_district_has_its_lists_and_its_defaults(jobs: dict[str, Job]) -> None:
    district = jobs["students"].district
    assert district.key == "springfield"
    assert district.time_zone == ZoneInfo("America/Chicago")
    assert (district.store, district.statistical_year_starts_in, district.graduating_grades) == ("sqlite", 8, ("12",))
    assert [site.kind for site in district.sites] == ["library", "library", "media"]
    assert district.circulation == {"checkouts": "loaded", "fines": "loaded", "holds": "none"}
    assert district.guards == Guards({"delete": Limit(None, 5.0, 100)}, {})
    assert district.approvals_expire == timedelta(days=7)


def test_a_job_has_its_source_schedule_and_options(jobs: dict[str, Job]) -> None:
    job = jobs["students"]
    assert job.key == "springfield/students"
    assert isinstance(job.source.place, Directory)
    assert job.source.place.path == job.path.parent / "exports"
    assert job.source.format == Format("windows-1252", ",", True, 0)
    assert job.source.max_age == timedelta(days=3)
    assert job.schedule is not None
    assert job.schedule.at == time(2, 0)
    assert job.schedule.days == ("incremental",) * 5 + ("full",) * 2
    assert job.options.allow_delete_with_transactions


def test_removal_has_each_step(jobs: dict[str, Job]) -> None:
    removal = jobs["students"].removal
    assert removal is not None
    assert removal.scope == Scope(False, ("Student",), ("Patron",), ("student",))
    assert removal.inactivate == Inactivate(14, True, True)
    assert removal.delete_inactive == DeleteInactive(365, "no_checkouts_no_fines")
    assert removal.delete_with_transactions == DeleteWithTransactions(age=25)
    everything = jobs["everything"].removal
    assert everything is not None
    assert everything.scope == Scope(everyone=True)
    assert everything.delete_inactive == DeleteInactive(0, Decimal("5.00"))
    assert everything.when_records_read_over == 0


def test_an_sftp_source_has_its_login_and_its_defaults(jobs: dict[str, Job]) -> None:
    place = jobs["remote"].source.place
    assert isinstance(place, Sftp)
    assert (place.host, place.port, place.folder, place.username) == ("sis.example.org", 22, "/exports/springfield", "library")
    assert repr(place.password) == "Secret(***)"
    assert (place.timeout, place.deadline, place.retries) == (timedelta(seconds=20), timedelta(minutes=30), 3)
    other = jobs["everything"].source.place
    assert isinstance(other, Sftp)
    assert (other.host, other.port, other.folder) == ("2001:db8::7", 2222, ".")
    assert other.complete == Complete(sha256="{name}.sha256")
    assert other.key_file == jobs["everything"].path.parent / "keys" / "springfield"


def test_sources_of_a_value(jobs: dict[str, Job]) -> None:
    job = jobs["everything"]
    assert field(job, "site").source == Column("1")
    assert field(job, "barcode").source == Template(("P", Column("2"), "{x}"))
    assert field(job, "first_name").source == FirstOf(("4", "5"))
    assert field(job, "status").source == Constant("active")
    both = AllOf((RowTest("7", "not_in", ("12",)), AnyOf((RowTest("8", "matches", r"^\d+$"), RowTest("8", "blank")))))
    assert field(job, "grade_level").source == When((
        Branch(both, Template((Column("7"),))),
        Branch(RowTest("9", "before", "2026-08-01"), Constant("Senior")),
        Branch(None, Constant("")),
    ))  # fmt: skip


def test_steps_stand_in_the_order_written_with_trim_in_front(jobs: dict[str, Job]) -> None:
    job = jobs["everything"]
    assert field(job, "site").steps == (Trim(), MapValues({"17": Constant("north"), "018": Constant("SOUTH")}, None))
    assert field(job, "barcode").steps == (StripLeading("0"), PadLeft(7, "0"))
    assert field(job, "first_name").steps == (Trim(), Case("title"), Truncate(20))
    assert field(job, "nickname").steps == (Trim(), Replace("-", " "), Slice(-4, None))
    assert field(job, "teacher").steps == (Trim(), Boolean(("Y",), ("N",)))
    assert field(job, "username").steps == (Trim(), Regex(r"(?P<name>\w+)", "${name}$1"))
    assert field(jobs["students"], "birth_date").steps == (Trim(), DateFormat("%m/%d/%Y"))


def test_blanks_and_owners(jobs: dict[str, Job]) -> None:
    assert field(jobs["everything"], "nickname").when_blank == Constant("none")
    assert field(jobs["everything"], "username").write == "if_source_changed"
    assert field(jobs["students"], "homeroom").when_blank == "clear"
    assert field(jobs["students"], "last_name").when_blank == "keep"


def test_rules_on_rows(jobs: dict[str, Job]) -> None:
    properties = jobs["everything"].properties
    assert isinstance(properties, PatronProperties)
    assert properties.delete_when == RowTest("13", "equals", "D")
    assert properties.associate_when == RowTest("14", "after", "2026-01-31", "%d.%m.%Y")


def test_days_that_are_not_named_do_not_run(jobs: dict[str, Job]) -> None:
    schedule = jobs["everything"].schedule
    assert schedule is not None
    assert schedule.at == time(12, 30)
    assert schedule.days == ("full", None, None, None, None, None, None)


def test_a_schedule_without_days_is_full_every_day(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "district.yaml").write_bytes((HERE / "good" / "district.yaml").read_bytes())
    (tmp_path / "s" / "fines.yaml").write_text((HERE / "good" / "fines.yaml").read_text() + "schedule: {at: 01:00}\n")
    schedule = load_job(tmp_path, "s/fines").schedule
    assert schedule is not None
    assert schedule.days == ("full",) * 7


def test_a_circulation_job_has_its_table(jobs: dict[str, Job]) -> None:
    properties = jobs["fines"].properties
    assert isinstance(properties, CirculationProperties)
    assert (properties.table, properties.match_by) == ("fines", "district_id")
