"""What holds for any cells: rows are never lost, states never blur, and a plain row-by-row mapper agrees."""

from __future__ import annotations

import re
from datetime import datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.job.model import (
    Case,
    Constant,
    DateFormat,
    MapValues,
    PadLeft,
    Regex,
    Replace,
    Slice,
    StripLeading,
    Trim,
    Truncate,
)
from runner.job.model import Test as Ask

OFTEN = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
CELL = st.one_of(
    st.sampled_from(
        ["", " ", "N/A", "  N/A ", "000", "017", "Ann Lee", "o'brien", "2012-01-05", "13/01/2012", "01/13/2012", "é", "x" * 100]
    ),
    st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12),
)
STEP = st.one_of(
    st.builds(Case, st.sampled_from(["upper", "lower"])),
    st.builds(Slice, st.integers(0, 4), st.one_of(st.none(), st.integers(0, 4))),
    st.builds(PadLeft, st.integers(0, 6), st.sampled_from("0x")),
    st.builds(StripLeading, st.sampled_from(["0", "0x", "é"])),
    st.builds(Truncate, st.integers(0, 5)),
    st.builds(Replace, st.sampled_from(["0", "n", "Lee"]), st.sampled_from(["", "$1", "é"])),
    st.builds(Regex, st.sampled_from(["[0-9]", "^(.)(.)", "n+"]), st.sampled_from(["", "x"])),
    st.builds(MapValues, st.just({"017": Constant("NORTH"), "000": Constant("")}), st.sampled_from([None, Constant("other")])),
    st.just(DateFormat("%m/%d/%Y")),
)
WHEN_BLANK = st.one_of(st.sampled_from(["keep", "clear"]), st.just(Constant("017")))
TOKENS = ("N/A",)


def plain(cell, steps, when_blank):
    """The same mapping for one cell, written as a person would: the oracle. None absent, "" blank."""
    text = cell.strip()
    text = "" if text in TOKENS else text
    if text:
        value = run(steps, text)
    elif isinstance(when_blank, Constant):
        value = run(steps, when_blank.value)
    else:
        return "" if when_blank == "clear" else None
    if value == "" and isinstance(when_blank, Constant):
        # the default, taken through the steps one after the other, empty or not
        instead: str | None = when_blank.value
        for step in steps:
            instead = None if instead is None else one(step, instead)
        return instead or None
    return value if value or when_blank == "clear" else None


def run(steps, text):
    for step in steps:
        if not text:
            return text
        text = one(step, text)
    return text


def one(step, text):
    match step:
        case Trim():
            return text.strip()
        case Case(to):
            return text.upper() if to == "upper" else text.lower()
        case Slice(start, length):
            return text[start:] if length is None else text[start : start + length]
        case PadLeft(width, fill):
            return text.rjust(width, fill)
        case StripLeading(characters):
            return text.lstrip(characters)
        case Truncate(length):
            return text[:length]
        case Replace(find, new):
            return text.replace(find, new)
        case Regex(find, new):
            return re.sub(find, new, text)
        case MapValues(entries, default):
            found = entries.get(text, default)
            return found.value if isinstance(found, Constant) else None
        case DateFormat(form):
            return date(text, form)


def date(text, form):
    if not re.fullmatch(r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{1,4}", text):
        return None
    try:
        read = datetime.strptime(text, form).date()
    except ValueError:
        return None
    return read.isoformat() if read.year >= 1900 else None


@OFTEN
@given(cells=st.lists(CELL, min_size=1, max_size=12), steps=st.lists(STEP, max_size=3), when_blank=WHEN_BLANK)
def test_a_plain_row_by_row_mapper_agrees(values, cells, steps, when_blank):
    expected = [plain(cell, steps, when_blank) for cell in cells]
    assert values(cells, "X", *steps, when_blank=when_blank, null_tokens=TOKENS, target="address_1_line_1") == [
        value if value is None else value[:90] for value in expected
    ]


@OFTEN
@given(cells=st.lists(CELL, max_size=20))
def test_every_good_row_is_a_record_or_skipped(mapped, field, cells):
    fields = [field(target, "X") for target in ("homeroom", "gender", "birth_date", "site", "district_id", "access_level")]
    records = mapped({"X": cells}, *fields, skip_when=Ask("X", "matches", "[0-9]"))
    assert records.frame.height + records.skipped == len(cells)
    assert records.frame.get_column("line").is_sorted()
    refused = set(records.frame.filter(records.frame["refusal"].is_not_null())["line"])
    assert refused == set(records.messages.filter(severity="refused")["line"])


@OFTEN
@given(
    cells=st.lists(CELL, max_size=20),
    steps=st.lists(STEP, max_size=3),
    target=st.sampled_from(["homeroom", "gender", "teacher", "birth_date"]),
)
def test_under_keep_no_value_is_ever_blank(values, cells, steps, target):
    assert "" not in values(cells, "X", *steps, target=target, null_tokens=TOKENS)


@OFTEN
@given(
    cells=st.lists(CELL, max_size=20), target=st.sampled_from(["homeroom", "nickname", "email_1", "teacher", "birth_date", "grade_level"])
)
def test_under_clear_a_value_is_blank_exactly_where_its_cell_is(values, cells, target):
    blank = [value == "" for value in values(cells, "X", target=target, when_blank="clear", null_tokens=TOKENS)]
    assert blank == [cell.strip() in ("", *TOKENS) for cell in cells]
