"""Values that repeat are kept once, and say the same."""

from __future__ import annotations

from runner.frames import as_text
from runner.job.model import PatronProperties
from runner.mapping import batches
from runner.mapping.patrons import map_rows
from runner.mapping.repeating import KEPT_ONCE


def test_repeating_columns_of_a_first_load_hold_the_same_texts_in_less(job, field, rows_of, monkeypatch):
    monkeypatch.setenv("RUNNER_FAST_PATHS", "on")
    monkeypatch.setattr(batches, "BATCH_ROWS", 64)
    cells = {
        "id": [f"{n}" for n in range(300)],
        "room": [("A", "B", "", " ")[n % 4] for n in range(300)],
        "mail": [f"a{n}@b.example" for n in range(300)],
        "site": ["NORTH"] * 300,
    }
    fields = (field("district_id", "id"), field("site", "site"), field("homeroom", "room", when_blank="clear"), field("email_1", "mail"))
    properties = PatronProperties("district_id", fields)
    usual = map_rows(rows_of(cells), job(properties))
    compact = map_rows(rows_of(cells), job(properties), nobody_known=True)
    assert {name: f"{dtype}" for name, dtype in compact.frame.schema.items() if dtype != usual.frame.schema[name]} == {
        "homeroom": "Categorical"
    }
    assert as_text(compact.frame).equals(usual.frame)
    assert compact.of_lines(compact.frame["line"][:3]).equals(usual.frame[:3])


def test_fields_that_patrons_are_matched_and_contested_by_stay_text():
    assert not {"site", "barcode", "district_id", "username", "patron_type", "access_level", "resource_group"} & set(KEPT_ONCE)
    assert "address_1_city" in KEPT_ONCE
