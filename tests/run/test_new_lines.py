"""The lines of new patrons are put side by side as joining them would."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from runner.frames import CHANGES, OUTCOME_ROWS, SETTLED
from runner.plan.model import Plan, changeless
from runner.run.new_lines import lines_of_new_patrons
from runner.run.remember import _plain, _settled
from runner.store.commit import Written

LINES = st.lists(st.integers(2, 40), unique=True, max_size=25).map(sorted)


def plan_of(added: list[int]) -> Plan:
    changes = pl.DataFrame(
        {"ref": range(1, len(added) + 1), "line": added, "action": ["add"] * len(added), "cause": ["file"] * len(added)},
        schema={name: CHANGES[name] for name in ("ref", "line", "action", "cause")},
    )
    return replace(changeless("full", {}, pl.DataFrame(schema=OUTCOME_ROWS)), changes=changes)


def written_of(plan: Plan) -> Written:
    refs = plan.changes["ref"]
    added = pl.DataFrame({"ref": refs, "patron_id": refs.cast(pl.Int64) + 100})
    versions = pl.DataFrame(schema={"patron_id": pl.Int64, "version": pl.Int64})
    return Written(plan, added, versions, pl.Series("line", [], dtype=pl.UInt32))


def settled_of(lines: list[int]) -> pl.DataFrame:
    cells = {"line": lines, "patron_id": None, "version": None, "row_hash": [line * 7 for line in lines], "site": "NORTH"}
    return pl.DataFrame({name: cells[name] for name in SETTLED}, schema=SETTLED) if lines else pl.DataFrame(schema=SETTLED)


def told(lines: list[int], name: str, dtype: type[pl.DataType]) -> pl.DataFrame:
    return pl.DataFrame({"line": lines, name: [line * 3 for line in lines]}, schema={"line": pl.UInt32, name: pl.Int64}).cast({name: dtype})


@settings(deadline=None)
@given(records=LINES, data=st.data())
def test_lines_of_new_patrons_are_as_a_join_gives_them(records, data):
    def some() -> list[int]:
        return [line for line in records if data.draw(st.booleans())]

    plan = replace(plan_of(some()), settled=settled_of(some()))
    hashes, shapes = told(some(), "hash", pl.UInt64), told(records, "shape", pl.String)
    prepared: Any = SimpleNamespace(plan=plan)
    joined = _settled(prepared, written_of(plan)).join(hashes, on="line").join(shapes, on="line").sort("line")
    found = lines_of_new_patrons(plan.settled, written_of(plan), hashes, shapes)
    assert found is not None
    assert _plain(found).equals(_plain(joined))


@pytest.mark.parametrize("change", ["moved", "deleted", "known"])
def test_other_lines_are_left_to_the_join(change):
    plan = replace(plan_of([2, 3]), settled=settled_of([2, 3]))
    written = written_of(plan)
    if change == "moved":
        written = replace(written, moved=pl.Series("line", [2], dtype=pl.UInt32))
    elif change == "deleted":
        written = replace(written, plan=replace(plan, deletes=plan.deletes.vstack(plan.deletes.clear(1))))
    else:
        plan = replace(plan, settled=plan.settled.with_columns(patron_id=pl.lit(5, dtype=pl.Int64)))
    assert lines_of_new_patrons(plan.settled, written, told([2, 3], "hash", pl.UInt64), told([2, 3], "shape", pl.String)) is None
