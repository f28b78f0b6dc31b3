"""Each step with filled cells, a blank under `keep` (absent) and a blank under `clear` (blank): one line a case."""

from __future__ import annotations

import polars as pl
import pytest

from runner.errors import InvalidFiles
from runner.job.model import (
    Boolean,
    Case,
    Column,
    Constant,
    DateFormat,
    MapValues,
    PadLeft,
    Regex,
    Replace,
    Slice,
    StripLeading,
    Template,
    Trim,
    Truncate,
)
from runner.mapping.cells import Cells
from runner.mapping.steps import apply_step

TO_NORTH = {"017": Constant("NORTH"), "": Constant("nobody")}
WITH_CELL = Template(("room ", Column("X")))

STEPS = [
    # step, cell, value
    (Trim(), "  a b  ", "a b"),
    (Trim(), "\u00a0\u3000a\u2003", "a"),
    (Trim(), "\u200ba", "\u200ba"),
    (Regex("^([^@]+)@.*$", "$1"), "ann.lee@school.example.org", "ann.lee"),
    (Regex("a", "$$"), "banana", "b$n$n$"),
    (Regex("(a)(n)", "$2$1x"), "ban", "bnax"),
    (Regex("[0-9]", ""), "a1b2", "ab"),
    (Regex("z", "y"), "abc", "abc"),
    (Replace("Street", "St"), "1 Street Street", "1 St St"),
    (Replace(".", "$1"), "a.b", "a$1b"),
    (Replace("", "x"), "ab", "ab"),
    (Case("upper"), "straße é", "STRASSE É"),
    (Case("lower"), "ÅSA", "åsa"),
    (Case("title"), "o'brien", "O'Brien"),
    (Case("title"), "ANNA-MARIA VAN DYK", "Anna-Maria Van Dyk"),
    (Case("title"), "d’souza", "D’Souza"),
    (Case("title"), "ST JOHN'S", "St John's"),
    (Case("title"), "rene\u0301e", "Renée"),
    (Slice(0, 3), "abcdef", "abc"),
    (Slice(2, None), "éabcdef", "bcdef"),
    (Slice(-4, None), "1234567", "4567"),
    (Slice(-4, 2), "1234567", "45"),
    (Slice(-4, None), "12", "12"),
    (PadLeft(7, "0"), "123", "0000123"),
    (PadLeft(2, "0"), "123", "123"),
    (PadLeft(3, "0"), "éa", "0éa"),
    (StripLeading("0"), "000120", "120"),
    (StripLeading("0-"), "0-0-7", "7"),
    (MapValues(TO_NORTH, None), "017", "NORTH"),
    (MapValues(TO_NORTH, None), "17", None),
    (MapValues(TO_NORTH, Constant("SOUTH")), "17", "SOUTH"),
    (MapValues({"017": WITH_CELL}, None), "017", "room 017"),
    (MapValues({"\u00e9cole": Constant("NORTH")}, None), "e\u0301cole", "NORTH"),
    (MapValues({"e\u0301cole": WITH_CELL}, Constant("SOUTH")), "\u00e9cole", "room \u00e9cole"),
    (MapValues({"017": Constant("NORTH")}, WITH_CELL), "9", "room 9"),
    (DateFormat("%m/%d/%Y"), "1/5/2012", "2012-01-05"),
    (DateFormat("%m/%d/%Y"), "13/05/2012", None),
    (DateFormat("%m/%d/%Y"), "02/30/2012", None),
    (DateFormat("%m/%d/%Y"), "01/05/12", None),
    (DateFormat("%m/%d/%Y %I:%M:%S %p"), "1/5/2012 12:00:00 AM", "2012-01-05"),
    (DateFormat("%Y-%m-%d %H:%M:%S.%f"), "2012-01-05 00:00:00.000", "2012-01-05"),
    (DateFormat("%d-%b-%Y"), "05-JAN-2012", "2012-01-05"),
    (DateFormat("%Y-%m-%dT%H:%M:%S%z"), "2012-01-05T00:00:00+0200", "2012-01-05"),
    (Boolean(("Ja",), ("Nein",)), "jA", "true"),
    (Boolean(("Ja",), ("Nein",)), "Nein", "false"),
    (Boolean(("Ja",), ("Nein",)), "yes", None),
    (Truncate(3), "éabc", "éab"),
]


