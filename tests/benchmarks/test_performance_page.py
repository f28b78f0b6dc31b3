"""The page that `make bench` writes: what is on it, and what it says of itself."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.cases import CASES, SMALL, Results, restored
from benchmarks.contestants import DLT, DUCKDB, FLOOR, OURS
from benchmarks.growth_chart import growth_chart
from benchmarks.growth_page import FEW, FIRST, NIGHTLY, Size, growth_section, sizes_of
from benchmarks.measure import Broken, Measured
from benchmarks.nights_page import rounds_told
from benchmarks.page import drawings, page
from benchmarks.parts import Part, keep, kept, largest
from benchmarks.sections import districts_section, moves_section
from benchmarks.stages import Stage, read_stages, stage_table

MACHINE = {"processor": "P-8000", "cores": "2", "memory": "24 GiB", "runner": "0.1.0 (abc1234)"}
TOLD = """\
bench/patrons: reading
{"schema": 1, "status": "complete"}
  stage                 seconds  share  processor s  peak MB
  fetch                    0.05     3%         0.03       88
  start-up and between     1.09    65%         1.03    1,163
  all                      1.68   100%         1.41    1,163

"""


def part(name: str, data: object, runner: str = "0.1.0 (abc1234)") -> Part:
    return Part(name, "2026-11-22", {**MACHINE, "runner": runner}, data)


def nights() -> Part:
    rounds = {OURS: [[2.0, 3.0, 400], [4.0, 3.0, 400], [3.0, 3.0, 400]], FLOOR: [[1.0, 1.0, 500]] * 3, DUCKDB: [[6.0, 9.0, 600]] * 3}
    slow = {**rounds, DLT: [[20.0, 30.0, 900], None, None]}
    results = [{"case": case.name, "rows": 1000, "rounds": slow if not case.loaded else rounds} for case in CASES]
    stages = [{"name": "read", "seconds": 1.5, "share": 75, "cpu": 2.0, "peak": 300.0}]
    small = {"case": SMALL.name, "rows": 50, "rounds": rounds}
    helps = [[0.1, 0.1, 30], [0.4, 0.1, 30], [0.2, 0.1, 30]]
    return part("nights", {"size": 0.2, "results": results, "small": small, "help": helps, "stages": stages})


def growth(rows: int, seconds: float, few: float = 1.0, peak: int = 1_000_000_000) -> Part:
    rounds = {FIRST: [[seconds * 3, 0.0, peak]], NIGHTLY: [[seconds, 0.0, peak]], FEW: [[few, 0.0, peak]]}
    return part(f"growth-{rows}", {"rows": rows, "rounds": rounds})


def sizes(*parts: Part) -> list[Size]:
    return sizes_of({each.name: each for each in parts})


def test_stages_are_read_from_all_that_a_run_says() -> None:
    assert read_stages(TOLD) == [
        Stage("fetch", 0.05, 3, 0.03, 88.0),
        Stage("start-up and between", 1.09, 65, 1.03, 1163.0),
        Stage("all", 1.68, 100, 1.41, 1163.0),
    ]


def test_a_run_without_stages_is_broken() -> None:
    with pytest.raises(Broken, match="told no stages"):
        read_stages('{"schema": 1}\n')


def test_a_stage_has_a_line_with_what_it_does() -> None:
    assert "| apply | one transaction: patrons and journal | 1.50 | 75% | 2.00 | 1,300 MB |" in stage_table(
        [Stage("apply", 1.5, 75, 2, 1300)]
    )


def test_the_help_has_its_bar_where_it_was_measured() -> None:
    measured = nights()
    assert "| `runner --help` | 0.3 s | 0.20 s | met |" in page({"nights": measured})
    del measured.data["help"]
    assert "--help" not in page({"nights": measured})


def test_the_page_says_how_many_rounds_each_had() -> None:
    told = page({"nights": nights()})
    assert "Times are medians of 3 rounds; of the slow ones (dlt merge) of 1 round." in told
    assert "| first load | dlt merge | 1 | 20.00 | 30.00 |" in told
    assert "| first load | **runner** | 3 | 3.00 | 3.00 |" in told


def test_without_slow_ones_nobody_had_fewer_rounds() -> None:
    assert rounds_told([Results(CASES[0], 10, {OURS: [Measured(1, 1, 1)] * 5})]) == "Times are medians of 5 rounds."


def test_what_was_not_measured_here_has_no_section() -> None:
    told = page({"nights": nights()})
    assert re.findall(r"^## .*", told, re.MULTILINE) == [
        "## Against the others",
        "## Against the bar",
        "## Where the time of a night goes",
        "## Where it was measured",
    ]
    assert set(drawings({"nights": nights()})) == {"performance.svg"}


def test_each_part_says_when_and_of_which_commit_it_was_measured() -> None:
    old = part("growth-10000", growth(10_000, 1.0).data, runner="0.1.0 (old5678)")
    told = page({"nights": nights(), old.name: old})
    assert "of one session: 2026-11-22, 0.1.0 (abc1234)" in told
    assert re.search(r"\| 10,000 \|.*\| 2026-11-22, 0\.1\.0 \(old5678\) \|", told)


def test_ten_times_the_rows_are_held_against_their_bar() -> None:
    told = growth_section(sizes(growth(1_000_000, 4.0), growth(10_000_000, 48.0, few=1.05, peak=5_000_000_000)))
    assert "| nightly full, 1% changed, 10,000,000 | 11 x the time of 1,000,000 | 12.00 x | missed |" in told
    assert "| peak memory, 10,000,000 | under 6 GB | 5.00 GB | met |" in told
    assert "| the same 10,000 rows, store of 10,000,000 | as with 1,000,000 (within a tenth) | 1.05 x | met |" in told
    assert "| 1,000,000 to 10,000,000 | 12.00 x | 12.00 x |  | 1.20 x | 1.20 x | 1.05 x |" in told


def test_a_bar_that_nobody_measured_is_open() -> None:
    told = growth_section(sizes(growth(100_000, 1.0), growth(10_000, 0.5)))
    assert "their bar is open" in told
    assert "met" not in told.split("their bar")[0].split("|---|")[-1]


def test_a_row_of_a_larger_file_is_told_in_microseconds() -> None:
    assert "| 1,000,000 | 12.00 s | 12.00 µs | 1,000 MB | 4.00 s | 4.00 µs |" in growth_section(sizes(growth(1_000_000, 4.0)))


def test_the_chart_of_growth_has_a_line_of_each_measured_kind_in_both_panels() -> None:
    drawn = growth_chart(sizes(growth(10_000, 0.5), growth(100_000, 1.0), growth(1_000_000, 4.0)))
    root = ElementTree.fromstring(drawn)
    paths = [str(each.get("class")) for each in root.iter("{http://www.w3.org/2000/svg}path")]
    assert sorted(paths) == sorted(["load", "night"] * 2 + ["load", "night", "other"])  # the last three are the legend
    assert "prefers-color-scheme:dark" in drawn


def test_ten_times_the_rows_at_ten_times_the_seconds_is_a_straight_line() -> None:
    drawn = growth_chart(sizes(growth(10_000, 0.1), growth(100_000, 1.0), growth(1_000_000, 10.0)))
    (x1, y1), (x2, y2), (x3, y3) = (tuple(map(float, at.split())) for at in re.findall(r'd="M([^"]*)" class="night"', drawn)[0].split("L"))
    assert (y2 - y1) / (x2 - x1) == pytest.approx((y3 - y2) / (x3 - x2), rel=0.01)


def test_one_size_alone_can_be_drawn() -> None:
    assert "NaN" not in growth_chart(sizes(growth(10_000, 1.0, peak=100_000_000)))


def test_districts_one_after_the_other_have_a_bar() -> None:
    passes = [{"at_once": 1, "seconds": 50.0, "cpu": 60.0, "peak": 2e8}, {"at_once": 2, "seconds": 70.0, "cpu": 60.0, "peak": 2e8}]
    told = districts_section(part("districts-100-10000", {"districts": 100, "patrons": 10_000, "people": 1_000_000, "nights": passes}))
    assert "| 1 | 50.0 | 0.50 s | 60.0 | 200 MB | under 60 s | met |" in told
    assert "| 2 | 70.0 | 0.70 s | 60.0 | 200 MB |  |  |" in told


def test_moves_are_measured_against_the_plain_field_of_their_round() -> None:
    rounds = {"a field": [[1.0, 1.0, 5e8], [2.0, 1.0, 5e8]], "a school": [[3.0, 1.0, 5e8], [3.0, 1.0, 5e8]]}
    told = moves_section(part("moves-10", {"rows": 10, "plain": "a field", "rounds": rounds}))
    assert "| a school | 2 | 3.00 | 500 MB | 2.25 x | 2 x | missed |" in told


def test_the_page_shows_the_largest_and_not_the_last_trial() -> None:
    small, large = part("moves-10", {"rows": 10}), part("moves-1000", {"rows": 1000})
    assert largest({each.name: each for each in (large, small)}, "moves", "rows") is large
    assert largest({}, "moves", "rows") is None


def test_what_was_kept_comes_back(tmp_path: Path) -> None:
    keep("growth-10", {"rows": 10}, folder=tmp_path, began=MACHINE)
    assert kept(tmp_path, MACHINE)["growth-10"].data == {"rows": 10}


def test_a_commit_in_the_midst_of_a_measurement_is_told(tmp_path: Path) -> None:
    part = keep("growth-10", {}, folder=tmp_path, began=MACHINE)
    assert part.machine["runner"].startswith("0.1.0 (abc1234) to ")


def test_another_machine_has_no_part_in_this_ones_page(tmp_path: Path) -> None:
    keep("growth-10", {}, folder=tmp_path, began=MACHINE)
    assert kept(tmp_path, {**MACHINE, "cores": "64"}) == {}


def test_results_survive_being_kept() -> None:
    results = Results(CASES[1], 10, {OURS: [Measured(1.5, 2.0, 3)], DLT: [None]})
    again = restored({**results.plain(), "rounds": {OURS: [[1.5, 2.0, 3]], DLT: [None]}})
    assert again == results
