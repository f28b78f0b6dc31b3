"""Usernames are the same when Python folds them alike, and no row of Python is needed to say so."""

from __future__ import annotations

import unicodedata

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.plan.usernames import username_key

LETTERS = [chr(code) for code in range(1, 0x20000) if unicodedata.category(chr(code)) not in ("Cn", "Cs")]


def folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def test_every_letter_is_folded_as_python_folds_it() -> None:
    names = [*LETTERS, *(f"a{letter}B" for letter in LETTERS), *(f"A{letter}" for letter in LETTERS)]
    keys = username_key(pl.Series(names)).to_list()
    assert [name for name, key in zip(names, keys, strict=True) if key != folded(name)] == []


@given(st.lists(st.text(alphabet=LETTERS, min_size=1), max_size=5))
@settings(max_examples=100, deadline=None)
def test_every_name_is_folded_as_python_folds_it(names: list[str]) -> None:
    assert username_key(pl.Series(names, dtype=pl.String)).to_list() == [folded(name) for name in names]


def test_no_name_has_no_key() -> None:
    assert username_key(pl.Series([None, "", "Ann"])).to_list() == [None, None, "ann"]


def test_a_name_in_pieces_has_the_key_of_the_whole_one() -> None:
    assert username_key(pl.Series(["Rene\u0301", "RENÉ"])).to_list() == ["rené", "rené"]
