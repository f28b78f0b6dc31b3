"""What a run remembers of its input, against all that can make it untrue: each night is told with and without it, and ends alike."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from runner.run.outcome import Outcome
from runner.run.progress import NoProgress
from runner.run.saved import apply_saved, save_plan
from tests.run.small_district import DISTRICT, JOB, NIGHT, SmallDistrict, student

HOMEROOM = "homeroom: {column: HR, when_blank: clear}"
TYPE = '  skip_when: {any: [{column: Grade, in: ["${env:LEFT_OUT}"]}]}\n'
PUSH_OUT = "REPLACE INTO patron (site, barcode, district_id, last_name, first_name) VALUES ('NORTH', 'P2', '1002', 'Other', 'Name')"


@pytest.fixture(params=["on", "off"])
def fast(request: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("RUNNER_FAST_PATHS", request.param)
    return str(request.param)


@pytest.fixture
def small(tmp_path: Path, fast: str) -> SmallDistrict:
    district = SmallDistrict(tmp_path).write()
    district.export([student(number) for number in range(1, 9)])
    return district


def next_night(small: SmallDistrict, kind: str = "full", days: int = 1, accept_key: str | None = None) -> Outcome:
    return small.run(kind, now=NIGHT + timedelta(days=days), accept_key=accept_key)


def with_job(old: str, new: str) -> str:
    assert old in JOB
    return JOB.replace(old, new)


def test_a_variable_in_a_field_that_changed_is_seen_though_the_files_are_the_same(
    small: SmallDistrict, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.write(job=with_job(HOMEROOM, "homeroom: {value: '${env:ROOM}'}"))
    monkeypatch.setenv("ROOM", "one")
    small.run("full")
    monkeypatch.setenv("ROOM", "two")
    assert next_night(small).report.counts["updated"] == 8


def test_a_variable_in_a_rule_that_changed_is_seen(small: SmallDistrict, monkeypatch: pytest.MonkeyPatch) -> None:
    small.write(job=JOB + TYPE)
    monkeypatch.setenv("LEFT_OUT", "none")
    small.run("full")
    monkeypatch.setenv("LEFT_OUT", "09")
    assert next_night(small).report.counts["skipped"] == 8


def test_a_variable_in_the_district_that_changed_is_seen(small: SmallDistrict, monkeypatch: pytest.MonkeyPatch) -> None:
    small.write(district=DISTRICT.replace('aliases: ["017"]', 'aliases: ["${env:ALIAS}"]'))
    small.export([student(number, School="old") for number in range(1, 9)])
    monkeypatch.setenv("ALIAS", "old")
    small.run("full")
    monkeypatch.setenv("ALIAS", "new")
    assert next_night(small).report.counts["refused"] == 8


def test_a_saved_plan_is_refused_when_a_variable_changed(small: SmallDistrict, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    small.write(job=with_job(HOMEROOM, "homeroom: {value: '${env:ROOM}'}"))
    monkeypatch.setenv("ROOM", "one")
    small.run("full")
    monkeypatch.setenv("ROOM", "two")
    save_plan(small.plan(), tmp_path / "saved.plan")
    monkeypatch.setenv("ROOM", "three")
    with pytest.raises(Exception, match="a value that it refers to, changed since the plan was made"):
        apply_saved(tmp_path / "saved.plan", small.places, now=NIGHT, progress=NoProgress())


@pytest.mark.parametrize("edit", [PUSH_OUT, "UPDATE OR REPLACE patron SET district_id = '1002' WHERE district_id = '1003'"])
def test_whom_staff_push_out_of_the_store_is_not_taken_for_one_who_stayed(edit: str, small: SmallDistrict) -> None:
    small.run("full")
    small.edit(edit)
    counts = next_night(small).report.counts
    assert (counts["added"] + counts["updated"], counts["refused"]) == ((1, 0) if edit == PUSH_OUT else (2, 0))
    assert next_night(small, days=2).report.counts["unchanged"] == 8


@pytest.mark.parametrize("field", ["username: User", "barcode: Card"])
def test_a_key_that_another_patron_keeps_brings_both_rows_into_an_incremental(field: str, small: SmallDistrict) -> None:
    name, _, column = field.partition(": ")
    small.write(job=with_job(f"    {field}\n", f"    {name}: {{column: {column}, write: on_create}}\n"))
    small.run("full")
    small.export([student(1, **{column: student(2)[column]}), *(student(number) for number in range(2, 9))])
    next_night(small)
    small.edit("UPDATE patron SET homeroom = 'desk' WHERE district_id = '1002'")
    next_night(small, "incremental", days=2)
    assert small.rows("SELECT homeroom FROM patron WHERE district_id = '1002'") == [(student(2)["HR"],)]


def test_a_base_that_another_mapping_set_does_not_hide_behind_lines_of_before(small: SmallDistrict, tmp_path: Path) -> None:
    first = with_job("    username: User\n", "    nickname: {column: User, write: if_source_changed}\n")
    second = first.replace("write: if_source_changed", "write: if_source_changed, when_blank: clear")
    small.write(job=first)
    small.run("full")
    small.write(job=second)
    save_plan(small.plan("full"), tmp_path / "saved.plan")
    apply_saved(tmp_path / "saved.plan", small.places, now=NIGHT, progress=NoProgress())
    small.write(job=first)
    next_night(small)
    small.export([student(number, User="new") for number in range(1, 9)])
    assert next_night(small, days=2).report.counts["updated"] == 8


@pytest.mark.parametrize("mended", [2, 5])
def test_rows_with_unseen_characters_are_counted_every_night(mended: int, small: SmallDistrict) -> None:
    def last(number: int, *marked: int) -> str:
        return "La\u200bst" if number in marked else "Last"

    small.export([student(number, Last=last(number, 2, 5)) for number in range(1, 9)])
    small.run("full")
    small.export([student(number, Last=last(number, 7 - mended)) for number in range(1, 9)])
    texts = next_night(small).report.messages.filter(code="invisible-characters")["text"].to_list()
    assert len(texts) == 1
    assert "1 row" in texts[0]


def test_a_baseline_that_was_taken_away_by_hand_is_none(small: SmallDistrict) -> None:
    small.run("full")
    small.edit("UPDATE patron SET homeroom = 'desk' WHERE district_id = '1002'")
    small.edit("DELETE FROM job_set WHERE kind = 'baseline'")
    done = next_night(small, "incremental")
    assert "incremental-made-full" in done.report.messages["code"]
    assert done.report.counts["updated"] == 1
    next_night(small, days=2)
    assert next_night(small, "incremental", days=3).report.compared_as == "incremental"


def test_with_another_key_that_is_accepted_every_password_counts_as_changed(small: SmallDistrict) -> None:
    small.write(job=JOB + "    password: Last\n")
    small.run("full")
    small.places.for_district("small").key_file.write_bytes(b"k" * 32)
    assert next_night(small, accept_key="a new machine").report.counts["updated"] == 8


@pytest.mark.parametrize(("kind", "named"), [("full", "1008"), ("incremental", "1008")])
def test_a_note_on_the_last_line_names_its_patron(kind: str, named: str, small: SmallDistrict) -> None:
    small.run("full")
    path = small.folder / "exports" / "students.csv"
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    told = next_night(small, kind).report.messages.filter(code="no-final-line-end")
    assert told["patron"].to_list() == [named]
