"""Finding one night's lines among another's."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from runner.intake.alignment import positions_among


def _hashes(values: list[int]) -> pl.Series:
    return pl.Series("hash", values, dtype=pl.UInt64)


@given(st.lists(st.integers(0, 60), max_size=80), st.lists(st.integers(0, 60), max_size=60, unique=True))
def test_every_line_is_found_where_it_stands(lines: list[int], known: list[int]) -> None:
    wanted = [known.index(line) if line in known else None for line in lines]
    assert positions_among(_hashes(lines), _hashes(known)).to_list() == wanted


@given(st.integers(0, 300), st.integers(0, 300), st.integers(1, 40), st.booleans())
def test_a_file_with_a_block_put_in_taken_out_or_moved_is_found_whole(at: int, to: int, size: int, moved: bool) -> None:
    known = list(range(1000, 1400))
    block = known[at : at + size]
    rest = known[:at] + known[at + size :]
    lines = rest[:to] + (block if moved else list(range(size))) + rest[to:]
    wanted = [known.index(line) if line >= 1000 else None for line in lines]
    assert positions_among(_hashes(lines), _hashes(known)).to_list() == wanted