@pytest.mark.parametrize(("step", "cell", "value"), STEPS, ids=lambda given: ascii(given)[:40])
def test_a_step_on_a_filled_cell(values, step, cell, value):
    assert values([cell], "X", step) == [value]


@pytest.mark.parametrize("step", list({type(step): step for step, _, _ in STEPS}.values()), ids=lambda step: type(step).__name__)
def test_a_step_leaves_a_blank_cell_absent_under_keep_and_blank_under_clear(values, step):
    assert values(["", "  "], "X", step) == [None, None]
    assert values(["", "  "], "X", step, when_blank="clear") == ["", ""]


def test_steps_run_in_the_order_written(values):
    assert values(["0042-A"], "X", Regex("-.*", ""), StripLeading("0"), PadLeft(3, "0")) == ["042"]
    assert values(["0042-A"], "X", StripLeading("0"), PadLeft(8, "0"), Slice(0, 6)) == ["000042"]


def test_a_cell_keeps_its_blanks_where_trim_is_off(values):
    assert values([" a ", "  "], "X", trim=False) == [" a ", None]
    assert values([" a "], "X", Case("upper"), trim=False) == [" A "]


EMPTIES = Regex(".*", "")


def test_a_text_that_a_step_empties_is_absent_under_keep(values):
    assert values(["abc", ""], "X", EMPTIES) == [None, None]


def test_a_text_that_a_step_empties_is_blank_under_clear(values):
    assert values(["abc", ""], "X", EMPTIES, when_blank="clear") == ["", ""]


def test_a_text_that_a_step_empties_becomes_the_default(values):
    assert values(["abc", "x1"], "X", Regex("[a-c]", ""), Case("upper"), when_blank=Constant("none")) == ["NONE", "X1"]


def test_a_default_that_the_steps_empty_too_is_absent(values):
    assert values(["abc", ""], "X", EMPTIES, when_blank=Constant("none")) == [None, None]


def test_an_emptied_text_skips_the_steps_after_it(values):
    assert values(["000", "007"], "X", StripLeading("0"), PadLeft(3, "0")) == [None, "007"]
    assert values(["000"], "X", StripLeading("0"), MapValues({"": Constant("zero")}, None)) == [None]


def test_a_map_to_nothing_counts_as_blank(values):
    nothing = MapValues({"N": Constant("")}, Template((Column("X"),)))
    assert values(["N", "M"], "X", nothing) == [None, "M"]
    assert values(["N", "M"], "X", nothing, when_blank="clear") == ["", "M"]


def test_twenty_steps_cost_no_more_than_twenty_steps(values):
    assert values(["b" + "a" * 30], "X", *[Regex("a$", "") for _ in range(20)], when_blank="clear") == ["b" + "a" * 10]


@pytest.mark.parametrize("form", ["%m/%d/%Y %H", "%m/%d/%Y %H:%M %p", "%m/%d/%Y %I:%M"])
def test_a_format_with_half_a_time_ends_in_a_sentence_and_not_in_a_bug(values, form):
    with pytest.raises(InvalidFiles, match="time in part"):
        values(["1/5/2012 1"], "X", DateFormat(form), target="birth_date")


@pytest.mark.parametrize("find", ["^a", "^a*", "^([^@]+)@.*$", "^", "^$", "^a|b", "^(?m)a", "^(?:a|b)", "a", "^a+?", r"^\s*"])
def test_a_pattern_is_replaced_wherever_it_stands_even_when_it_is_looked_for_once(find):
    texts = ["a", "aa", "b", "ab@a.b@c", "a\na", "\na", "ba", " a ", "@", "aab"]
    found = pl.DataFrame({"t": texts}).select(apply_step(Regex(find, "<$0>"), pl.col("t"), Cells()))["t"]
    assert found.to_list() == pl.Series(texts).str.replace_all(find, "<${0}>").to_list()
