"""Telling stories twice proves something only if it would notice: fast paths that are broken on purpose are found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from runner.store.session import Session
from tests.run.small_district import COLUMNS, DISTRICT, JOB, student
from tests.stories import facts
from tests.stories.compare import Difference, difference
from tests.stories.facts import Plan, Run, Say, Staff, Story, Wait, Write
from tests.stories.search import printed
from tests.stories.shrink import shrunk
from tests.stories.telling import story_of

EDIT = "UPDATE patron SET homeroom = 'desk' WHERE district_id = '1003'"
TONIGHT = Run("students", ("--full",))


def export(homeroom: str = "101") -> Write:
    rows = [student(number, HR=homeroom if number == 1 else "200") for number in range(1, 7)]
    lines = [",".join(COLUMNS), *(",".join(row[name] for name in COLUMNS) for row in rows)]
    return Write("exports/students.csv", ("\n".join(lines) + "\n").encode())


def nights(*deeds: facts.Deed) -> Story:
    """Two ordinary nights, and then `deeds`."""
    files = Write("district.yaml", DISTRICT.encode()), Write("students.yaml", JOB.encode())
    return Story(("students",), (*files, export(), TONIGHT, Wait("2026-10-16T07:00:00Z"), TONIGHT, *deeds))


@pytest.fixture
def told(tmp_path: Path) -> Callable[[Story], Difference | None]:
    """Tells stories, each in a folder of its own."""
    tellings: list[Story] = []

    def tell(story: Story) -> Difference | None:
        tellings.append(story)
        return difference(story, tmp_path / str(len(tellings)))

    return tell


def test_a_run_that_trusts_lines_whose_patrons_staff_edited_is_found(
    told: Callable[[Story], Difference | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def trusting(*given: Any) -> Callable[[pl.DataFrame], pl.Series]:
        return lambda lines: pl.repeat(True, lines.height, dtype=pl.Boolean, eager=True)

    story = nights(Staff((EDIT,)), TONIGHT)
    assert told(story) is None
    monkeypatch.setattr("runner.run.read_patrons._still_true", trusting)
    found = told(story)
    assert found is not None
    assert found.deed == TONIGHT
    assert {"answer", "changes.csv", "table patron", "table run"} <= set(found.parts)
    assert any("homeroom='desk'" in line for line in found.parts["table patron"] if line.startswith("+"))


def test_a_story_is_made_as_small_as_the_difference_allows() -> None:
    asides = Say(("patron", "1002")), Plan("students")
    story = replace(nights(*asides, Staff((EDIT, "DELETE FROM fine")), TONIGHT, *asides), limits={"one": 1, "two": 2})

    def differs(smaller: Story) -> bool:
        edited = [deed for deed in smaller.deeds if isinstance(deed, Staff) and EDIT in deed.edits]
        exported = [deed for deed in smaller.deeds if isinstance(deed, Write) and b"1001" in deed.content]
        return bool(edited and exported) and TONIGHT in smaller.deeds and smaller.limits["two"] == 2

    small = shrunk(story, differs)
    (line,) = [line for line in export().content.splitlines(keepends=True) if b"1001" in line]
    assert small.deeds == (Write("exports/students.csv", line), TONIGHT, Staff((EDIT,)))
    assert small.limits == {"two": 2}


def test_a_copy_of_the_columns_that_does_not_know_of_an_edit_is_found(
    told: Callable[[Story], Difference | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def forgetful(session: Session) -> pl.Series:
        return pl.Series("patron_id", [], dtype=pl.Int64)

    monkeypatch.setattr("runner.store.mirror._touched", forgetful)
    found = told(nights(Staff((EDIT,))))
    assert found is not None
    assert set(found.parts) == {"unsound"}
    assert any("only in the table" in line and "desk" in line for line in found.parts["unsound"])


def test_a_bug_on_both_sides_is_a_difference(told: Callable[[Story], Difference | None], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*given: Any, **named: Any) -> None:
        raise ZeroDivisionError

    story = nights()
    monkeypatch.setattr("runner.run.read_patrons.map_rows", fail)
    found = told(story)
    assert found is not None
    assert "bug" in found.parts


def test_a_seed_always_tells_the_same_story_and_a_short_one_is_the_beginning_of_the_whole() -> None:
    for seed in range(50):
        short, whole = story_of(seed, 3), story_of(seed)
        assert short.deeds == whole.deeds[: len(short.deeds)]
        assert (short.jobs, short.limits) == (whole.jobs, whole.limits)


def test_a_printed_story_is_the_python_that_makes_it_again() -> None:
    for seed in range(20):
        assert eval(printed(story_of(seed)), vars(facts).copy()) == story_of(seed)
