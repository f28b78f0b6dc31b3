"""What is hidden, and what stays."""

from __future__ import annotations

import pytest

from runner.report.veil import veiled_changes, veiled_messages, veiled_values
from tests.report.example import change, changes, messages, values


def sentence(value: str | None, text: str, code: str = "barcode-in-use", field: str = "barcode", show: bool = False) -> str:
    return veiled_messages(messages((code, "refused", 1, None, "1000001", field, value, text)), show)["text"][0]


def test_the_value_is_cut_out_of_its_sentence():
    assert (
        sentence("P 17", "The barcode P 17 at NORTH belongs to patron 1000017.")
        == "The barcode (hidden) at NORTH belongs to patron 1000017."
    )


def test_a_short_value_leaves_the_keys_that_contain_it_alone():
    assert (
        sentence("17", "The barcode 17 at NORTH belongs to patron 1000017.") == "The barcode (hidden) at NORTH belongs to patron 1000017."
    )


@pytest.mark.parametrize("end", [".", ",", " ", ")"])
def test_a_value_at_the_start_or_before_a_mark_is_cut_too(end):
    assert sentence("XY", f"XY{end} and (no XY{end}") == f"(hidden){end} and (no (hidden){end}"


def test_a_sentence_that_tells_a_second_value_becomes_general():
    made = sentence("P 17", "The barcode P 17 belongs to patron 1000017, so that this patron got P 99.", "barcode-autoassigned")
    assert "P 99" not in made
    assert "P 17" not in made


def test_shown_values_stay_and_secrets_never_do():
    assert sentence("P 17", "P 17 is used.", show=True) == "P 17 is used."
    assert sentence("S3cret", "S3cret is weak.", field="password", show=True) == "*** is weak."


def test_a_message_without_value_keeps_its_sentence():
    assert sentence(None, "No barcode.") == "No barcode."
    assert sentence("", "No barcode.") == "No barcode."


def test_no_value_stays_no_value():
    made = veiled_values(values((1, "homeroom", None, "204"), (1, "password", None, "x")), False)
    assert made.select("before", "after").rows() == [(None, "(hidden)"), (None, "***")]


def test_a_reason_becomes_its_rule_in_general_words():
    given = changes(change(1, "delete", rule="graduated_seniors", reason="grade 12, graduated 2026, no transactions"), change(2, "update"))
    assert veiled_changes(given, False)["reason"].to_list() == ["a graduated senior without transactions", None]
