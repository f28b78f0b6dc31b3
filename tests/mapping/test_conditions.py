"""Conditions on source columns, and the rules that a job makes of them."""

from __future__ import annotations

import pytest

from runner.job.model import AllOf, AnyOf
from runner.job.model import Test as Ask  # pytest collects what is called Test

HOLDS = [
    # condition on X, cells for which it holds, cells for which it does not
    (Ask("X", "in", ("W", "G")), ["W", " G "], ["w", "", "WG"]),
    (Ask("X", "in", ("W", "")), ["W", "", "  "], ["N/A"]),
    (Ask("X", "not_in", ("W", "G")), ["A", "", "w"], ["W"]),
    (Ask("X", "equals", "W"), ["W"], ["w", ""]),
    (Ask("X", "equals", "N/A"), ["N/A"], [""]),
    (Ask("X", "equals", "\u00c9lan"), ["\u00c9lan", "E\u0301lan"], ["Elan", "\u00e9lan"]),
    (Ask("X", "in", ("a", "E\u0301lan")), ["\u00c9lan", "E\u0301lan", "a"], ["Elan"]),
    (Ask("X", "matches", "^W[0-9]*$"), ["W", "W12"], ["XW", "w"]),
    (Ask("X", "blank"), ["", " \u00a0", "N/A"], ["a"]),
    (Ask("X", "not_blank"), ["a"], ["", " ", "N/A"]),
    (Ask("X", "before", "2026-09-01", "%m/%d/%Y"), ["08/31/2026"], ["09/01/2026", "soon", "", "13/01/2020"]),
    (Ask("X", "after", "2026-09-01", "%m/%d/%Y"), ["09/02/2026"], ["09/01/2026", "soon", ""]),
    (AnyOf((Ask("X", "equals", "a"), Ask("X", "equals", "b"))), ["a", "b"], ["c"]),
    (AllOf((Ask("X", "matches", "a"), AnyOf((Ask("X", "matches", "b"), Ask("X", "matches", "c"))))), ["ab", "ca"], ["bc", "a"]),
]


@pytest.mark.parametrize(("condition", "yes", "no"), HOLDS, ids=lambda given: ascii(given)[:40])
def test_a_condition_holds(mapped, condition, yes, no):
    frame = mapped({"X": [*yes, *no]}, delete_when=condition, null_tokens=("N/A",)).frame
    assert frame.get_column("delete_asked").to_list() == [True] * len(yes) + [False] * len(no)


def test_rows_that_the_job_skips_are_counted_and_left_out(mapped, field):
    records = mapped({"X": ["W", "A", "W"]}, field("homeroom", "X"), skip_when=Ask("X", "in", ("W",)))
    assert records.frame.get_column("line").to_list() == [3]
    assert (records.rows_read, records.skipped, records.malformed) == (3, 2, 0)


def test_a_skipped_row_gives_no_message(mapped, field):
    assert mapped({"X": ["W"]}, field("gender", "X"), skip_when=Ask("X", "equals", "W")).messages.is_empty()


def test_a_file_whose_rows_are_all_skipped_has_no_records_and_all_columns(mapped, field):
    frame = mapped({"X": ["W"]}, field("gender", "X"), skip_when=Ask("X", "equals", "W")).frame
    assert frame.height == 0
    assert {"line", "row_hash", "district_id", "site", "gender", "refusal", "delete_asked"} <= set(frame.columns)


def test_both_rules_are_asked_of_each_row(mapped):
    rules = {"delete_when": Ask("X", "equals", "D"), "associate_when": Ask("X", "equals", "S")}
    frame = mapped({"X": ["D", "S", "-"]}, **rules).frame
    assert frame.select("delete_asked", "associate_asked").rows() == [(True, False), (False, True), (False, False)]


def test_without_rules_nothing_is_asked(mapped):
    assert mapped({"X": ["D"]}).frame.select("delete_asked", "associate_asked", "barcode_too_long").rows() == [(False, False, False)]
