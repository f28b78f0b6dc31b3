"""The gate that remembers the last accepted file."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from runner.errors import FileRefused
from runner.frames import MESSAGES
from runner.intake.health import check_health, key_shapes
from runner.intake.rows import InputHistory, KeyShape

NUMBERS = KeyShape("id", {"9999999": 0.98, "A999": 0.02})


def health(rows: int, history: InputHistory | None, *shapes: KeyShape, **more: Any) -> list[tuple[str, str]]:
    found = check_health(rows, history, shapes, **{"sha256": "new", "min_rows_percent": 50, **more})
    assert found.schema == MESSAGES
    return found.select("code", pl.col("severity").cast(pl.String)).rows()


def test_without_a_history_nothing_is_compared() -> None:
    assert health(1, None, NUMBERS) == []


def test_as_many_rows_as_the_least_percentage_pass() -> None:
    assert health(500, InputHistory("old", 1_000)) == []


def test_fewer_rows_refuse_the_file() -> None:
    with pytest.raises(FileRefused) as refused:
        health(499, InputHistory("old", 1_000))
    assert refused.value.code == "file-shrunk"
    assert "499" in refused.value.text
    assert "1,000" in refused.value.text


def test_a_file_whose_rows_are_malformed_is_not_called_short_without_saying_so() -> None:
    with pytest.raises(FileRefused, match=r"0 good rows \(and 50 malformed\)"):
        health(0, InputHistory("old", 51), malformed=50)


def test_a_person_takes_a_shrunk_file() -> None:
    assert health(3, InputHistory("old", 1_000), accept="summer") == [("input-shrunk", "warning")]


def test_a_shrunk_circulation_file_is_a_warning_where_it_may_be_empty() -> None:
    assert health(0, InputHistory("old", 1_000), allow_shrunk=True) == [("input-shrunk", "warning")]


def test_a_percentage_that_is_no_number_never_passes() -> None:
    with pytest.raises(FileRefused):
        health(1_000, InputHistory("old", 1_000), min_rows_percent=float("nan"))


def test_a_site_that_the_district_no_longer_names_refuses_the_file_where_sites_are_matched_by() -> None:
    history = InputHistory("old", 1_000, sites={"NORTH": 400, "SOUTH": 600, "GONE": 0})
    assert health(1_000, history) == []
    assert health(1_000, history, sites={"NORTH", "SOUTH"}) == []
    with pytest.raises(FileRefused, match="had 400 rows of the site 'NORTH'") as refused:
        health(1_000, history, sites={"SOUTH"})
    assert refused.value.code == "site-gone"


def test_a_person_takes_a_file_after_a_site_is_gone() -> None:
    history = InputHistory("old", 1_000, sites={"NORTH": 400, "SOUTH": 600})
    assert health(600, history, sites={"SOUTH"}, accept="closed") == [("input-site-gone", "warning")]


def test_the_same_bytes_are_a_note() -> None:
    assert health(1_000, InputHistory("same", 1_000), sha256="same") == [("input-unchanged", "note")]


def test_a_key_column_that_looks_different_refuses_the_file() -> None:
    with pytest.raises(FileRefused) as refused:
        health(10, InputHistory("old", 10, (NUMBERS,)), KeyShape("id", {"999.99A+99": 0.6, "9999999": 0.4}))
    assert refused.value.code == "file-reshaped"
    assert "9999999" in refused.value.text


def test_a_person_takes_a_reshaped_file() -> None:
    history = InputHistory("old", 10, (NUMBERS,))
    assert health(10, history, KeyShape("id", {"A999": 1.0}), accept="summer") == [("input-reshaped", "warning")]


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({"9999999": 0.98}, {"9999999": 0.5, "A": 0.5}),  # half is enough
        ({"9999999": 0.94, "A": 0.06}, {"A": 1.0}),  # nothing was usual before
        ({"9999999": 1.0}, {}),  # no rows today: other gates tell that
        ({"9999999": 0.4, "": 0.6}, {"9999999": 0.2, "": 0.8}),  # half of those that had one
        ({"9999999": 0.4, "A": 0.1, "": 0.5}, {"": 1.0}),  # nothing was usual before
    ],
)
def test_key_columns_that_still_look_alike_pass(before: dict[str, float], now: dict[str, float]) -> None:
    assert health(10, InputHistory("old", 10, (KeyShape("id", before),)), KeyShape("id", now)) == []


@pytest.mark.parametrize("before", [{"9999999": 1.0}, {"9999999": 0.4, "": 0.6}])
def test_a_key_column_that_is_suddenly_blank_is_refused(before: dict[str, float]) -> None:
    with pytest.raises(FileRefused, match="look different"):
        health(10, InputHistory("old", 10, (KeyShape("id", before),)), KeyShape("id", {"": 0.9, "9999999": 0.1}))


def test_a_key_column_that_is_new_is_not_compared() -> None:
    assert health(10, InputHistory("old", 10, (NUMBERS,)), KeyShape("other", {"A": 1.0})) == []


def test_shapes_tell_length_and_kind() -> None:
    frame = pl.DataFrame({"id": ["0012", "9999", "12", "P-12", "Ä9", "", None, "４2"]})
    [shape] = key_shapes(frame, ["id"])
    assert shape.column == "id"
    assert shape.patterns == pytest.approx({"9999": 2 / 8, "99": 2 / 8, "A-99": 1 / 8, "A9": 1 / 8, "": 2 / 8})


def test_only_the_commonest_shapes_are_kept() -> None:
    [shape] = key_shapes(pl.DataFrame({"id": ["1" * n for n in range(1, 41)] + ["123"] * 60}), ["id"])
    assert len(shape.patterns) == 10
    assert next(iter(shape.patterns)) == "999"


def test_a_shape_never_holds_a_value() -> None:
    [shape] = key_shapes(pl.DataFrame({"id": ["Canary" * 100]}), ["id"])
    assert set(shape.patterns) == {"A" * 60}


def test_shapes_are_taken_of_lazy_frames_and_of_several_columns() -> None:
    frame = pl.LazyFrame({"id": ["1"], "site": ["NORTH"], "none": [""]})
    assert key_shapes(frame, ["site", "none"]) == (KeyShape("site", {"AAAAA": 1.0}), KeyShape("none", {"": 1.0}))
