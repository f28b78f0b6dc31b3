"""`summary: all` names everybody by their key, also those whose lines an earlier run knew and this one did not read."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.run.small_district import JOB, SmallDistrict, student


@pytest.mark.parametrize("fast", ["on", "off"])
@pytest.mark.parametrize("match_by", ["district_id", "site_and_barcode"])
def test_an_unchanged_patron_is_named_in_the_order_of_the_file(
    fast: str, match_by: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNNER_FAST_PATHS", fast)
    job = JOB.replace("match_by: district_id", f"match_by: {match_by}") + "options: {summary: all}\n"
    small = SmallDistrict(tmp_path).write(job=job)
    small.export([student(number) for number in range(1, 5)])
    small.run("full")
    small.export([student(number, **({"HR": "new"} if number == 2 else {})) for number in range(1, 5)])
    run = small.run("full").report.run
    folder = tmp_path / "var" / "small" / "runs" / run
    with (folder / "changes.csv").open(encoding="utf-8-sig", newline="") as told:
        rows = [(row["line"], row["patron"], row["action"]) for row in csv.DictReader(told)]
    assert rows == [("3", "1002", "update"), ("2", "1001", "unchanged"), ("4", "1003", "unchanged"), ("5", "1004", "unchanged")]
    assert "1004, line 5" in (folder / "summary.txt").read_text(encoding="utf-8")
