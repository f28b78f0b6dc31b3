"""The records as a whole: columns and dtypes, messages in order, malformed rows and notes, the row hash."""

from __future__ import annotations

import subprocess
import sys

import polars as pl
import pytest

from runner.frames import MALFORMED, MESSAGES, messages_from
from runner.job.model import Case, CirculationProperties, Column, Constant, MapValues, PatronProperties, Template
from runner.mapping import batches
from runner.mapping.patrons import map_rows


def test_the_frame_has_the_columns_and_dtypes_that_records_promise(mapped, field):
    frame = mapped({"X": ["a"]}, field("status", "X"), field("nickname", "X"), field("password", "X")).frame
    assert dict(frame.schema) == {
        "line": pl.UInt32,
        "row_hash": pl.UInt64,
        "district_id": pl.String,
        "site": pl.String,
        "status": pl.String,
        "nickname": pl.String,
        "status_given": pl.String,
        "delete_asked": pl.Boolean,
        "associate_asked": pl.Boolean,
        "barcode_too_long": pl.Boolean,
        "refusal": pl.String,
    }


def test_messages_have_their_schema_even_when_there_are_none(mapped):
    assert mapped({"X": ["a"]}).messages.schema == MESSAGES


def test_messages_come_by_line_and_those_about_the_file_first(job, field, rows_of):
    note = messages_from(pl.DataFrame({"line": [None]}, schema={"line": pl.UInt32}), "no-final-line-end", "warning", "the end is missing")
    malformed = pl.DataFrame({"line": [3], "reason": ["4 cells where the header has 5"]}, schema=MALFORMED)
    rows = rows_of({"I": ["", "1", ""], "S": ["NORTH"] * 3}, malformed=malformed, notes=note, rows_read=4)
    properties = PatronProperties("district_id", (field("district_id", "I"), field("site", "S")))
    records = map_rows(rows, job(properties))
    assert records.messages.select("code", "line").rows() == [
        ("no-final-line-end", None),
        ("district-id-missing", 2),
        ("row-malformed", 3),
        ("district-id-missing", 4),
    ]
    assert "4 cells where the header has 5" in records.messages.row(2, named=True)["text"]
    assert (records.rows_read, records.malformed, records.frame.height) == (4, 1, 3)


def test_no_message_text_holds_a_value(mapped, field):
    records = mapped({"X": ["Zanzibar" * 30]}, *(field(target, "X") for target in ("homeroom", "gender", "birth_date", "site", "email_1")))
    assert records.messages.height == 5
    assert not [text for text in records.messages.get_column("text") if "Zanzibar" in text]


def test_a_source_column_may_be_called_like_a_field(mapped, field):
    cells = {"site": ["Ann"], "homeroom": ["SOUTH"], "row_hash": ["x"], "refusal": ["y"]}
    records = mapped(
        cells, field("first_name", "site"), field("site", "homeroom"), field("nickname", "row_hash"), field("last_name", "refusal")
    )
    assert records.frame.select("first_name", "site", "nickname", "last_name", "refusal").rows() == [("Ann", "SOUTH", "x", "y", None)]


def test_many_batches_give_what_one_gives(mapped, field, monkeypatch):
    cells = {"X": [f" {'' if n % 7 == 0 else n} " for n in range(1000)]}
    fields = (field("homeroom", "X", when_blank="clear"), field("graduation_year", "X"))
    whole = mapped(cells, *fields)
    monkeypatch.setattr(batches, "BATCH_ROWS", 64)
    parts = mapped(cells, *fields)
    assert parts.frame.equals(whole.frame)
    assert parts.messages.equals(whole.messages)


def test_a_job_that_names_no_column_still_makes_records(job, field, rows_of):
    properties = PatronProperties("district_id", (field("district_id", Constant("1")), field("site", Constant("NORTH"))))
    records = map_rows(rows_of({"X": ["a", "b"]}), job(properties))
    assert records.frame.select("district_id", "site", "row_hash").rows() == [("1", "NORTH", 0)] * 2


def test_a_patrons_mapping_does_not_take_a_circulation_job(job, rows_of):
    with pytest.raises(TypeError):
        map_rows(rows_of({"X": ["a"]}), job(CirculationProperties("fines", "district_id", ())))


# --- the row hash -----------------------------------------------------------------------------------------------
def _hashes(records):
    return records.frame.get_column("row_hash").to_list()


def test_equal_cells_hash_alike_wherever_the_row_stands(mapped, field):
    one, two, three = _hashes(mapped({"#id": ["1", "1", "1"], "X": ["a", "b", "a"]}, field("homeroom", "X")))
    assert one == three != two


def test_the_hash_sees_every_column_that_a_rule_or_a_template_names(mapped, field):
    maps = MapValues({"a": Template(("x", Column("Y")))}, None)
    cells = {"#id": ["1", "1"], "X": ["a", "a"], "Y": ["1", "2"]}
    one, two = _hashes(mapped(cells, field("homeroom", "X", maps)))
    assert one != two


def test_the_hash_does_not_see_columns_that_the_job_does_not_name(mapped, field):
    one, two = _hashes(mapped({"#id": ["1", "1"], "X": ["a", "a"], "SSN": ["1", "2"]}, field("homeroom", "X")))
    assert one == two


def test_the_hash_leaves_the_password_out(mapped, field):
    one, two = _hashes(mapped({"#id": ["1", "1"], "P": ["s3cret", "other"]}, field("password", "P")))
    assert one == two


def test_a_changed_password_is_still_seen_in_the_passwords(mapped, field):
    records = mapped({"#id": ["1", "1"], "P": ["s3cret", "other"]}, field("password", "P", Case("lower")))
    assert records.passwords.get_column("password").to_list() == ["s3cret", "other"]


def test_the_hash_does_not_depend_on_the_order_of_columns_or_fields(mapped, field):
    one = _hashes(mapped({"X": ["a"], "Y": ["b"]}, field("homeroom", "X"), field("nickname", "Y")))
    two = _hashes(mapped({"Y": ["b"], "X": ["a"]}, field("nickname", "Y"), field("homeroom", "X")))
    assert one == two


def test_the_hash_is_the_same_in_every_process(mapped, field):
    """A stored baseline is of no use otherwise; a new polars may change it, and the stored HASH_VERSION with it."""
    program = "import polars as pl; print(pl.DataFrame({'a': ['x', 'ab' * 20], 'b': ['', 'é']}).hash_rows(seed=0).to_list())"
    printed = {subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout for _ in range(2)}
    assert len(printed) == 1
