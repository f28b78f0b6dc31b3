"""Every hostile file before the whole program: a coded outcome, an untouched store where the file is refused, and nobody lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from runner.errors import InvalidFiles
from tests.hostile.bench_town import TONIGHT, Town, copied, found
from tests.hostile.cases import HEAD, case, crowd, person, table
from tests.hostile.inputs import cases, expectations

ROOT = Path(__file__).parents[2]
CASES = cases()
EXPECTED = expectations()
TOMORROW = TONIGHT + timedelta(days=1)
USUAL = {"200001": "Active", "200002": "Active", "200003": "Active"}


@pytest.fixture(scope="session")
def usual_town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return found(tmp_path_factory.mktemp("usual") / "town")


@pytest.fixture
def town(usual_town: Town, tmp_path: Path) -> Town:
    return copied(usual_town, tmp_path / "town")


def expected_codes(name: str) -> dict[str, list[int] | None]:
    """Codes that the run must tell, each with its lines (None: a word on the file as a whole)."""
    expected = EXPECTED[name]
    codes: dict[str, list[int] | None] = dict.fromkeys(expected.notes)
    if expected.lines:
        codes["row-malformed"] = list(expected.lines)
    for part in expected.run_outcome.split():
        code, _, lines = part.partition("@")
        if code != "-":
            codes[code] = [int(line) for line in lines.split(",")] if lines else None
    return codes


def told_codes(messages: pl.DataFrame, wanted: dict[str, list[int] | None]) -> dict[str, list[int] | None]:
    """What a report tells, in the same form."""
    lines: dict[str, list[int]] = {}
    for code, line in messages.select("code", "line").rows():
        lines.setdefault(code, []).append(line)
    return {code: None if wanted.get(code, []) is None else sorted(set(at)) for code, at in lines.items()}


@pytest.mark.parametrize("name", CASES)
def test_the_whole_program_gives_the_expected_answer(name: str, town: Town) -> None:
    town.put(CASES[name])
    expected, before = EXPECTED[name], town.contents()
    if expected.run_outcome.startswith("job:"):
        with pytest.raises(InvalidFiles) as refused:
            town.run()
        assert [problem.code for problem in refused.value.problems] == [expected.run_outcome.removeprefix("job:")]  # type: ignore[attr-defined]
        assert town.contents() == before
        return
    outcome = town.run()
    counts = outcome.report.counts
    answer = expected.outcome
    if name == "fs/mode000.csv" and os.geteuid() != 0:
        answer = "refused source-denied"
    if answer.startswith("refused "):
        code = answer.removeprefix("refused ")
        assert outcome.error is not None
        assert (outcome.error.code, outcome.status, outcome.exit_code) == (code, "failed", 1)
        assert outcome.error.hint, "a refusal says what to do"
        assert outcome.report.messages["code"].to_list() == [code]
        assert town.contents() == before
        assert town.people() == USUAL
        return
    assert outcome.error is None
    wanted = expected_codes(name)
    assert told_codes(outcome.report.messages, wanted) == wanted
    assert counts["rows_read"] > 0, "never silently nothing"
    assert counts["rows_read"] == counts["skipped"] + counts["malformed"] + counts["records_read"]
    if counts["records_read"] == 0:
        assert (outcome.status, outcome.exit_code) == ("incomplete", 3)
        assert town.people() == USUAL
    assert set(town.people()) >= set(USUAL), "nobody is deleted in the first night"


def test_a_shrunk_file_inactivates_nobody(town: Town) -> None:
    town.put(case("usual", "", table(crowd(200))))
    assert town.run().status == "complete"
    before = town.contents()
    (town.root / "odd" / "patrons.csv").write_text(table(crowd(3)), encoding="utf-8")
    refused = town.run(now=TOMORROW)
    assert refused.error is not None
    assert refused.error.code == "file-shrunk"
    assert town.contents() == before


def test_a_file_with_other_keys_inactivates_nobody(town: Town) -> None:
    town.put(case("usual", "", table(crowd(40))))
    assert town.run().status == "complete"
    before = town.contents()
    (town.root / "odd" / "patrons.csv").write_text(table([HEAD, *(person(f"X-{n}") for n in range(40))]), encoding="utf-8")
    refused = town.run(now=TOMORROW)
    assert refused.error is not None
    assert refused.error.code == "file-reshaped"
    assert town.contents() == before


def test_the_neighbours_file_is_held_by_the_guard_on_inactivations(town: Town) -> None:
    town.put(case("usual", "", table(crowd(150))))
    assert town.run().status == "complete"
    (town.root / "odd" / "patrons.csv").write_text(table([HEAD, *(person(n) for n in range(900_001, 900_151))]), encoding="utf-8")
    held = town.run(now=TOMORROW)
    assert (held.status, held.exit_code) == ("held", 3)
    assert {each["action"] for each in held.report.held} == {"inactivate"}
    assert sum(status == "Active" for status in town.people().values()) >= 300


@pytest.mark.parametrize("name", [name for name, each in EXPECTED.items() if each.outcome.startswith("refused ")][::9])
def test_a_file_that_was_good_yesterday_and_is_refused_today_loses_nobody(name: str, town: Town) -> None:
    town.put(case("usual", "", table(crowd(40))))
    assert town.run().status == "complete"
    before = town.contents()
    (town.root / "odd").rename(town.root / "yesterday")
    town.put(CASES[name])
    refused = town.run(now=TONIGHT + timedelta(days=80))
    assert refused.status == "failed"
    assert town.contents() == before


@pytest.mark.parametrize(
    ("name", "code"),
    [("csv/not-gzip", 1), ("csv/quote-swallow-pair", 3), ("csv/val-html", 0), ("fs/star*.csv", 78), ("fs/fifo.csv", 1)],
)
def test_the_command_ends_with_a_known_code_and_without_a_traceback(name: str, code: int, town: Town) -> None:
    town.put(CASES[name])
    done = subprocess.run(
        [sys.executable, "-m", "runner.cli", "run", "oddtown/odd", "--json"],
        cwd=town.root,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "RUNNER_NOW": "2026-10-15T07:00:00Z", "POLARS_MAX_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert json.loads(done.stdout)["schema"] == 1
    assert not list((town.root / "var").rglob("traceback*"))
