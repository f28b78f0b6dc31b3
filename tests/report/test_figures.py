"""Counts beside what is usual, both sums, charts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from runner.report.charts import segments, sparks
from runner.report.figures import OUTCOMES, figure_groups, sums
from tests.report.example import COUNTS, past, small_report


def figure(report, key):
    return next(each for group in figure_groups(report) for each in group.figures if each.key == key)


def test_the_usual_is_the_median_of_the_last_ten_finished_runs():
    history = [past(1, "failed", updated=9000), *(past(day, updated=day) for day in range(2, 20))]
    assert figure(replace(small_report(), history=history), "updated").usual == 6.5


def test_without_history_nothing_is_usual():
    assert figure(replace(small_report(), history=[]), "updated").usual is None


@pytest.mark.parametrize(
    ("value", "usual", "words"),
    [
        (100, 100, None),
        (125, 100, None),
        (130, 100, "30% more than usual"),
        (60, 100, "40% fewer than usual"),
        (0, 100, "none this time"),
        (5, 0, None),
        (6, 0, "6 more than usual"),
        (4000, 10, "3,990 more than usual"),
    ],
)
def test_a_deviation_is_named_when_it_is_worth_a_look(value, usual, words):
    report = replace(small_report(), counts={**COUNTS, "updated": value}, history=[past(day, updated=usual) for day in range(1, 5)])
    assert figure(report, "updated").differs == words


def test_two_earlier_runs_are_too_few_to_call_anything_unusual():
    report = replace(small_report(), counts={**COUNTS, "updated": 900}, history=[past(1), past(2)])
    assert figure(report, "updated").differs is None


def test_both_sums_of_the_small_report_hold():
    assert [each.holds for each in sums(COUNTS)] == [True, True]


def test_a_sum_that_does_not_hold_is_seen():
    assert [each.holds for each in sums({**COUNTS, "skipped": 2})] == [False, True]
    assert [each.holds for each in sums({**COUNTS, "held": 9})] == [True, False]


@given(st.lists(st.integers(0, 10**6), min_size=9, max_size=9), st.integers(0, 500), st.integers(0, 500))
def test_sums_hold_over_any_counts_that_add_up(outcomes, skipped, malformed):
    counts = dict(zip(OUTCOMES, outcomes, strict=True))
    records = sum(outcomes)
    made = sums({**counts, "records_read": records, "skipped": skipped, "malformed": malformed, "rows_read": records + skipped + malformed})
    assert [each.holds for each in made] == [True, True]


@given(st.lists(st.integers(0, 10**7), min_size=9, max_size=9))
def test_the_bar_fills_its_length_and_shows_every_outcome_that_is_there(outcomes):
    counts = dict(zip(OUTCOMES, outcomes, strict=True))
    parts = segments(counts)
    assert [part.key for part in parts] == [key for key in OUTCOMES if counts[key]]
    assert not parts or abs(sum(part.wide for part in parts) - 1000) < 0.1
    assert all(part.wide >= 4 for part in parts)


def test_sparks_end_with_this_run_and_need_two():
    assert sparks([], COUNTS) == ()
    records, made = sparks([past(1, records_read=20), past(2, records_read=5)], COUNTS)
    assert records.words == "Records judged over the last 3 runs: from 5 to 20, last 10"
    assert len(made.bars) == 3


def test_a_run_without_result_has_no_counts_and_no_deviations():
    failed = replace(
        small_report(), status="failed", counts=dict.fromkeys(COUNTS, 0), history=[past(day, updated=90) for day in range(1, 9)]
    )
    assert (figure(failed, "updated").value, figure(failed, "updated").usual, figure(failed, "updated").differs) == (None, 90, None)


def test_approvals_and_undos_are_no_nights_of_a_chart():
    nights = [past(1, records_read=20), replace(past(2, records_read=0), kind="approve"), past(3, records_read=10)]
    assert sparks(nights)[0].words == "Records judged over the last 2 runs: from 10 to 20, last 20"


@pytest.mark.parametrize(
    ("kind", "title", "rows"), [("undo", "What was looked at", "Changes looked at"), ("approve", "What waited", "Records that waited")]
)
def test_what_read_no_file_has_no_rows_of_a_file(kind: str, title: str, rows: str):
    first = figure_groups(replace(small_report(), kind=kind))[0]
    assert (first.title, first.figures[0].label) == (title, rows)
