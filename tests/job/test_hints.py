"""What `runner check` says to type instead, typed: it is right, and it is no trap."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.job.load import check_paths
from runner.problems import Problem

HERE = Path(__file__).parent
DISTRICT = (HERE / "good" / "district.yaml").read_text(encoding="utf-8")
JOB = """\
version: 1
kind: patrons
name: students
source: {type: directory, path: exports, file: students.csv}
properties:
  match_by: district_id
  fields:
    district_id: StudentID
    site: School
    barcode: Card
    last_name: Last
    first_name: First
"""


@pytest.fixture
def problems(tmp_path: Path):
    """The problems of a job text, or of a district text, in a district whose other file is good."""

    def check(job: str = JOB, district: str = DISTRICT) -> list[Problem]:
        folder = tmp_path / "springfield"
        folder.mkdir(exist_ok=True)
        (folder / "district.yaml").write_text(district, encoding="utf-8")
        (folder / "students.yaml").write_text(job, encoding="utf-8")
        return check_paths([folder])

    return check


def hints(found: list[Problem]) -> list[str | None]:
    return [problem.hint for problem in found]


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("homeroom: {HR}", 'write `homeroom: HR` for the column, or `homeroom: {template: "{HR}"}`'),
        ("homeroom: {column: {HR}}", "write `column: HR`"),
        ("homeroom: {template: {HR}}", 'put the whole value in quotes: "{HR}"'),
        ("homeroom: {{ HR }}", 'write the column\'s name without braces, or {template: "{NAME}"}'),
        ('homeroom: "{HR}"', 'write HR, or {template: "{HR}"}'),
        ('homeroom: {column: "{HR}"}', 'write HR, or {template: "{HR}"}'),
        (
            'homeroom: "R {HR}"',
            'for a text with columns in it write {template: "R {HR}"}; a column that is really called so is right as it stands',
        ),
    ],
)
def test_a_column_in_braces_is_to_be_written_without_them_or_as_a_template(problems, line: str, hint: str) -> None:
    assert hints(problems(JOB + f"    {line}\n")) == [hint]


@pytest.mark.parametrize(
    "line", ["homeroom: HR", 'homeroom: {template: "{HR}"}', 'homeroom: {column: HR, map: {A: "{HR}"}}', 'homeroom: "a}b{"']
)
def test_a_column_without_braces_and_a_template_with_them_are_right(problems, line: str) -> None:
    assert problems(JOB + f"    {line}\n") == []


def test_a_column_that_has_braces_in_the_header_is_warned_of_but_allowed(problems) -> None:
    assert [(problem.code, problem.severity) for problem in problems(JOB + '    homeroom: "{HR}"\n')] == [("braces-in-column", "warning")]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("  homeroom: HR\n", "`homeroom` belongs at properties.fields.homeroom"),
        ("  username: Login\n", "`username` belongs at properties.fields.username"),
        ("username: Login\n", "`username` belongs at source.username or properties.fields.username"),
        (
            'schedule: {at: "02:00", days: daily}\n',
            (
                "`days` belongs at removal.delete.inactive.days; known here: at, weekdays, weekends, monday, tuesday, wednesday, "
                "thursday, friday, saturday, sunday, on_missed, grace and so on"
            ),
        ),
        ("guards: {homeroom: {percent: 5}}\n", "`homeroom` belongs at guards.fields.homeroom"),
        ("time_zone: America/Chicago\n", "`time_zone` belongs in district.yaml"),
        ("sites: []\n", "`sites` belongs in district.yaml"),
        ("notify: {}\n", "`notify` belongs in district.yaml"),
        ("patron_types: []\n", "`patron_types` belongs in district.yaml"),
        ("email: {}\n", "`email` belongs in district.yaml, at notify.email"),
        ("options: {removal: {}}\n", "`removal` belongs at the top of the file, not under `options`"),
    ],
)
def test_a_key_in_the_wrong_place_of_a_job_is_sent_to_the_right_one(problems, text: str, hint: str) -> None:
    assert hint in hints(problems(JOB + text))


@pytest.mark.parametrize("key", ["kind", "properties", "description", "schedule"])
def test_a_key_of_a_job_in_the_district_file_is_sent_to_a_job_file(problems, key: str) -> None:
    assert hints(problems(district=f"{DISTRICT}{key}: x\n")) == [f"`{key}` belongs in a job file"]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('schedule: {at: "02:00", weekdays: true}\n', "write full, incremental or none"),
        ('schedule: {at: "02:00", monday: true}\n', "write full, incremental or none"),
        ("    homeroom: {column: HR, write: true}\n", "write always, on_create, if_empty or if_source_changed"),
        ("    homeroom: {column: HR, when_blank: true}\n", "write keep, clear or {default: Unknown}"),
    ],
)
def test_a_value_of_the_wrong_kind_where_few_words_fit_is_told_the_words(problems, text: str, word: str) -> None:
    assert hints(problems(JOB + text)) == [word]


def test_the_number_of_a_code_page_is_told_the_name_of_its_encoding(problems) -> None:
    job = JOB.replace("file: students.csv", "file: students.csv, format: {encoding: 1252}")
    assert hints(problems(job)) == ["did you mean windows-1252?"]


def test_the_number_of_a_month_is_told_the_months(problems) -> None:
    district = DISTRICT.replace("statistical_year_starts_in: August\n", "") + "statistical_year_starts_in: 8\n"
    (hint,) = hints(problems(district=district))
    assert hint is not None
    assert hint.startswith("write January, February")


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("surname", "last_name"), ("site_name", "site"), ("dob", "birth_date"), ("phone", "address_1_phone_1"), ("school", "site"),
        ("zip", "address_1_zip"), ("Grade", "grade_level"), ("usrname", "username"),
    ],
)  # fmt: skip
def test_a_field_by_another_name_is_the_one_that_people_mean_by_it(problems, name: str, field: str) -> None:
    job = JOB.replace("    site: School\n", "") if field == "site" else JOB
    assert f"did you mean {field}?" in hints(problems(job + f"    {name}: X\n"))


def test_a_mapping_of_one_key_that_has_none_is_told_which_there_are(problems) -> None:
    job = JOB + "options: {allow_delete_with_transactions: true}\nremoval: {scope: everyone, delete: {with_transactions: {}}}\n"
    assert hints(problems(job)) == ["write one of inactive_days, graduated_years or age, such as {inactive_days: 90}"]


def test_a_wait_that_is_longer_than_a_short_grace_is_not_told_to_be_three_hours(problems) -> None:
    schedule = 'schedule: {at: "02:00", grace: 1h, wait_for_file: 2h}\n'
    assert hints(problems(JOB + schedule)) == ["write a time between the two, or a longer `grace`"]
