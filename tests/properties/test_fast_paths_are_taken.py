"""Running tests with every fast path on proves something only where fast paths are taken: with the switch on they are, and off never."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from runner.intake import plain_text
from runner.intake.again import survey_again
from runner.intake.read import Surveyed
from runner.job.model import Job
from runner.mapping import patrons
from runner.plan import make
from runner.plan.outcomes import with_familiar
from runner.plan.reader import Reader
from runner.plan.snapshot import Among
from runner.run import read_patrons, remember
from runner.store import first_load, mirror, write_adds, write_journal
from tests.oracle import test_oracle, test_policy_oracle
from tests.plan import test_golden_plans
from tests.plan.looking import switch
from tests.policy import test_removal_properties
from tests.properties import test_undo_properties
from tests.run import test_golden_nights
from tests.stories import test_stories

EVERY = {"few patrons", "known lines", "lines kept", "copy", "adds", "first load"}


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each fast path was taken so far, all being forced on."""
    switch(monkeypatch, "on")
    found: Counter[str] = Counter()

    class Counted(Among):
        def __init__(self, reader: Reader, ids: pl.Series) -> None:
            found["few patrons"] += ids.len() < reader.patrons(["id"]).height
            super().__init__(reader, ids)

    def beside(outcomes: pl.DataFrame, familiar: pl.DataFrame | None, job: Job, reader: Reader) -> pl.DataFrame:
        found["known lines"] += familiar is not None and familiar.height > 0
        return with_familiar(outcomes, familiar, job, reader)

    def again(*given: Any, **named: Any) -> Surveyed:
        found["same file"] += 1
        return survey_again(*given, **named)

    monkeypatch.setattr(read_patrons, "survey_again", again)
    monkeypatch.setattr(make, "Among", Counted)
    monkeypatch.setattr(make, "with_familiar", beside)
    for name, module in (("lines kept", remember), ("copy", mirror), ("adds", write_adds), ("first load", first_load)):
        monkeypatch.setattr(module, "pays", _counted(found, name, module.pays))
    return found


def _counted(found: Counter[str], name: str, pays: Any) -> Any:
    def counted(rows: int, least: int) -> bool:
        answer: bool = pays(rows, least)
        found[name] += answer
        return answer

    return counted


def test_the_oracle_plans_among_few_patrons(taken: Counter[str]) -> None:
    test_oracle.test_the_planner_does_what_the_rules_page_says(0)
    assert set(+taken) == {"few patrons"}


def test_the_oracle_reads_files_beside_known_lines(taken: Counter[str], tmp_path: Path) -> None:
    test_oracle.test_rows_read_from_csv_text_are_planned_alike(tmp_path)
    assert set(+taken) == {"few patrons", "known lines", "lines kept", "same file"}


def test_the_oracle_of_removals_plans_among_few_patrons(taken: Counter[str]) -> None:
    test_policy_oracle.test_gates_guards_and_removals_of_a_night_are_what_the_rules_page_says(0)
    assert set(+taken) == {"few patrons"}


def test_nights_of_the_oracle_on_a_real_store_take_every_fast_path(taken: Counter[str], tmp_path: Path) -> None:
    test_policy_oracle.test_nights_on_a_real_store_remove_whom_the_rules_page_says(0, tmp_path)
    assert set(+taken) == EVERY


def test_properties_of_removals_are_tested_among_few_patrons(taken: Counter[str]) -> None:
    test_removal_properties.test_counts_add_up_and_each_patron_is_decided_on_once()
    assert set(+taken) == {"few patrons"}


def test_undo_is_tested_on_stores_that_fast_paths_wrote(taken: Counter[str], tmp_path: Path) -> None:
    test_undo_properties.test_a_night_undone_leaves_nothing_and_undone_twice_it_stands(tmp_path, 0)
    assert set(+taken) == EVERY


def test_golden_plans_are_made_among_few_patrons(taken: Counter[str]) -> None:
    for path in test_golden_plans.CASES[::8]:
        test_golden_plans.test_a_case_gives_the_plan_that_its_file_shows(path)
    assert set(+taken) == {"few patrons"}


def test_golden_nights_take_every_fast_path(taken: Counter[str], tmp_path: Path) -> None:
    test_golden_nights.test_a_case_tells_what_each_night_did(test_golden_nights.CASES[0], tmp_path)
    assert set(+taken) == EVERY


def test_stories_take_every_fast_path(taken: Counter[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    further = {"journal": write_journal, "plain text": plain_text, "repeating values": patrons}
    for name, module in further.items():
        monkeypatch.setattr(module, "pays", _counted(taken, name, vars(module)["pays"]))
    for seed in (3, 6):
        test_stories.test_a_story_is_the_same_with_every_fast_path_on_and_off(seed, tmp_path / str(seed))
    assert set(+taken) == EVERY | {"same file", *further}


def test_with_the_switch_off_none_is_taken(taken: Counter[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    switch(monkeypatch, "off")
    test_golden_nights.test_a_case_tells_what_each_night_did(test_golden_nights.CASES[0], tmp_path)
    test_oracle.test_rows_read_from_csv_text_are_planned_alike(tmp_path)
    assert not +taken
