"""Every hostile file gets its expected answer, in bounded time and memory, and opens nothing that it should not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from runner.job.codes import CHECK_CODES
from runner.messages import FILE_REFUSED, MESSAGES
from tests.hostile.inputs import cases, expectations, place
from tests.intake.reading import records_by_csv
from tests.patience import stretched

ROOT = Path(__file__).parents[2]
CASES = cases()
EXPECTED = expectations()
CODECS = {"windows-1252": "cp1252", "mac-roman": "mac_roman", "utf-16": "utf-16", "utf-8": "utf-8-sig"}
# What the names of situations are to us, where we agree with them.
AGREED = {
    "warn:MOJIBAKE": "mojibake-suspected",
    "warn:CONTROL": "invisible-characters",
    "warn:NO_FINAL_EOL": "no-final-line-end",
    "warn:MODE": "source-warning",
}

Answer = dict[str, Any]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Answer]:
    """The answers of all cases, from one process of their own."""
    folder = tmp_path_factory.mktemp("hostile")
    asked = []
    for number, (name, case) in enumerate(CASES.items()):
        (folder / str(number)).mkdir()
        where, file = place(case, folder / str(number))
        asked.append({"name": name, "folder": str(where), "file": file, "encoding": case.encoding, "wanted": case.wanted})
    (folder / "cases.json").write_text(json.dumps(asked), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "tests.hostile.answers", str(folder)],
        cwd=ROOT,
        env={**os.environ, "POLARS_MAX_THREADS": "2"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return {found["name"]: found for found in map(json.loads, done.stdout.splitlines())}


def test_every_case_has_its_expectation_and_every_expectation_its_case() -> None:
    assert set(CASES) == set(EXPECTED)


@pytest.mark.parametrize("name", CASES)
def test_the_answer_is_the_expected_one(answers: dict[str, Answer], name: str) -> None:
    expected, found = EXPECTED[name], answers[name]
    if name == "fs/mode000.csv" and os.geteuid() != 0:
        assert found["outcome"] == "refused source-denied"
        return
    assert (found["outcome"], tuple(found["lines"]), tuple(found["notes"])) == (expected.outcome, expected.lines, expected.notes)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.truth is not None])
def test_true_rows_come_out_exactly(answers: dict[str, Answer], name: str) -> None:
    truth = CASES[name].truth
    assert truth is not None
    assert [tuple(row) for row in answers[name]["rows"]] == list(truth)


def test_no_case_takes_two_seconds(answers: dict[str, Answer]) -> None:
    allowed = stretched(2)
    assert {name: found["seconds"] for name, found in answers.items() if found["seconds"] >= allowed} == {}


def test_all_cases_together_stay_under_300_mib(answers: dict[str, Answer]) -> None:
    assert max(found["peak_mib"] for found in answers.values()) < 300


def test_packed_files_are_refused_in_a_tenth_of_a_second_and_50_mib(answers: dict[str, Answer]) -> None:
    peaks = [0.0, *(found["peak_mib"] for found in answers.values())]
    grown = dict(zip(answers, (after - before for before, after in pairwise(peaks)), strict=True))
    packed = [name for name in list(answers)[1:] if "zip" in name or "gz" in name]  # the first case of all loads the libraries
    assert len(packed) >= 8
    assert max(answers[name]["seconds"] for name in packed) < stretched(0.1)
    assert max(grown[name] for name in packed) < 50


def test_nothing_behind_a_link_a_star_or_dots_is_opened(answers: dict[str, Answer]) -> None:
    never = {"/etc/passwd", "/dev/zero", "target.csv", "nowhere.csv", "star-decoy.csv", "real", ".."}
    opened = {path for found in answers.values() for path in found["opened"]}
    assert "symlink-good.csv" in opened  # tried, and refused by the kernel
    assert not {path for path in opened if path in never or Path(path).name in never or "://" in path}


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith("csv/") and EXPECTED[name].outcome == "accepted"])
def test_accepted_files_read_as_the_csv_module_reads_them(answers: dict[str, Answer], name: str) -> None:
    case = CASES[name]
    assert isinstance(case.content, bytes)
    text = case.content.decode(CODECS[case.encoding]).rstrip("\x1a")
    for line_end in ("\r\r\n", "\r\n", "\r"):
        text = text.replace(line_end, "\n")
    header, *records = [cells for _, cells in records_by_csv(text) if any(cell.strip() for cell in cells)]
    where = [header.index(column) for column in case.wanted]
    assert answers[name]["rows"] == [[cells[at] for at in where] for cells in records]


def test_every_code_that_is_expected_is_in_the_catalog() -> None:
    refused = {expected.outcome.removeprefix("refused ") for expected in EXPECTED.values() if expected.outcome.startswith("refused ")}
    told = {note for expected in EXPECTED.values() for note in expected.notes}
    later = {part.split("@")[0] for expected in EXPECTED.values() for part in expected.run_outcome.split() if part != "-"}
    by_check = {part.removeprefix("job:") for part in later if part.startswith("job:")}
    assert refused <= set(FILE_REFUSED)
    assert told | {part for part in later if not part.startswith("job:")} <= set(MESSAGES)
    assert by_check <= set(CHECK_CODES)


def test_every_answer_that_differs_from_its_situation_has_a_reason() -> None:
    assert [name for name, expected in EXPECTED.items() if not _agrees(name) and not expected.reason] == []


def _agrees(name: str) -> bool:
    expected = EXPECTED[name]
    kind, _, situation = expected.situation.partition(":")
    if kind == "refuse":
        return expected.outcome.startswith("refused ")
    if kind == "rows":
        return expected.outcome == "set aside" and situation in ("RAGGED", "QUOTE", "HEADER_AGAIN", "CONTROL")
    if kind == "warn":
        return AGREED.get(expected.situation) in expected.notes
    return expected.situation == "accept" and (expected.outcome, expected.notes) == ("accepted", ())
