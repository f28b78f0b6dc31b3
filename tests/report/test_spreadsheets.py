"""messages.csv and changes.csv: complete, and free of formulas (P4)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from runner.report.spreadsheet import CHANGE_COLUMNS, MESSAGE_COLUMNS, changes_csv, defused, messages_csv
from tests.report.example import RUN, change, changes, messages, small_report, values

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "  =1",
    "\u00a0=1",
    "＝1",
    "＋1",
    "－1",
    "＠x",
    " ＝1",
    "\u200b=1",
    "\x00=1",
    "﹦1",
]


def text_of(parts: Iterable[bytes]) -> str:
    return b"".join(parts).decode("utf-8")


def rows(parts: Iterable[bytes]) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text_of(parts).removeprefix("\ufeff"), newline="")))


def by_name(parts: Iterable[bytes]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text_of(parts).removeprefix("\ufeff"), newline="")))


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_starts_a_formula(text):
    report = replace(
        small_report(),
        messages=messages((text, "note", 1, text, text, text, text, text)),
        changes=changes(change(1, "update", patron=text, site=text, rule=text, reason=text)),
        values=values((1, text, text, text)),
        adds=pl.DataFrame(),
    )
    for data in (messages_csv(report), changes_csv(report)):
        cells = [cell for row in rows(data) for cell in row]
        assert [cell for cell in cells if cell.startswith("'") and cell.replace("'", "") == text]
        assert not [cell for cell in cells if cell.lstrip()[:1] in set("=+-@＝＋－＠") or cell[:1] in set("\t\r\n")]


@given(st.text(alphabet=st.sampled_from("=+-@ \t\r\n'\"a1,＝；\u00a0\u200b"), max_size=6))
def test_defusing_adds_apostrophes_and_nothing_else(text):
    made = pl.DataFrame({"t": [text]}).select(defused("t"))["t"][0]
    assert made.replace("'", "") == text.replace("'", "")
    assert made.strip(" \t\r\n\u00a0\u200b")[:1] not in set("=+-@＝")


SEPARATED = ["a;=1+1", "a|=1", "a\t@x", "a;-1;+1", 'a";"=1', "a; \u200b＝1", "a\n=1", "a\r\n=1", ";=1"]


@pytest.mark.parametrize("text", SEPARATED)
@pytest.mark.parametrize("separator", [",", ";", "|", "\t"])
def test_no_cell_starts_a_formula_where_lines_are_divided_at_another_separator(text: str, separator: str) -> None:
    """As a spreadsheet does it: what follows a closed quote belongs to the cell, up to the separator or the end of the line."""
    report = replace(small_report(), changes=changes(change(1, "update", patron="1")), values=values((1, "homeroom", "x", text)))
    made = text_of(changes_csv(report)).removeprefix("\ufeff")
    cells = [cell.strip(' \r"\u200b') for line in made.split("\n") for cell in line.split(separator)]
    assert not [cell for cell in cells if cell[:1] in set("=+-@＝")]


@pytest.mark.parametrize("text", ["Ann-Marie", "O'Brien", "a=b", "a; b=c", "3 - 4", "García", "12:30", "", "'quoted"])
def test_ordinary_text_stays_as_it_is(text):
    assert pl.DataFrame({"t": [text]}).select(defused("t"))["t"][0] == text


def test_every_cell_is_quoted_and_the_file_begins_with_a_byte_order_mark():
    data = text_of(messages_csv(small_report()))
    assert data.startswith("\ufeff")
    assert all(line.startswith('"') and line.endswith('"') for line in data.lstrip("\ufeff").splitlines())


def test_messages_have_the_way_to_put_it_right_beside_them():
    made = by_name(messages_csv(small_report()))
    assert tuple(made[0]) == MESSAGE_COLUMNS
    assert made[0]["run"] == RUN
    assert made[0]["put_right"]


def test_changes_have_a_line_per_field_and_deletes_a_line():
    made = by_name(changes_csv(small_report()))
    assert tuple(made[0]) == CHANGE_COLUMNS
    assert [(each["patron"], each["action"], each["field"], each["before"], each["after"]) for each in made] == [
        ("1000001", "update", "homeroom", "101", "204"),
        ("1000001", "update", "password", "***", "***"),
        ("1000002", "update", "email_1", "", "ann@example.org"),
        ("1000003", "transfer", "site", "SOUTH", "NORTH"),
        ("1000004", "add", "district_id", "", "1000004"),
        ("1000004", "add", "last_name", "", "García"),
        ("1000005", "inactivate", "status", "Active", "Inactive"),
        ("1000006", "delete", "", "", ""),
        ("1000007", "delete", "", "", ""),
        ("1000008", "delete", "", "", ""),
    ]
    assert [each["held"] for each in made][-3:] == ["false", "true", "true"]


def test_above_ten_thousand_new_patrons_each_has_one_line():
    count = 10_001
    report = replace(
        small_report(),
        changes=changes(*(change(n, "add") for n in range(count))),
        adds=pl.DataFrame({"ref": range(count), "last_name": ["x"] * count}, schema_overrides={"ref": pl.UInt32}),
    )
    made = by_name(changes_csv(report))
    assert len(made) == count
    assert {each["field"] for each in made} == {""}


@pytest.mark.parametrize("summary", ["errors_and_warnings", "all"])
def test_the_files_are_the_same_however_many_parts_they_are_written_in(monkeypatch, summary):
    report = replace(small_report(), summary=summary)
    whole = [text_of(made(report)) for made in (messages_csv, changes_csv)]
    monkeypatch.setattr("runner.report.spreadsheet._ROWS_AT_ONCE", 2)
    assert [text_of(made(report)) for made in (messages_csv, changes_csv)] == whole


def test_summary_all_adds_the_patrons_that_nothing_touched():
    made = by_name(changes_csv(replace(small_report(), summary="all")))
    assert [(each["patron"], each["action"]) for each in made][-2:] == [("1000030", "unchanged"), ("1000017", "refused")]


def test_hidden_values_are_in_neither_file():
    report = replace(small_report(), show_values=False)
    both = text_of(messages_csv(report)) + text_of(changes_csv(report))
    assert not [value for value in ("P 17", "204", "ann@example.org", "García", "S3cret!", "2026-10-30") if value in both]
    assert "homeroom" in both
    assert "1000001" in both
