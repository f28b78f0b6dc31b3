"""Where values come from, in the three states; null tokens and `when_blank`."""

from __future__ import annotations

import polars as pl
import pytest

from runner.job.model import Branch, Case, Column, Constant, FirstOf, MapValues, PatronProperties, Template, When
from runner.job.model import Test as Ask  # pytest collects what is called Test
from runner.mapping.patrons import map_rows

BARCODE = Template(("P ", Column("X")))
FULL_NAME = Template((Column("X"), " ", Column("Y")))
SENIOR = When((Branch(Ask("X", "in", ("12", "13")), Constant("Senior")), Branch(None, Constant("Student"))))
NAMED = When((Branch(Ask("X", "equals", "12"), Template(("grade ", Column("X")))),))

CASES = [
    # source, cell of X, when_blank, value
    ("X", "a", "keep", "a"),
    ("X", "", "keep", None),
    ("X", "", "clear", ""),
    ("X", "", Constant("none"), "none"),
    ("X", " \u00a0", "clear", ""),
    (BARCODE, " 17 ", "keep", "P 17"),
    (BARCODE, "", "keep", None),
    (BARCODE, "", "clear", ""),
    (BARCODE, "", Constant("autoassign"), "autoassign"),
    (Constant("Student"), "", "keep", "Student"),
    (Constant("Student"), "", "clear", "Student"),
    (Constant(""), "a", "keep", None),
    (Constant(""), "a", "clear", ""),
    (SENIOR, "12", "keep", "Senior"),
    (SENIOR, "", "keep", "Student"),
    (NAMED, "12", "keep", "grade 12"),
    (NAMED, "11", "keep", None),
    (NAMED, "11", "clear", ""),
]


@pytest.mark.parametrize(("source", "cell", "when_blank", "value"), CASES, ids=lambda given: ascii(given)[:40])
def test_a_source_gives(values, source, cell, when_blank, value):
    assert values([cell], source, when_blank=when_blank) == [value]


def _given(mapped, cells, mapping, **settings):
    return mapped(cells, mapping, **settings).frame.get_column("homeroom").to_list()


def test_first_of_takes_the_first_filled_column(mapped, field):
    cells = {"X": ["a", "", "N/A", ""], "Y": ["b", "b", "b", " "]}
    assert _given(mapped, cells, field("homeroom", FirstOf(("X", "Y"))), null_tokens=("N/A",)) == ["a", "b", "b", None]


def test_a_template_is_blank_only_where_all_its_columns_are(mapped, field):
    cells = {"X": ["Ann", "", "Ann", ""], "Y": ["Lee", "Lee", "", ""]}
    assert _given(mapped, cells, field("homeroom", FULL_NAME)) == ["Ann Lee", "Lee", "Ann", None]


def test_a_null_token_is_blank_whatever_blanks_stand_around_it(values):
    assert values(["N/A", " N/A ", "- -", "n/a", "N/A room"], "X", null_tokens=["N/A", " - - "]) == [None, None, None, "n/a", "N/A room"]


def test_many_null_tokens_work_like_few(values):
    tokens = [f"none {number}" for number in range(20)]
    assert values(["none 3", "none 20"], "X", null_tokens=tokens) == [None, "none 20"]


def test_a_null_token_inside_a_template_is_left_out(mapped, field):
    cells = {"X": ["Ann"], "Y": ["N/A"]}
    assert _given(mapped, cells, field("homeroom", FULL_NAME), null_tokens=("N/A",)) == ["Ann"]


def test_a_default_goes_through_the_steps_like_a_cell(values):
    assert values([""], "X", Case("upper"), when_blank=Constant("none")) == ["NONE"]
    assert values(["", "018"], "X", MapValues({"017": Constant("N")}, Constant("S")), when_blank=Constant("017")) == ["N", "S"]


def test_a_line_end_inside_a_cell_becomes_a_blank(mapped, field, rows_of, job):
    cells = {"X": ["a\nb", "c\r\nd", "\n", "e"]}
    lines = [2, 4, 6, 8]
    rows = rows_of(cells)
    frame = rows.frame.collect().with_columns(pl.Series("line", lines, dtype=pl.UInt32)).lazy()
    properties = PatronProperties("district_id", (field("homeroom", "X"),))
    records = map_rows(rows_of(cells, frame=frame), job(properties))
    assert records.frame.get_column("homeroom").to_list() == ["a b", "c d", None, "e"]


def test_a_line_end_in_the_last_row_is_seen(values):
    assert values(["a", "b\nc"], "X") == ["a", "b c"]
