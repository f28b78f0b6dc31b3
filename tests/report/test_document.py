"""The JSON document of a run."""

from __future__ import annotations

import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from runner.report.document import document, document_text
from runner.report.model import COUNTS, RunReport
from tests.report.example import RUN, change, changes, messages, small_report, values


@pytest.fixture
def report() -> RunReport:
    return small_report()


def test_all_keys_are_always_there(report):
    bare = replace(report, counts={}, removal=None, held=[], messages=messages(), changes=changes(), values=values(), adds=pl.DataFrame())
    made = document(bare)
    assert " ".join(made) == "schema run job kind status counts removal held messages changes truncated files"
    assert made["counts"] == dict.fromkeys(COUNTS)
    assert made["schema"] == 1
    assert made["run"] == RUN
    assert made["truncated"] is False


def test_an_update_has_its_fields_before_and_after(report):
    made = document(report)["changes"][1]
    assert made.pop("fields") == {"email_1": [None, "ann@example.org"]}
    assert made == {"patron": "1000002", "action": "update", "cause": "file", "rule": None, "reason": None, "held": False}


def test_an_add_has_null_before_and_no_empty_fields(report):
    assert document(report)["changes"][3]["fields"] == {"district_id": [None, "1000004"], "last_name": [None, "García"]}


def test_a_removal_says_its_rule_and_reason(report):
    made = document(report)["changes"][5]
    assert (made["cause"], made["rule"], made["reason"]) == ("removal", "graduated_seniors", "grade 12, graduated 2026, no transactions")
    assert made["fields"] == {}


def test_a_held_change_stands_among_the_changes(report):
    assert [each["held"] for each in document(report)["changes"]] == [False] * 6 + [True] * 2


def test_a_password_is_masked_before_and_after(report):
    assert document(report)["changes"][0]["fields"]["password"] == ["***", "***"]


def test_messages_have_exactly_the_promised_keys_and_every_severity(report):
    made = document(report)["messages"]
    assert [each["severity"] for each in made] == ["refused", "refused", "warning"]
    assert list(made[0]) == ["code", "severity", "line", "patron", "field", "value", "text"]


@pytest.mark.parametrize(("limit", "shown", "cut"), [(3, 3, True), (8, 8, False), (0, 8, False), (None, 8, False)])
def test_the_limit_cuts_changes_and_says_so(report, limit, shown, cut):
    made = document(report, limit=limit)
    assert (len(made["changes"]), made["truncated"]) == (shown, cut)


def test_hidden_values_leave_ids_and_field_names(report):
    made = document(replace(report, show_values=False))
    assert made["changes"][1]["patron"] == "1000002"
    assert made["changes"][1]["fields"] == {"email_1": [None, None]}
    assert made["messages"][0]["value"] is None
    assert "P 17" not in made["messages"][0]["text"]
    assert made["changes"][5]["reason"] == "a graduated senior without transactions"


def test_the_text_is_the_same_document(report):
    files = {"html": "var/demo/runs/x/summary.html"}
    assert json.loads(document_text(report, files=files)) == document(report, files=files)
    assert json.loads(document_text(report, indent=1)) == document(report)


def test_the_text_keeps_active_characters_as_escapes(report):
    sly = "a\u202eb\x9bc\x1b[2Jd\u2028e"
    text = document_text(replace(report, messages=messages(("c", "note", 1, None, None, "barcode", sly, sly))))
    assert not set("\u202e\x9b\x1b\u2028") & set(text)
    assert json.loads(text)["messages"][0]["value"] == sly


@given(st.lists(st.tuples(st.text(), st.text(), st.text()), max_size=5))
def test_any_text_survives_the_way_through_json(cells):
    told = messages(*(("c", "note", 1, a, b, "nickname", c, a + b) for a, b, c in cells))
    some = replace(
        small_report(),
        messages=told,
        changes=changes(change(1, "update")),
        values=values(*((1, f"f{n}", a, b) for n, (a, b, _) in enumerate(cells))),
    )
    assert json.loads(document_text(some)) == document(some)
