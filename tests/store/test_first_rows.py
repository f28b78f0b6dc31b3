"""What a first load writes is the same whether values are bound, stand in the statement, or are read from the rows themselves."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from runner.store.store import open_store
from runner.store.write_adds import _alike
from tests.store.plans import NOW, Draft, applied, outside, row_of


@pytest.mark.parametrize("word", ["O'Brien", "x'); DROP TABLE patron; --", "", "1", "a\x00b", "Zoë", "$1", '"', "a-b"])
def test_only_plain_words_stand_in_the_statement(word: str) -> None:
    rows = pl.DataFrame({"state": [word] * 3, "city": ["Mill Brook 2"] * 3, "zip": ["A", "B", "A"], "room": ["A", None, "A"]})
    assert _alike(rows) == {"city": "Mill Brook 2"}
    assert _alike(rows.with_columns(pl.col("city").cast(pl.Categorical))) == {"city": "Mill Brook 2"}


def _journal(folder: Path, draft: Draft, said: list[str]) -> list[list[object]]:
    store = open_store(folder / "patrons.db", create=True, now=NOW)
    applied(store, draft, before_statement=said.append)
    return outside(store, "SELECT * FROM change ORDER BY id")


@pytest.mark.parametrize(
    ("refused", "site", "out_of_the_rows"),
    [((), "NORTH", 1), ((0, 3, 4), "NORTH", 2), ((5,), "O'Hare", 2)],
    ids=["regular", "gaps", "quote"],
)
def test_the_journal_of_a_first_load_is_the_same_out_of_the_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: tuple[int, ...], site: str, out_of_the_rows: int
) -> None:
    draft, said = Draft(), list[str]()
    for number in range(8):
        draft.add(f"{1000 + number}", held=number in refused, site=site)
    monkeypatch.setenv("RUNNER_FAST_PATHS", "off")
    bound = _journal(tmp_path / "bound", draft, [])
    monkeypatch.setenv("RUNNER_FAST_PATHS", "on")
    assert _journal(tmp_path / "read", draft, said) == bound
    assert len(bound) == 8 - len(refused)
    assert len([sql for sql in said if sql.startswith("INSERT INTO change ") and "FROM patron WHERE id BETWEEN" in sql]) == out_of_the_rows


def test_a_change_that_is_no_add_is_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNNER_FAST_PATHS", "on")
    store, said = open_store(tmp_path / "patrons.db", create=True, now=NOW), list[str]()
    first = Draft()
    first.add("1000")
    applied(store, first)
    second = Draft()
    second.add("1001")
    second.change(row_of(store, "1000"), last_name="New")
    applied(store, second, "run-2", before_statement=said.append)
    assert not [sql for sql in said if "FROM patron WHERE id BETWEEN" in sql]
    assert len(outside(store, "SELECT * FROM change")) == 3
