"""Circulation rows: exact cents, due dates, items, keys, and what is refused."""

from __future__ import annotations

import polars as pl
import pytest

from runner.job.model import CirculationProperties, DateFormat, Replace
from runner.job.model import Test as Ask
from runner.mapping.circulation import map_circulation


@pytest.fixture
def loaded(job, field, rows_of):
    def run(table, cells, *fields, match_by="district_id", **settings):
        height = len(next(iter(cells.values())))
        keys = {"#id": ["1"] * height, "#site": ["017"] * height, "#code": ["P 1"] * height}
        named = {each.target for each in fields}
        key = ("district_id", "#id") if match_by == "district_id" else ("barcode", "#code")
        given = tuple(field(target, column) for target, column in (key, ("site", "#site")) if target not in named)
        properties = CirculationProperties(table, match_by, (*given, *fields), **settings)
        return map_circulation(rows_of({**keys, **cells}), job(properties))

    return run


AMOUNTS = [
    ("12.50", 1250), ("12.5", 1250), ("12.", 1200), ("12", 1200), (".75", 75), ("-3", -300), ("-.05", -5), ("+0.10", 10), ("0", 0),
    ("0.29", 29), ("1.10", 110), ("9999999999999.99", 999999999999999), ("007", 700),
    ("12.505", None), ("12.500", None), ("$12.50", None), ("1,250", None), ("1,50", None), ("1e3", None), ("", None), ("-", None),
    (".", None), ("1 2", None), ("１２", None), ("(3.00)", None), ("99999999999999", None), ("NaN", None), ("inf", None), ("--3", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "cents"), AMOUNTS)
def test_an_amount_is_whole_cents_or_refused(loaded, field, text, cents):
    frame = loaded("fines", {"A": [text]}, field("amount", "A")).frame
    assert frame.select("amount_cents", "refusal").rows() == [(cents, None if cents is not None else "amount-invalid")]


def test_a_refused_amount_is_told_with_its_line_and_value(loaded, field, told):
    records = loaded("fines", {"A": ["1.00", "$5"]}, field("amount", "A"))
    assert told(records) == [("amount-invalid", 3, "A", "amount", "$5")]
    assert records.messages.get_column("severity").to_list() == ["refused"]


def test_a_step_may_take_the_currency_sign_out(loaded, field):
    assert loaded("fines", {"A": ["$1.25"]}, field("amount", "A", Replace("$", ""))).frame.get_column("amount_cents").to_list() == [125]


@pytest.mark.parametrize("table", ["checkouts", "holds"])
def test_an_entry_without_an_item_is_refused(loaded, field, told, table):
    records = loaded(table, {"I": ["", "T 1"]}, field("item_barcode", "I"))
    assert records.frame.select("item_barcode", "refusal").rows() == [(None, "item-barcode-missing"), ("T 1", None)]
    assert told(records) == [("item-barcode-missing", 2, "I", "item_barcode", None)]


def test_a_due_date_that_cannot_be_read_is_left_out_with_a_warning(loaded, field, told):
    fields = (field("item_barcode", "I"), field("due_date", "D", DateFormat("%m/%d/%Y")))
    records = loaded("checkouts", {"I": ["T"] * 3, "D": ["12/24/2026", "24/12/2026", ""]}, *fields)
    assert records.frame.select("due_date", "refusal").rows() == [("2026-12-24", None), (None, None), (None, None)]
    assert told(records) == [("due-date-invalid", 3, "D", "due_date", "24/12/2026")]


def test_a_due_date_without_a_format_is_an_iso_date(loaded, field):
    frame = loaded("checkouts", {"I": ["T"], "D": ["2026-12-24"]}, field("item_barcode", "I"), field("due_date", "D")).frame
    assert frame.get_column("due_date").to_list() == ["2026-12-24"]


def test_the_frame_of_each_table(loaded, field):
    fines = loaded("fines", {"A": ["1"]}, field("amount", "A")).frame
    assert list(fines.schema.items())[2:] == [
        ("district_id", pl.String), ("site", pl.String), ("amount_cents", pl.Int64), ("refusal", pl.String),
    ]  # fmt: skip
    holds = loaded("holds", {"I": ["T"]}, field("item_barcode", "I"), match_by="site_and_barcode").frame
    assert holds.columns == ["line", "row_hash", "barcode", "site", "item_barcode", "refusal"]
    checkouts = loaded("checkouts", {"I": ["T"]}, field("item_barcode", "I")).frame
    assert checkouts.columns == ["line", "row_hash", "district_id", "site", "item_barcode", "due_date", "refusal"]


def test_equal_rows_are_separate_entries(loaded, field):
    assert loaded("fines", {"A": ["1", "1"]}, field("amount", "A")).frame.get_column("amount_cents").to_list() == [100, 100]


@pytest.mark.parametrize(("site", "refusal"), [("018", None), ("", "site-missing"), ("XX", "site-unknown")])
def test_a_site_is_judged_where_it_is_mapped(loaded, field, site, refusal):
    records = loaded("fines", {"A": ["1"], "S": [site]}, field("amount", "A"), field("site", "S"))
    assert records.frame.get_column("refusal").to_list() == [refusal]


def test_a_job_that_matches_by_district_id_may_do_without_sites(job, field, rows_of):
    properties = CirculationProperties("fines", "district_id", (field("district_id", "I"), field("amount", "A")))
    frame = map_circulation(rows_of({"I": ["1", ""], "A": ["1", "1"]}), job(properties)).frame
    assert frame.select("site", "refusal").rows() == [(None, None), (None, "district-id-missing")]


def test_matching_by_barcode_needs_one_in_circulation_too(loaded, field):
    records = loaded("fines", {"A": ["1"], "B": [""]}, field("amount", "A"), field("barcode", "B"), match_by="site_and_barcode")
    assert records.frame.get_column("refusal").to_list() == ["barcode-missing"]


def test_skipped_rows_of_circulation_are_counted_and_left_out(loaded, field):
    records = loaded("fines", {"A": ["1", "2"]}, field("amount", "A"), skip_when=Ask("A", "equals", "1"))
    assert (records.frame.height, records.skipped, records.rows_read) == (1, 1, 2)


def test_an_empty_file_has_the_columns_of_any_other(loaded, field):
    frame = loaded("fines", {"A": []}, field("amount", "A")).frame
    assert frame.height == 0
    assert frame.schema["amount_cents"] == pl.Int64
