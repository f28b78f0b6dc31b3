"""Good rows, their physical lines, and the rows that are set aside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.errors import FileRefused
from runner.intake.header import MAX_COLUMNS
from tests.intake.reading import cells, codes, malformed, read, records_by_csv

HEAD = "id,name,room\n"
COLUMNS = ("id", "name", "room")


def test_rows_come_with_their_lines_and_the_columns_asked_for(tmp_path: Path) -> None:
    rows = read(tmp_path, "id,ssn,name\n1,000,Ann\n2,000,Bob\n", ("name", "id"))
    assert rows.frame.collect().to_dicts() == [{"line": 2, "name": "Ann", "id": "1"}, {"line": 3, "name": "Bob", "id": "2"}]
    assert rows.header == ("id", "ssn", "name")


def test_the_frame_is_text_with_line_numbers(tmp_path: Path) -> None:
    schema = read(tmp_path, HEAD + "1,Ann,7\n", COLUMNS).frame.collect_schema()
    assert schema == {"line": pl.UInt32, "id": pl.String, "name": pl.String, "room": pl.String}


def test_an_empty_cell_is_empty_text_quoted_or_not(tmp_path: Path) -> None:
    assert cells(read(tmp_path, HEAD + '1,,""\n', COLUMNS)) == [(2, "1", "", "")]


def test_words_that_mean_nothing_elsewhere_stay_words(tmp_path: Path) -> None:
    assert cells(read(tmp_path, HEAD + "00012,NULL,NaN\n", COLUMNS)) == [(2, "00012", "NULL", "NaN")]


def test_quotes_protect_delimiters_quotes_and_line_ends(tmp_path: Path) -> None:
    rows = read(tmp_path, HEAD + '1,"Smith, ""Jo""\nAnn",7\n2,Bob,8\n', COLUMNS)
    assert cells(rows) == [(2, "1", 'Smith, "Jo"\nAnn', "7"), (4, "2", "Bob", "8")]


@pytest.mark.parametrize("nothing", ["", "   ", ",,", '"","",""', ' ,"  ",\t', ","])
def test_a_line_without_any_value_is_no_row(tmp_path: Path, nothing: str) -> None:
    rows = read(tmp_path, HEAD + f"1,Ann,7\n{nothing}\n2,Bob,8\n{nothing}\n", COLUMNS)
    assert cells(rows) == [(2, "1", "Ann", "7"), (4, "2", "Bob", "8")]
    assert (rows.rows_read, malformed(rows)) == (2, [])


def test_blank_lines_within_quotes_belong_to_the_cell(tmp_path: Path) -> None:
    rows = read(tmp_path, HEAD + '1,"a\n\n\nb",7\n\n2,Bob,8\n', COLUMNS)
    assert cells(rows) == [(2, "1", "a\n\n\nb", "7"), (7, "2", "Bob", "8")]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("9,Short", "wrong number of cells: 2 instead of 3"),
        ("9,Smith, Jr.,7", "wrong number of cells: 4 instead of 3"),
        ("TOTAL", "wrong number of cells: 1 instead of 3"),
        ('9,Dwayne "Rock" J,7', "broken quoting"),
        ('9,"Mac"Donald,7', "broken quoting"),
        ('9,"O\\"Neil",7', "broken quoting"),
        ('9, "spaced",7', "broken quoting"),
        ("9,A\x1b[2JB,7", "control characters"),
        ("9,A\x0bB,7", "control characters"),
        ('9,"A\x7fB",7', "control characters"),
        ("id,name,room", "the header again"),
        ("\ufeffid,name,room", "the header again"),
    ],
)
def test_a_malformed_row_is_set_aside_with_its_line_and_the_others_go_on(tmp_path: Path, bad: str, reason: str) -> None:
    rows = read(tmp_path, HEAD + f'1,"A\nB",7\n{bad}\n2,Bob,8\n', COLUMNS)
    assert malformed(rows) == [(4, reason)]
    assert cells(rows) == [(2, "1", "A\nB", "7"), (5, "2", "Bob", "8")]
    assert rows.rows_read == 3


@pytest.mark.parametrize("before", ["", "bad\n", "\n"])
def test_a_byte_order_mark_in_the_first_cell_is_kept_as_it_came(tmp_path: Path, before: str) -> None:
    rows = read(tmp_path, HEAD + before + "\ufeff1,Ann,7\n2,Bob,8\n", COLUMNS)
    assert [row[1:] for row in cells(rows)] == [("\ufeff1", "Ann", "7"), ("2", "Bob", "8")]


def test_two_stray_quotes_cannot_hide_the_rows_between_them(tmp_path: Path) -> None:
    rows = read(tmp_path, HEAD + '1,"Open,7\n2,Gone,8\n3,X",9\n4,Dora,10\n', COLUMNS)
    assert [line for line, _ in malformed(rows)] == [2, 3, 4]
    assert malformed(rows)[0][1] == "a whole record inside a quoted cell"
    assert cells(rows) == [(5, "4", "Dora", "10")]


def test_two_stray_quotes_in_neighbouring_rows_are_seen_too(tmp_path: Path) -> None:
    rows = read(tmp_path, "id,name,a,b\n" + '1,"Open,7,x\n2,X",9,y\n4,Dora,10,z\n', ("id", "name"))
    assert [line for line, _ in malformed(rows)] == [2, 3]
    assert cells(rows) == [(4, "4", "Dora")]


def test_each_row_inside_a_broken_record_counts(tmp_path: Path) -> None:
    # The quote of line 2 closes in line 5, before a letter: a reader would lose all four rows as one.
    rows = read(tmp_path, HEAD + '1,"Open,7\n2,Bob,8\n3,Cat,9\n4,"Dora",10\n5,Eve,11\n', COLUMNS)
    assert [line for line, _ in malformed(rows)] == [2, 3, 4, 5]
    assert (rows.rows_read, cells(rows)) == (5, [(6, "5", "Eve", "11")])


def test_a_quote_that_never_closes_refuses_the_file_and_names_the_line(tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as refused:
        read(tmp_path, HEAD + '1,Ann,7\n2,"Open,8\n' + "3,Cat,9\n" * 50, COLUMNS)
    assert (refused.value.code, refused.value.line) == ("file-quote-unclosed", 3)


def test_a_quoted_cell_of_over_a_megabyte_counts_as_never_closed(tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as refused:
        read(tmp_path, HEAD + '1,"Open,7\n' + "2,some name,8\n" * 80_000 + '3,X",9\n', COLUMNS)
    assert refused.value.code == "file-quote-unclosed"


def test_a_hundred_malformed_rows_are_set_aside(tmp_path: Path) -> None:
    rows = read(tmp_path, HEAD + "bad\n" * 100 + "1,Ann,7\n", COLUMNS)
    assert rows.malformed.height == 100


def test_over_a_hundred_and_over_one_percent_malformed_refuse_the_file(tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as refused:
        read(tmp_path, HEAD + "1,Ann,7\n" * 9_900 + "bad\n" * 101, COLUMNS)
    assert refused.value.code == "file-malformed-rows"
    assert refused.value.line == 9_902
    assert refused.value.text.startswith("101 of 10,002 lines, the rest not looked at, are malformed")


def test_over_a_hundred_but_under_one_percent_malformed_are_set_aside(tmp_path: Path) -> None:
    rows = read(tmp_path, HEAD + "1,Ann,7\n" * 10_000 + "bad\n" * 101, COLUMNS)
    assert (rows.malformed.height, rows.rows_read) == (101, 10_101)


def test_malformed_rows_are_measured_against_rows_not_blank_lines(tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as refused:
        read(tmp_path, HEAD + "\n" * 20_000 + "1,Ann,7\n" * 900 + "bad\n" * 101, COLUMNS)
    assert refused.value.code == "file-malformed-rows"
    assert refused.value.text.startswith("101 of 1,001 rows are malformed")


def test_header_only_is_refused_unless_it_is_allowed(tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as refused:
        read(tmp_path, HEAD + "\n,,\n", COLUMNS)
    assert refused.value.code == "file-header-only"
    rows = read(tmp_path, HEAD, COLUMNS, allow_header_only=True)
    assert (cells(rows), rows.rows_read) == ([], 0)


def test_a_file_of_malformed_rows_alone_has_rows_and_none_is_good(tmp_path: Path) -> None:
    rows = read(tmp_path, HEAD + "1,Ann,7,\n2,Bob,8,\n", COLUMNS)
    assert (cells(rows), rows.rows_read, rows.malformed.height) == ([], 2, 2)


def test_without_a_header_columns_are_named_by_position(tmp_path: Path) -> None:
    rows = read(tmp_path, "\n1,Ann,7\n2,Bob,8\n1,Ann,7\n", ("3", "1"), header=False)
    assert cells(rows) == [(2, "7", "1"), (3, "8", "2"), (4, "7", "1")]
    assert rows.header == ("1", "2", "3")


def test_title_lines_are_skipped_and_still_counted(tmp_path: Path) -> None:
    assert cells(read(tmp_path, 'Export "of\ntoday\n\n' + HEAD + "1,Ann,7\n", COLUMNS, skip_rows=2)) == [(5, "1", "Ann", "7")]


@pytest.mark.parametrize("delimiter", [";", "\t", "|", " ", "^", "]", "\\", "-", "\x1f", "\x01", "§", "¬", "\u2502"])
def test_any_one_character_can_be_the_delimiter(tmp_path: Path, delimiter: str) -> None:
    data = HEAD.replace(",", delimiter) + f'1{delimiter}"a{delimiter}""b"{delimiter}ü\n2{delimiter}Bob\n'
    rows = read(tmp_path, data, COLUMNS, delimiter=delimiter)
    assert cells(rows) == [(2, "1", f'a{delimiter}"b', "ü")]
    assert malformed(rows) == [(3, "wrong number of cells: 2 instead of 3")]


def test_a_raw_separator_character_is_no_delimiter_where_another_is_swapped_in(tmp_path: Path) -> None:
    rows = read(tmp_path, "id§name\n1§A\x1fB\n2§Bob\n3\x1fCat\n", ("id", "name"), delimiter="§")
    assert cells(rows) == [(3, "2", "Bob")]
    assert malformed(rows) == [(2, "control characters"), (4, "wrong number of cells: 1 instead of 2")]


def test_one_column_is_enough(tmp_path: Path) -> None:
    assert cells(read(tmp_path, 'id\n1\n\n"2"\n""\n"a\nb"\n', ("id",))) == [(2, "1"), (4, "2"), (6, "a\nb")]


def test_columns_without_a_name_or_named_twice_do_not_matter_unless_the_job_wants_them(tmp_path: Path) -> None:
    rows = read(tmp_path, "id,,x,x\n1,a,b,c\n", ("id",))
    assert cells(rows) == [(2, "1")]
    assert codes(rows) == ["extra-columns"]


def test_a_wide_file_is_counted_exactly(tmp_path: Path) -> None:
    names = [f"c{n}" for n in range(MAX_COLUMNS)]
    good = ",".join('"a,b"' for _ in names)
    rows = read(tmp_path, "\n".join([",".join(names), good, good + ",x", good]) + "\n", ("c0", "c499"))
    assert cells(rows) == [(2, "a,b", "a,b"), (4, "a,b", "a,b")]
    assert malformed(rows) == [(3, "wrong number of cells: 501 instead of 500")]


def test_a_column_called_line_is_refused_rather_than_mixed_up_with_line_numbers(tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as refused:
        read(tmp_path, "id,line\n1,2\n", ("id", "line"))
    assert refused.value.code == "file-header-broken"


def test_the_fetched_file_is_never_changed(tmp_path: Path) -> None:
    data = b"id,name,room\r\n1,Ann,7\r\nbad\r\n\x1a"
    read(tmp_path, data, COLUMNS).frame.collect()
    assert (tmp_path / "given.csv").read_bytes() == data


def test_texts_made_on_the_way_are_private(tmp_path: Path) -> None:
    read(tmp_path, b"id,name,room\r\n1,Ann,7\r\nbad\r\n", COLUMNS)
    made = list((tmp_path / "work").iterdir())
    assert made
    assert {path.stat().st_mode & 0o777 for path in made} == {0o600}


# --- properties ---------------------------------------------------------------------------------------------------
_texts = st.text(st.sampled_from('ab ,"\n;é\t'), max_size=6)
_good = st.lists(_texts, min_size=3, max_size=3)
_bad = st.sampled_from(["x", "a,b", "a,b,c,d", 'a,b"c,d', 'a,"b"c,d', "a,\x08,c", "id,name,room"])
_line_ends = st.sampled_from(["\n", "\r\n", "\r"])


@st.composite
def _files(draw: st.DrawFn) -> tuple[str, list[tuple[Any, ...]], list[int], str]:
    """A file of good, malformed and blank records: its text, the good rows with lines, the malformed lines, the line end."""
    text, line, good, bad = HEAD, 2, [], []
    for record in draw(st.lists(st.one_of(_good, _bad, st.just("")), max_size=12)):
        if isinstance(record, str):
            text += record + "\n"
            if record:
                bad.append(line)
            line += 1
            continue
        shown = [cell.replace("\r", "") for cell in record]
        quoted = ",".join(
            '"' + cell.replace('"', '""') + '"' if any(c in cell for c in ',"\n') or draw(st.booleans()) else cell for cell in shown
        )
        if any(cell.strip() for cell in shown):
            good.append((line, *shown))
        text += quoted + "\n"
        line += 1 + quoted.count("\n")
    return text, good, bad, draw(_line_ends)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_files())
def test_line_numbers_are_right_whatever_stands_between(tmp_path: Path, made: tuple[str, list[tuple[Any, ...]], list[int], str]) -> None:
    text, good, bad, line_end = made
    rows = read(tmp_path, text.replace("\n", line_end), COLUMNS, allow_header_only=True)
    swallowing = [row for row in good if _looks_like_rows(row)]
    assert [row for row in good if row not in swallowing] == [row for row in cells(rows) if row not in swallowing]
    if not swallowing:
        assert [line for line, _ in malformed(rows)] == bad
        assert rows.rows_read == len(good) + len(bad)


def _looks_like_rows(row: tuple[Any, ...]) -> bool:
    """A row over several lines with delimiters in its cells may be set aside as several rows swallowed by a quote."""
    values = "".join(row[1:])
    return "\n" in values and "," in values


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn"]), max_size=5), min_size=3, max_size=3), min_size=1))
def test_well_formed_files_read_as_the_csv_module_reads_them(tmp_path: Path, records: list[list[str]]) -> None:
    text = HEAD + "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in record) + "\n" for record in records)
    rows = read(tmp_path, text, COLUMNS, allow_header_only=True)
    expected = [(line, *record) for line, record in records_by_csv(text)[1:] if any(cell.strip() for cell in record)]
    assert cells(rows) == expected
