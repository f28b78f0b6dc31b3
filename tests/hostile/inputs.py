"""All hostile inputs by name, and what is expected of each (expected.csv).

    outcome      what source and intake answer: `accepted`; `set aside`: some rows were, the others go on; `refused CODE`
    lines        the physical lines of the rows set aside
    notes        codes of the notes and warnings on the file as a whole
    run_outcome  what the whole program answers of a first load by district id, without a birth date unless the case has one: codes
                 of docs/domain.md section 9, each with its lines where it is about rows; `-` where it adds nothing to `outcome`;
                 `job:CODE` where no job file may name such a place, so that `check` answers before anything is opened
    situation    the usual name of the situation, and what a reader without our rules would be asked to do
    reason       why our answer is another than the situation's

Cases need no network and no rights, and are made anew for each test.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.hostile.cases import Case
from tests.hostile.disguise_cases import disguise_cases
from tests.hostile.encoding_cases import encoding_cases
from tests.hostile.place_cases import place_cases
from tests.hostile.structure_cases import structure_cases
from tests.hostile.value_cases import value_cases


@dataclass(frozen=True)
class Expected:
    """One line of expected.csv."""

    outcome: str
    lines: tuple[int, ...]
    notes: tuple[str, ...]
    run_outcome: str
    situation: str
    reason: str


def cases() -> dict[str, Case]:
    """All cases by name."""
    return {case.name: case for case in _all()}


def expectations() -> dict[str, Expected]:
    """What is expected, by the case's name."""
    with (Path(__file__).parent / "expected.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["case"]: Expected(
                outcome=row["outcome"],
                lines=tuple(int(line) for line in row["lines"].split()),
                notes=tuple(row["notes"].split()),
                run_outcome=row["run_outcome"],
                situation=row["situation"],
                reason=row["reason"],
            )
            for row in csv.DictReader(file)
        }


def place(case: Case, folder: Path) -> tuple[Path, str]:
    """Makes the case in an empty folder; gives the folder and the file that a job would name."""
    if isinstance(case.content, bytes):
        (folder / case.file).write_bytes(case.content)
        return folder, case.file
    path = folder / case.file
    case.content(path)
    return path.parent, path.name


def _all() -> Iterator[Case]:
    yield from encoding_cases()
    yield from structure_cases()
    yield from value_cases()
    yield from disguise_cases()
    yield from place_cases()
