"""What the pages of a run say, and that they say it the same way every time."""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path

import polars as pl
import pytest
from msgspec.structs import replace

from runner.frames import OUTCOME_ROWS
from runner.report.printable import wrapped
from runner.report.summary import html_mail, html_summary, render, text_summary
from tests.report.example import COUNTS, RUN, change, changes, messages, small_report, values
from tests.report.page_walk import walk

GOLDEN = Path(__file__).parents[1] / "golden" / "report" / "summary.txt"


def page_text(report) -> str:
    return " ".join(walk(html_summary(report)).text.split())


def options(report, name: str) -> list[tuple[str, str]]:
    """What the filter offers by a name, each with how many changes the page does not list."""
    made = html_summary(report).partition(f'<select id="filter-{name}">')[2].partition("</select>")[0]
    return re.findall(r'<option value="([^"]*)"(?: data-rest="(\d+)")?>', made)


def test_the_filter_offers_what_is_in_any_change_and_counts_what_the_page_leaves_out():
    many = changes(*(change(n, "update", site="NORTH" if n < 2_050 else "SOUTH") for n in range(2_100)))
    values_of = values(*((n, "homeroom" if n < 2_090 else "nickname", "1", "2") for n in range(2_100)))
    report = replace(small_report(), changes=many, values=values_of, adds=pl.DataFrame(schema={"ref": pl.UInt32}))
    assert options(report, "site") == [("", "100"), ("NORTH", "50"), ("SOUTH", "50")]
    assert options(report, "action") == [("", "100"), ("update", "100")]
    assert options(report, "field") == [("", "100"), ("homeroom", "90"), ("nickname", "10")]


def test_the_filter_of_new_patrons_offers_the_fields_that_they_have():
    many = changes(*(change(n, "add", site="NORTH") for n in range(2_001)))
    adds = pl.DataFrame(
        {"ref": pl.Series(range(2_001), dtype=pl.UInt32), "last_name": ["Lee"] * 2_001, "homeroom": ["1"] * 2 + [None] * 1_999}
    )
    report = replace(small_report(), changes=many, values=values(), adds=adds)
    assert options(report, "field") == [("", "1"), ("homeroom", ""), ("last_name", "1")]


def test_the_filter_of_a_page_with_every_change_counts_nothing():
    assert {rest for name in ("site", "action", "field") for _, rest in options(small_report(), name)} == {""}


def test_the_five_files_are_made():
    assert list(render(small_report())) == ["summary.html", "summary.txt", "summary.json", "messages.csv", "changes.csv"]


def test_the_same_report_gives_the_same_bytes():
    assert render(small_report()) == render(small_report())


def test_the_text_summary_is_the_golden_one():
    made = text_summary(small_report())
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.parent.mkdir(parents=True, exist_ok=True)
        GOLDEN.write_text(made, encoding="utf-8")
    assert made == GOLDEN.read_text(encoding="utf-8")


def test_no_line_of_the_text_is_wider_than_eighty_columns():
    wide = messages(("c" * 30, "refused", 1, None, "1" * 200, "barcode", "v" * 200, "long " * 100))
    report = replace(small_report(), messages=wide, description="d " * 100, summary="all")
    assert max(len(line) for line in text_summary(report).splitlines()) <= 80


