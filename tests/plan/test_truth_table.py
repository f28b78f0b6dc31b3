"""The most important rule as one table: what a cell does, by `when_blank`, `write`, what the store has, and add or update.

The table stands in tests/golden/truth_table.txt. `UPDATE_GOLDEN=1` writes it anew: read the difference before you keep it.
"""

from __future__ import annotations

import os
from itertools import product
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from runner.frames import MALFORMED, empty_messages
from runner.intake.rows import Rows
from runner.job.model import Column, Constant, FieldMap, Job
from runner.mapping.fingerprint import field_fingerprint
from runner.mapping.patrons import map_rows
from runner.plan.make import make_plan
from runner.plan.model import Plan
from tests.plan.fake_store import FakeStore
from tests.plan.looking import looked_at
from tests.plan.workbench import NOW, job

pytestmark = pytest.mark.usefixtures("fast_paths")
TABLE = Path(__file__).parents[1] / "golden" / "truth_table.txt"
VALUES = {
    # field: what the file says, what `when_blank: {default: ...}` says, what else the store may have
    "homeroom": ("204", "999", "101"),
    "last_name": ("Ash", "Doe", "Elder"),
    "patron_type": ("Staff", "Volunteer", "Robot"),
    "status": ("Inactive", "Restricted", "Active"),
}
CELLS = ("blank, keep", "blank, clear", "blank, default", "filled")
WRITES = ("always", "on_create", "if_empty", "if_source_changed, no base", "if_source_changed, same base", "if_source_changed, other base")
KEYS = {"add": "100", "empty": "200", "other": "300", "equal": "400"}


def test_the_table_of_the_three_states_is_as_its_page_shows() -> None:
    table = "\n".join(_lines()) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        TABLE.write_text(table, encoding="utf-8")
    assert table == TABLE.read_text(encoding="utf-8")


def _lines() -> list[str]:
    heads = ("field", "cell, when_blank", "write", "add", "update: empty", "update: another", "update: the same")
    found: dict[tuple[str, str, str], list[str]] = {}
    for cell, write in product(CELLS, WRITES):
        # The last name is told alone: an add without one is refused, and says nothing of the other fields.
        for fields in (["homeroom", "patron_type", "status"], ["last_name"]):
            found.update({(field, cell, write): told for field, told in _results(fields, cell, write).items()})
    rows = [heads, *((*about, *found[about]) for about in product(VALUES, CELLS, WRITES))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(heads))]
    told = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    legend = """\
What a cell does to a field. `add`: the new patron's value. `update`: the value after, where the store has nothing, another
value, or what the cell gives (for a blank cell that gives nothing: the text of the filled one). `-` is empty; `=` is left as
it is; a code in brackets is the message that is given. `same base`, `other base`: what the job last sent is what the cell
gives now, or something else.
""".splitlines()
    return [*legend, "", *told]


def _results(fields: list[str], cell: str, write: str) -> dict[str, list[str]]:
    """For each field what the table says of add and the three updates."""
    meant = {
        field: {"blank, keep": None, "blank, clear": "", "blank, default": VALUES[field][1], "filled": VALUES[field][0]}[cell]
        for field in fields
    }
    made = _job(fields, cell, write.split(",")[0])
    store = _store({field: (VALUES[field][2], meant[field] or VALUES[field][0]) for field in fields})
    if write.endswith(("same base", "other base")):
        defaulted = {**meant, "patron_type": meant.get("patron_type") or "Student"}  # the mapping fills in the site's default
        store.bases = [
            {"patron_id": person["id"], "field": field.target, "value": value, "fingerprint": field_fingerprint(made, field)}
            for person in store.people
            for field in made.properties.fields
            if field.target in fields
            for value in [(defaulted[field.target] or "") if write.endswith("same base") else "what was sent before"]
        ]
    cells = {field: VALUES[field][0] if cell == "filled" else "" for field in fields}
    mapped = map_rows(_rows(cells), made)
    plan = make_plan(made, mapped, store, kind="full", now=NOW, among=looked_at(made, mapped, store))
    return {field: _column(field, plan, store) for field in fields}


def _column(field: str, plan: Plan, store: FakeStore) -> list[str]:
    before = {person["district_id"]: person[field] for person in store.people}
    ids = {person["id"]: person["district_id"] for person in store.people}
    after = {row["district_id"]: row[field] for row in plan.adds.to_dicts()}
    after |= {ids[row["patron_id"]]: row.get(field, before[ids[row["patron_id"]]]) for row in plan.updates.to_dicts()}
    said = [(row["patron"], row["code"]) for row in plan.messages.to_dicts() if row["field"] == field]
    return [_told(key, before, after, [code for patron, code in said if patron == key]) for key in KEYS.values()]


def _told(key: str, before: dict[str, Any], after: dict[str, Any], codes: list[str]) -> str:
    messages = "".join(f" [{code}]" for code in codes)
    if key not in after and key not in before:
        return f"refused{messages}"
    if key not in after or (key in before and after[key] == before[key]):
        return f"={messages}"
    return f"{after[key] or '-'}{messages}"


def _job(fields: list[str], cell: str, write: str) -> Job:
    keys = [name for name in ("district_id", "site", "barcode", "last_name") if name not in fields]
    blank = cell.removeprefix("blank, ")
    when_blank: dict[str, Any] = {"clear": "clear", "keep": "keep", "filled": "keep"}
    tested = [
        FieldMap(field, Column(f"tested {field}"), when_blank=when_blank.get(blank, Constant(VALUES[field][1])), write=write)  # type: ignore[arg-type]
        for field in fields
    ]
    return job(keys, fields_besides=tested)


def _store(values: dict[str, tuple[str, str]]) -> FakeStore:
    """The patrons of the three updates: one whose fields are empty, one with other values, one with the same."""
    store = FakeStore()
    for number, name in enumerate(("empty", "other", "equal")):
        own = {field: (None, *given)[number] for field, given in values.items()}
        store.add_person(**{"district_id": KEYS[name], "site": "NORTH", "barcode": f"A{KEYS[name]}", "last_name": "Elm", **own})
    store.types = ["Robot", "Volunteer"]
    return store


def _rows(tested: dict[str, str]) -> Rows:
    names = ["line", "district_id", "site", "barcode", "last_name", *(f"tested {field}" for field in tested)]
    cells = [(line, key, "NORTH", f"A{key}", "Elm", *tested.values()) for line, key in enumerate(KEYS.values(), start=2)]
    frame = pl.DataFrame(cells, schema=names, orient="row").with_columns(pl.col("line").cast(pl.UInt32))
    return Rows(frame.lazy(), pl.DataFrame(schema=MALFORMED), len(cells), tuple(names[1:]), empty_messages())
