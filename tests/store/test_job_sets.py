"""A job's sets of numbers: what is put is what is read, and a night that changes little writes little."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.store.commit import Former
from runner.store.job_sets import Next, Stored, get_set, next_beside, next_set, numbers_of, stored_as, stored_beside, stored_set, write_set
from runner.store.store import open_store

NUMBERS = st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 40), max_size=60)


def series(numbers: list[int]) -> pl.Series:
    return pl.Series("values", numbers, dtype=pl.UInt64)


def after(stored: Stored | None, made: Next | None) -> Stored | None:
    if made is None:
        return stored
    content = made.content if made.content is not None else (stored.content if stored else b"")
    return Stored(content, made.changes, made.mark)


@settings(max_examples=60, deadline=None)
@given(nights=st.lists(NUMBERS, min_size=1, max_size=5))
def test_what_was_put_is_what_is_read_night_after_night(nights: list[list[int]]) -> None:
    stored: Stored | None = None
    for numbers in nights:
        stored = after(stored, next_set(stored, series(numbers)))
        assert stored is not None
        assert numbers_of(stored.content, stored.changes).to_list() == sorted(set(numbers))


@settings(max_examples=100, deadline=None)
@given(data=st.data(), first=NUMBERS)
def test_what_is_known_of_a_set_does_instead_of_its_large_cell(data: st.DataObject, first: list[int]) -> None:
    whole, stored = first, after(None, next_set(None, series(first)))
    for _ in range(data.draw(st.integers(1, 4))):
        assert stored is not None
        stays = [data.draw(st.booleans()) for _ in whole]
        again = [number for number, kept in zip(whole, stays, strict=True) if kept]
        gone = [number for number, kept in zip(whole, stays, strict=True) if not kept]
        numbers = data.draw(NUMBERS) + again
        made = next_beside(Stored(b"", stored.changes, stored.mark), Former(series(whole), series(gone), len(again)), series(numbers))
        stored, whole = after(stored, made), numbers
        assert stored is not None
        assert numbers_of(stored.content, stored.changes).to_list() == sorted(set(numbers))


@pytest.mark.parametrize(
    "former",
    [
        Former(series([1, 2, 3]), series([2]), 2),
        Former(series([1, 2, 3, 9]), series([]), 4),
        Former(series([]), series([]), 0),
        Former(series([1, 2, 3, 4]), series([4]), 500),
    ],
    ids=["a number forgotten", "a number too many", "nothing", "more than there are"],
)
def test_what_does_not_add_up_has_the_large_cell_written_anew(former: Former) -> None:
    stored = after(None, next_set(None, series([1, 2, 3, 4])))
    assert stored is not None
    made = next_beside(stored, former, series([7, 1, 3, 4]))
    assert made is not None
    assert made.content is not None
    assert numbers_of(made.content, made.changes).to_list() == [1, 3, 4, 7]


def test_marks_tell_how_often_a_number_stands_there() -> None:
    stored = after(None, next_set(None, series([1, 7, 7])))
    assert next_set(stored, series([1, 8, 8])) is not None


def test_a_few_changes_leave_the_large_cell_as_it_is() -> None:
    first = after(None, next_set(None, series(list(range(1000)))))
    made = next_set(first, series([*range(3, 1000), 5000]))
    assert made is not None
    assert made.content is None
    assert len(made.changes or b"") < 1000


def test_many_changes_write_it_anew() -> None:
    first = after(None, next_set(None, series(list(range(1000)))))
    made = next_set(first, series(list(range(500, 1500))))
    assert made is not None
    assert made.content is not None
    assert made.changes is None


def test_the_same_numbers_in_another_order_write_nothing() -> None:
    first = after(None, next_set(None, series([3, 1, 2])))
    assert next_set(first, series([1, 2, 3])) is None


def test_a_set_that_comes_back_to_its_cell_has_no_changes_left() -> None:
    first = after(None, next_set(None, series(list(range(1000)))))
    second = after(first, next_set(first, series(list(range(999)))))
    third = next_set(second, series(list(range(1000))))
    assert third is not None
    assert (third.content, third.changes) == (None, None)


@pytest.mark.parametrize("nights", [[[1, 2, 3], [1, 2, 3, 4]], [list(range(100)), list(range(1, 100)), list(range(100)), [7]]])
def test_the_store_gives_each_night_what_it_was_given(tmp_path: Path, nights: list[list[int]]) -> None:
    store = open_store(tmp_path / "patrons.db", create=True, now=datetime(2026, 10, 15, tzinfo=UTC))
    for numbers in nights:
        with store.session() as session:
            write_set(session, "demo/students", "baseline", next_set(stored_set(session, "demo/students", "baseline"), series(numbers)))
            found = get_set(session, "demo/students", "baseline")
        assert found is not None
        assert found.to_list() == sorted(numbers)


def test_a_set_that_already_holds_the_numbers_is_told_without_its_cells(tmp_path: Path) -> None:
    store = open_store(tmp_path / "patrons.db", create=True, now=datetime(2026, 10, 15, tzinfo=UTC))
    with store.session() as session:
        assert stored_as(session, "demo/students", "baseline", series([1, 2, 3])) is None
        write_set(session, "demo/students", "baseline", next_set(None, series([1, 2, 3])))
        same = stored_as(session, "demo/students", "baseline", series([3, 1, 2]))
        assert next_set(same, series([1, 2, 3])) is None
        for other in ([1, 2], [1, 2, 3, 3], [1, 2, 4]):
            assert stored_as(session, "demo/students", "baseline", series(other)) is None


def test_a_set_beside_its_large_cell_has_the_changes_and_the_mark(tmp_path: Path) -> None:
    store = open_store(tmp_path / "patrons.db", create=True, now=datetime(2026, 10, 15, tzinfo=UTC))
    with store.session() as session:
        assert stored_beside(session, "demo/students", "baseline") is None
        for numbers in (range(100), range(1, 100)):
            write_set(
                session, "demo/students", "baseline", next_set(stored_set(session, "demo/students", "baseline"), series(list(numbers)))
            )
        whole, beside = stored_set(session, "demo/students", "baseline"), stored_beside(session, "demo/students", "baseline")
    assert whole is not None
    assert beside == Stored(b"", whole.changes, whole.mark)
