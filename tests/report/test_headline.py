"""The first sentence of a report."""

from __future__ import annotations

import polars as pl
import pytest
from msgspec.structs import replace

from runner.frames import MESSAGES
from runner.messages import severity_of
from runner.report.headline import headline
from tests.report.example import COUNTS, RUN, small_report

NOTHING = dict.fromkeys(COUNTS, 0)


def messages_of(*codes):
    """A message of each code, on a line of its own."""
    rows = [{"line": at, "code": code, "severity": severity_of(code), "text": "x"} for at, code in enumerate(codes, start=2)]
    return pl.DataFrame(rows, schema=MESSAGES)


def sentence(status="complete", held=(), failure=None, kind="full", subject="patrons", removal=None, codes=(), **counts):
    about = {"status": status, "held": list(held), "failure": failure, "kind": kind, "subject": subject, "removal": removal}
    told = messages_of(*codes)
    made = replace(small_report(), counts={**NOTHING, **counts}, messages=told, **about)
    return headline(made).sentence


def test_the_ordinary_night():
    assert sentence(updated=42, added=3, refused=2) == (
        "42 patrons were updated and 3 were added; 2 rows were refused and need a correction in the student system."
    )


def test_one_of_a_thing_is_said_in_the_singular():
    assert sentence(added=1, refused=1) == "1 patron was added; 1 row was refused and needs a correction in the student system."


def test_nothing_to_change_is_said():
    assert sentence(records_read=1200, unchanged=1200) == "Nothing had to change: none of the 1,200 records brings anything new."


def test_the_only_record_is_not_called_all_records():
    assert sentence(records_read=1, unchanged=1) == "Nothing had to change: the one record brings nothing new."


@pytest.mark.parametrize("code", ["field-locked", "removed-by-policy", "username-in-use"])
def test_what_was_left_out_of_a_record_is_not_nothing_new(code):
    assert sentence(records_read=2, unchanged=2, codes=[code]) == "Nothing had to change."


def test_a_row_that_no_correction_helps_is_not_said_to_need_one():
    assert sentence(refused=1, codes=["delete-has-transactions"]) == "Nothing had to change; 1 row was refused."


def test_of_several_refused_rows_those_are_named_that_need_a_correction():
    assert sentence(refused=3, codes=["delete-has-transactions", "site-unknown", "last-name-missing"]) == (
        "Nothing had to change; 3 rows were refused, 2 of which need a correction in the student system or in district.yaml."
    )


def test_an_incomplete_run_says_why_it_is_incomplete():
    closed = {"open": False, "reason": "read 5 records; the job wants more than 5 before it inactivates anyone"}
    assert sentence("incomplete", removal=closed, records_read=5, unchanged=5) == (
        "Nothing had to change: none of the 5 records brings anything new. The removal policy did not act: read 5 records; the job "
        "wants more than 5 before it inactivates anyone."
    )


def test_a_stored_run_without_its_report_says_what_it_did_and_then_what_failed():
    assert sentence(added=2, failure="the run's report could not be written: the disk is full.") == (
        "2 patrons were added, but the run's report could not be written: the disk is full."
    )


def test_nothing_changed_for_some_were_refused_claims_no_agreement():
    assert sentence(records_read=2, unchanged=1, refused=1) == (
        "Nothing had to change; 1 row was refused and needs a correction in the student system."
    )


def test_a_removal_is_told_with_its_numbers():
    assert (
        sentence(updated=1, inactivated=14, removed=3)
        == "1 patron was updated, 14 were made inactive and 3 were deleted by the removal policy."
    )


def test_what_is_held_is_said_with_the_command_beside():
    made = headline(replace(small_report(), counts=NOTHING, held=[{"action": "delete", "count": 12, "guard": "delete 5%"}]))
    assert made.sentence == "Nothing was changed; 12 deletions wait for your approval."
    assert made.steps[0].command == f"runner approve {RUN}"


def test_several_held_actions_are_listed():
    held = [{"action": "add", "count": 1}, {"action": "inactivate", "count": 1400}]
    assert sentence("held", held, updated=2) == "2 patrons were updated; 1 addition and 1,400 inactivations wait for your approval."


def test_what_the_guards_of_several_sites_hold_is_added_up():
    held = [{"action": "inactivate", "count": 28}, {"action": "delete", "count": 1}, {"action": "inactivate", "count": 43}]
    assert sentence("held", held) == "Nothing was changed; 71 inactivations and 1 deletion wait for your approval."


def test_a_preview_says_would():
    held = [{"action": "update", "count": 1}]
    told = sentence("planned", held, added=2, refused=1)
    assert told.startswith("2 patrons would be added; 1 update would wait for an approval; 1 row would be refused and needs")


def test_a_failure_gives_its_reason_once_with_one_full_stop():
    assert sentence("failed", failure="students.csv is not there.") == "This run failed and changed nothing: students.csv is not there."


@pytest.mark.parametrize("status", ["running", "interrupted", "undone", "rejected", "superseded", "missed", "lost"])
def test_every_other_status_has_a_sentence_of_its_own(status):
    assert sentence(status).endswith(".")
    assert sentence(status) != sentence("complete")


def test_a_circulation_load_speaks_of_its_table():
    assert sentence(subject="fines", added=812, refused=1) == (
        "812 fines were loaded; 1 row was refused and needs a correction where the file is made."
    )


def test_an_undo_says_how_many_were_put_back():
    assert sentence(kind="undo", updated=8) == "8 patrons were put back as before."


def test_an_undo_says_how_many_that_were_new_are_gone_again():
    assert (
        sentence(kind="undo", updated=7, deleted=1) == "7 patrons were put back as before and 1 that the run had added was removed again."
    )
    assert sentence(kind="undo", deleted=8) == "8 patrons that the run had added were removed again."


def test_a_plan_that_could_not_be_made_advises_nothing_about_a_run():
    made = headline(replace(small_report(), run="", status="failed", counts=NOTHING, failure="there is no file students.csv."))
    assert made.steps == ()


def test_a_school_that_is_not_known_may_be_put_right_in_either_place():
    assert sentence(refused=1, codes=["site-unknown"]).endswith(
        "1 row was refused and needs a correction in the student system or in district.yaml."
    )
