"""The last inputs of a job: the columns that it names, without passwords, private, and no more than asked for."""

from __future__ import annotations

import csv
import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from runner.cli.main import runner
from runner.run.progress import NoProgress
from runner.run.saved import apply_saved, save_plan
from tests.run.small_district import COLUMNS, DISTRICT, JOB, NIGHT, SmallDistrict, student


@pytest.fixture
def small(tmp_path: Path) -> SmallDistrict:
    district = SmallDistrict(tmp_path).write()
    district.export([student(1)])
    return district


def keeping(number: int, fields: str = "") -> str:
    return JOB.replace("file: students.csv", f"file: students.csv, archive: {number}") + fields


def kept(small: SmallDistrict) -> list[Path]:
    return sorted((small.places.var / "small" / "archive" / "students").glob("*"))


def rows(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


def test_only_the_columns_that_the_job_names_are_kept_and_no_password(small: SmallDistrict) -> None:
    small.write(job=keeping(2, "    password: Secret\n"))
    small.export([student(1, Secret="hunter2", SSN="555-1")], [*COLUMNS, "Secret", "SSN"])
    assert small.run().status == "complete"
    (archived,) = kept(small)
    assert set(rows(archived)[0]) == set(COLUMNS)
    assert b"hunter2" not in archived.read_bytes()
    assert archived.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "asking",
    [
        '  skip_when: {any: [{column: Secret, in: [""]}]}\n',
        "  delete_when: {any: [{column: Secret, in: [leaver]}]}\n",
        "    user_defined_1: {when: [{if: {column: Secret, in: [new]}, then: asked}, {else: none}]}\n",
    ],
    ids=["skip_when", "delete_when", "when"],
)
def test_a_password_is_not_kept_where_a_rule_asks_for_it(asking: str, small: SmallDistrict) -> None:
    small.write(job=keeping(2, "    password: Secret\n" + asking))
    small.export([student(1, Secret="hunter2")], [*COLUMNS, "Secret"])
    assert small.run().status == "complete"
    (archived,) = kept(small)
    assert set(rows(archived)[0]) == set(COLUMNS)


def test_no_more_than_the_last_inputs_asked_for_are_kept(small: SmallDistrict) -> None:
    small.write(job=keeping(2))
    for number in range(3):
        small.export([student(number)])
        small.run(now=NIGHT + timedelta(hours=number), accept_input="test")
    assert [rows(path)[1][0] for path in kept(small)] == ["1001", "1002"]


def test_the_input_of_a_saved_plan_is_kept_when_it_is_applied(small: SmallDistrict, tmp_path: Path) -> None:
    small.write(job=keeping(2))
    save_plan(small.plan(), tmp_path / "night.plan")
    assert kept(small) == []
    applied = apply_saved(tmp_path / "night.plan", small.places, now=NIGHT, progress=NoProgress())
    assert applied.status == "complete"
    assert [path.stem for path in kept(small)] == [applied.report.run]


def test_nothing_is_kept_unless_asked_for_and_what_was_kept_goes(small: SmallDistrict) -> None:
    small.write(job=keeping(1)).run()
    assert len(kept(small)) == 1
    small.write(job=keeping(0)).run(now=NIGHT + timedelta(hours=1))
    assert kept(small) == []


def test_inputs_go_after_history_days_however_many_are_to_be_kept(small: SmallDistrict) -> None:
    small.write(job=keeping(9), district=DISTRICT + "history_days: 30\n")
    runs = [small.run(now=NIGHT + timedelta(days=day)).report.run for day in (0, 20, 40)]
    assert [path.stem for path in kept(small)] == runs[1:]


def test_pruning_by_hand_counts_the_inputs_that_went_and_clears_what_a_killed_run_left(small: SmallDistrict) -> None:
    small.write(job=keeping(9))
    for day in (0, 1, 50):
        small.run(now=NIGHT + timedelta(days=day))
    gone = small.places.var / "small" / "archive" / "a-job-that-was"
    gone.mkdir(mode=0o700)
    (gone / "20200101T020000Z-small-gone-abcd.csv").touch()
    (gone / "20261204T020000Z-small-gone-abcd.part").touch()
    (gone / "a file of somebody's own.csv").touch()
    (small.folder / "district.yaml").write_text(DISTRICT + "history_days: 30\n")
    words = ["--jobs", str(small.places.jobs), "--var", str(small.places.var), "runs", "prune"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUNNER_NOW", (NIGHT + timedelta(days=60)).isoformat())
        said = CliRunner().invoke(runner, words, catch_exceptions=False)
        again = CliRunner().invoke(runner, [*words, "--json"], catch_exceptions=False)
    assert said.stdout.strip().endswith("3 archived inputs")
    assert json.loads(again.stdout)["districts"]["small"]["inputs"] == 0
    assert len(kept(small)) == 1
    assert [path.name for path in gone.iterdir()] == ["a file of somebody's own.csv"]


def test_a_run_that_fails_archives_nothing(small: SmallDistrict) -> None:
    small.write(job=keeping(1)).export([])
    assert small.run().status == "failed"
    assert kept(small) == []


def test_an_archive_that_cannot_be_written_does_not_undo_the_run(small: SmallDistrict, caplog: pytest.LogCaptureFixture) -> None:
    small.write(job=keeping(1))
    (small.places.var / "small" / "archive").mkdir(parents=True)
    (small.places.var / "small" / "archive" / "students").write_text("in the way")
    assert small.run().status == "complete"
    assert "could not be archived" in caplog.text


def test_inputs_of_a_night_whose_clock_was_wrong_do_not_keep_the_new_ones_out(small: SmallDistrict) -> None:
    small.write(job=keeping(2))
    small.run(now=NIGHT.replace(year=2036))
    runs = [small.run(now=NIGHT + timedelta(days=day)).report.run for day in (0, 1, 2)]
    assert [path.stem for path in kept(small)] == runs[1:]


@pytest.mark.parametrize("words", [["runs", "prune"], ["undo", "RUN"], ["run", "small/students"]], ids=lambda words: words[0])
def test_what_a_killed_command_left_of_its_input_goes_with_the_next_command(small: SmallDistrict, words: list[str]) -> None:
    run = small.run().report.run
    left = small.places.var / "small" / "work" / "run-of-a-killed-process"
    left.mkdir(mode=0o700, parents=True)
    (left / "input.raw").write_text("SSN\n555-1\n")
    typed = [word.replace("RUN", run) for word in words]
    CliRunner().invoke(runner, ["--jobs", str(small.places.jobs), "--var", str(small.places.var), *typed], catch_exceptions=False)
    assert not left.exists()


@pytest.mark.parametrize("linked", ["archive", "archive/students"])
def test_what_a_link_leads_to_is_neither_written_nor_removed(linked: str, small: SmallDistrict, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "students").mkdir(parents=True)
    for folder in (elsewhere, elsewhere / "students"):
        (folder / "20200101T000000Z-small-students-0000.csv").touch()
        (folder / "half.part").touch()
    before = sorted(elsewhere.rglob("*"))
    link = small.places.var / "small" / linked
    link.parent.mkdir(parents=True)
    link.symlink_to(elsewhere)
    small.write(job=keeping(1))
    assert small.run().status == "complete"
    assert sorted(elsewhere.rglob("*")) == before