def columns(line: str) -> int:
    """How wide a terminal shows it: letters of Chinese, Japanese and Korean take two columns."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in line)


@pytest.mark.parametrize("word", ["name " * 40, "W" * 200, "\u5c71\u7530" * 100, "a\u5c71" * 100, "\u5c71\u7530 " * 50])
def test_names_of_any_length_and_script_stay_within_eighty_columns(word):
    held = change(1, "inactivate", cause="removal", rule="inactivate", held=True, guard=word, patron=word, site=word)
    outcomes = pl.DataFrame([(2, word, 1, "updated")], schema=OUTCOME_ROWS, orient="row")
    report = replace(small_report(), district_name=word, changes=changes(held), outcomes=outcomes, summary="all")
    assert max(columns(line) for line in text_summary(report).splitlines()) <= 80


@pytest.mark.parametrize("length", range(70, 84))
def test_wide_letters_are_all_kept_and_leave_no_blank_line(length):
    text = "\u5c71" * length
    lines = wrapped(text, 80, "- ")
    assert "".join(line[2:] for line in lines) == text
    assert all(line.strip() for line in lines)


def test_without_detail_the_text_names_no_patron_and_no_value():
    made = text_summary(replace(small_report(), summary="all"), detailed=False)
    assert "barcode-in-use, 1" in made
    assert not [each for each in ("1000001", "1000017", "1000030", "1000555", "P 17", "204", "García", "grade 12") if each in made]


def test_the_page_leads_with_the_sentence_and_the_command():
    made = page_text(small_report())
    assert "2 deletions wait for your approval; 2 rows were refused" in made
    assert f"runner approve {RUN}" in made


def test_both_sums_are_shown():
    made = page_text(small_report())
    assert "12 rows in the file = 1 left out by the job's own rules + 1 set aside, not readable as a row + 10 records judged" in made
    assert made.count("Adds up:") == 2


def test_a_sum_that_fails_is_shouted():
    assert "Does not add up, please report it:" in page_text(replace(small_report(), counts={**COUNTS, "held": 0}))


def test_the_gate_is_a_sentence_with_both_numbers():
    removal = {"open": False, "reason": "read 812 records; the job wants more than 43,000 before it inactivates anyone"}
    made = page_text(replace(small_report(), removal=removal))
    assert "Gate closed Read 812 records; the job wants more than 43,000 before it inactivates anyone." in made


def test_a_job_without_removal_policy_has_no_such_section():
    bare = replace(small_report(), removal=None, changes=changes(change(1, "update")), blocked=pl.DataFrame())
    assert "Removal policy" not in page_text(bare)


def test_what_ran_is_said_in_both_zones():
    made = page_text(small_report())
    assert "Saturday, 21 November 2026, 02:00 CST; 2026-11-21 08:00:00 UTC" in made
    assert "fixed by RUNNER_NOW" in made
    assert "4f2c9e1ab01d+" in made
    assert "c3" * 32 in made


def test_a_group_lists_two_thousand_lines_and_says_where_the_rest_is():
    many = changes(*(change(n, "update") for n in range(2_100)))
    report = replace(small_report(), changes=many, values=values(*((n, "homeroom", "1", "2") for n in range(2_100))))
    page = walk(html_summary(report))
    assert len([row for row in page.all("tr") if row.get("data-action") == "update"]) == 2_000
    assert "The first 2,000 of 2,100 are shown; all of them are in changes.csv" in " ".join(page.text.split())


def test_messages_beyond_two_thousand_are_in_messages_csv():
    many = messages(*(("site-unknown", "refused", n, None, str(n), "site", "X", "X is no site.") for n in range(2_001)))
    assert "The first 2,000 of 2,001 are shown; all of them are in messages.csv" in page_text(replace(small_report(), messages=many))


def test_a_note_is_counted_and_listed_only_under_summary_all():
    note = messages(("duplicate-collapsed", "note", 4, None, "1000001", None, None, "The row equals line 3."))
    assert "The row equals line 3." not in page_text(replace(small_report(), messages=note))
    assert "The row equals line 3." in page_text(replace(small_report(), messages=note, summary="all"))


def test_summary_all_has_a_line_for_every_patron():
    assert "Every patron" not in page_text(small_report())
    made = page_text(replace(small_report(), summary="all"))
    assert "1000030 line 5" in made


def test_everyone_is_bounded_too():
    rows = pl.DataFrame(
        {"line": range(5_000), "patron": ["p"] * 5_000, "patron_id": [1] * 5_000, "outcome": ["unchanged"] * 5_000}, schema=OUTCOME_ROWS
    )
    assert "The first 2,000 of 5,000 are shown" in page_text(replace(small_report(), summary="all", outcomes=rows))


def test_every_table_has_a_caption_and_scoped_headers():
    page = walk(html_summary(replace(small_report(), summary="all")))
    assert len(page.all("caption")) == len(page.all("table"))
    assert all(each.get("scope") in ("col", "row") for each in page.all("th"))


@pytest.mark.parametrize("status", ["planned", "failed", "interrupted", "complete", "incomplete", "missed", "lost", "undone"])
def test_every_status_renders_even_with_nothing_known(status):
    empty = replace(
        small_report(),
        status=status,
        counts={},
        removal=None,
        held=[],
        history=[],
        finished_at=None,
        advice=[],
        timings={},
        messages=messages(),
        changes=changes(),
        values=values(),
        adds=pl.DataFrame(),
        blocked=pl.DataFrame(),
        outcomes=pl.DataFrame(schema=OUTCOME_ROWS),
        provenance=replace(small_report().provenance, commit=None, input_sha256=None, input_size=None, input_modified=None),
    )
    assert set(render(empty)) == set(render(small_report()))


def test_a_failed_run_claims_no_agreement_with_the_library():
    nothing = dict.fromkeys(COUNTS, 0)
    failed = replace(small_report(), status="failed", failure="The file is empty.", counts=nothing, changes=changes(), messages=messages())
    made = page_text(replace(failed, removal=None, blocked=pl.DataFrame(), held=[]))
    assert "This run failed and changed nothing: The file is empty." in made
    assert "agrees" not in made
    assert "Every row was read" not in made


def test_backticks_of_the_catalog_become_code_and_stay_escaped():
    assert "<code>on_barcode_conflict: autoassign</code>" in html_summary(small_report())


@pytest.mark.parametrize(("kind", "told"), [("full", True), ("incremental", True), ("undo", False), ("approve", False)])
def test_only_a_night_has_something_usual_beside_its_counts(kind: str, told: bool) -> None:
    report = replace(small_report(), kind=kind, compared_as=kind)
    assert ("Usual" in html_summary(report)) is told
    assert ("usual" in text_summary(report)) is told
    assert ("Usual" in html_mail(report)) is told
