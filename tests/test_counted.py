"""Numbers and their nouns agree."""

from __future__ import annotations

import pytest

from runner.counted import counted, seconds


@pytest.mark.parametrize(("count", "told"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (1_200, "1,200 rows")])
def test_a_noun_agrees_with_its_number(count: int, told: str) -> None:
    assert counted(count, "row", "rows") == told


@pytest.mark.parametrize(("amount", "told"), [(1.0, "1 second"), (0.5, "0.5 seconds"), (20.0, "20 seconds")])
def test_a_second_is_one(amount: float, told: str) -> None:
    assert seconds(amount) == told
