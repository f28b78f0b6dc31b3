"""How values are read by the domain's rules: canonical values, corrections, and the messages with line and column."""

from __future__ import annotations

from datetime import date

import pytest

from runner.fields import FIELDS
from runner.job.model import Boolean, Column, Constant, DateFormat, MapValues, PatronProperties, Regex, Template
from runner.mapping.patrons import map_rows

READ = [
    # field, cell, value: all under `clear`, so that blank is told from absent
    ("status", "A", "Active"),
    ("status", "inactive", "Inactive"),
    ("status", "RESTRICTED", "Restricted"),
    ("status", "W", ""),
    ("status", "", ""),
    ("gender", "f", "F"),
    ("gender", "Male", "M"),
    ("gender", "Nonbinary", "X"),
    ("gender", "unspecified", "U"),
    ("gender", "W", "U"),
    ("gender", "", "U"),
    ("teacher", "yes", "true"),
    ("teacher", "0", "false"),
    ("teacher", "maybe", None),
    ("teacher", "", ""),
    ("acceptable_use_policy", "T", "true"),
    ("graduation_year", "2027", "2027"),
    ("graduation_year", "1899", None),
    ("graduation_year", "2200", None),
    ("graduation_year", "27", None),
    ("graduation_year", "２０２７", None),
    ("graduation_year", "", ""),
    ("birth_date", "2012-02-29", "2012-02-29"),
    ("birth_date", "2013-02-29", None),
    ("birth_date", "45000", None),
    ("birth_date", "", ""),
    ("card_expires", "9999-12-31", "9999-12-31"),
    ("patron_type", "student", "Student"),
    ("patron_type", "Alumni", "Alumni"),
    ("patron_type", "", "Student"),
    ("access_level", "library assistant", "Library Assistant"),
    ("access_level", "Boss", "Patron"),
    ("access_level", "", "Patron"),
    ("resource_group", "Laptops", "Laptops"),
    ("resource_group", "", "Textbooks"),
    ("username", "a" * 50, "a" * 50),
    ("username", "a" * 51, None),
    ("email_3", "a" * 201, None),
    ("barcode", "12345678901234", "12345678901234"),
    ("barcode", "123456789012345", None),
    ("last_name", "é" * 42, "é" * 42),
    ("last_name", "é" * 43, "é" * 42),
    ("address_2_zip", "1" * 21, "1" * 20),
    ("homeroom", "", ""),
]


@pytest.mark.parametrize(("target", "cell", "value"), READ, ids=lambda given: ascii(given)[:24])
def test_a_value_is_read(values, target, cell, value):
    assert values([cell], "X", target=target, when_blank="clear") == [value]


@pytest.mark.parametrize("target", [name for name in FIELDS if name not in ("site", "district_id", "password")])
def test_an_absent_value_stays_absent_and_gives_no_message(mapped, field, target):
    records = mapped({"X": [""]}, field(target, "X"))
    assert records.frame.get_column(target).to_list() == [None]
    assert records.messages.is_empty()


WARNED = [
    # field, cell, code, value shown
    ("homeroom", "x" * 91, "value-truncated", "x" * 91),
    ("username", "u" * 51, "value-too-long", "u" * 51),
    ("email_1", "e" * 300, "value-too-long", "e" * 200 + "..."),
    ("gender", "W", "gender-unspecified", "W"),
    ("gender", "", "gender-unspecified", ""),
    ("birth_date", "31/12/2012", "birth-date-invalid", "31/12/2012"),
    ("card_expires", "soon", "card-expires-invalid", "soon"),
    ("teacher", "maybe", "teacher-invalid", "maybe"),
    ("acceptable_use_policy", "signed", "acceptable-use-policy-invalid", "signed"),
    ("graduation_year", "27", "graduation-year-invalid", "27"),
    ("patron_type", "", "patron-type-defaulted", ""),
    ("access_level", "", "access-level-defaulted", ""),
    ("access_level", "Boss", "access-level-unknown", "Boss"),
    ("resource_group", "", "resource-group-defaulted", ""),
]


@pytest.mark.parametrize(("target", "cell", "code", "shown"), WARNED, ids=lambda given: ascii(given)[:24])
def test_a_warning_names_line_column_field_and_value(mapped, field, told, target, cell, code, shown):
    records = mapped({"X": ["", cell]}, field(target, "X", when_blank="clear"))
    assert (code, 3, "X", target, shown) in told(records)
    assert records.messages.filter(line=3).get_column("severity").to_list() == ["warning"]
    assert records.frame.get_column("refusal").to_list() == [None, None]


QUIET = [("status", "W"), ("status", ""), ("barcode", "1" * 15), ("barcode", ""), ("patron_type", "Alumni"), ("last_name", "")]


@pytest.mark.parametrize(("target", "cell"), QUIET)
def test_what_only_the_store_can_judge_gives_no_message_here(mapped, field, target, cell):
    assert mapped({"X": [cell]}, field(target, "X", when_blank="clear")).messages.is_empty()


def test_an_unknown_status_leaves_its_text_for_the_message(mapped, field):
    frame = mapped({"X": ["W", "A", ""]}, field("status", "X")).frame
    assert frame.select("status", "status_given").rows() == [("", "W"), ("Active", "A"), (None, None)]


def test_a_barcode_that_is_too_long_is_marked_and_kept_for_the_message(mapped, field):
    records = mapped({"X": ["1" * 15, "1" * 14, ""]}, field("barcode", "X"))
    assert records.long_barcodes.rows() == [(2, "1" * 15)]
    frame = records.frame
    assert frame.select("barcode", "barcode_too_long").rows() == [(None, True), ("1" * 14, False), (None, False)]


# --- sites and their defaults -----------------------------------------------------------------------------------
SITES = [
    ("NORTH", "NORTH"),
    ("north", "NORTH"),
    ("017", "NORTH"),
    ("South High", "SOUTH"),
    (" 018 ", "SOUTH"),
    ("17", None),
    ("MEDIA", "MEDIA"),
]


@pytest.mark.parametrize(("cell", "site"), SITES)
def test_a_site_is_known_by_short_name_or_alias(values, cell, site):
    assert values([cell], "X", target="site") == [site]


REFUSED_SITES = [
    ("", "keep", "site-missing", None),
    ("", "clear", "site-missing", ""),
    ("NORTHERN HIGH", "keep", "site-unknown", "NORTHERN HIGH"),
]


@pytest.mark.parametrize(("cell", "when_blank", "code", "shown"), REFUSED_SITES)
def test_a_record_without_a_known_site_is_refused(mapped, field, told, cell, when_blank, code, shown):
    records = mapped({"X": [cell]}, field("site", "X", when_blank=when_blank))
    assert records.frame.select("site", "refusal").rows() == [(None, code)]
    assert told(records) == [(code, 2, "X", "site", shown)]
    assert records.messages.get_column("severity").to_list() == ["refused"]


def test_a_site_outside_the_map_warns_and_refuses(mapped, field, told):
    records = mapped({"X": ["0099"]}, field("site", "X", MapValues({"0017": Constant("NORTH")}, None)))
    assert told(records) == [("value-not-in-map", 2, "X", "site", "0099"), ("site-missing", 2, "X", "site", None)]


@pytest.mark.parametrize("target", ["patron_type", "access_level", "resource_group"])
def test_a_blank_value_at_a_site_without_a_default_is_emptied_without_a_message(mapped, field, target):
    records = mapped({"X": [""], "S": ["SOUTH"]}, field("site", "S"), field(target, "X", when_blank="clear"))
    assert records.frame.get_column(target).to_list() == [""]
    assert records.messages.is_empty()


def test_an_unknown_access_level_at_a_site_without_a_default_leaves_the_old_one(mapped, field):
    records = mapped({"X": ["Boss", "Boss"], "S": ["SOUTH", "NORTH"]}, field("site", "S"), field("access_level", "X"))
    assert records.frame.get_column("access_level").to_list() == [None, "Patron"]
    first, second = records.messages.get_column("text").to_list()
    assert first.endswith("it was left as it was")
    assert second.endswith("the default of the site was used")


def test_a_job_without_a_site_refuses_every_record(job, field, rows_of):
    records = map_rows(rows_of({"I": ["1", "2"]}), job(PatronProperties("district_id", (field("district_id", "I"),))))
    assert records.frame.get_column("refusal").to_list() == ["site-missing"] * 2


# --- keys -------------------------------------------------------------------------------------------------------
def test_a_district_id_is_compared_exactly(values):
    cells = ["0012", "12", "\u00a012", "\u200b12", "a1", "A1"]
    assert values(cells, "X", target="district_id") == ["0012", "12", "12", "\u200b12", "a1", "A1"]


def test_a_missing_district_id_refuses_when_it_is_the_key(mapped, field, told):
    records = mapped({"X": ["", "1"]}, field("district_id", "X"))
    assert records.frame.get_column("refusal").to_list() == ["district-id-missing", None]
    assert told(records) == [("district-id-missing", 2, "X", "district_id", None)]


def test_a_missing_district_id_is_fine_when_it_is_not_the_key(mapped, field):
    records = mapped({"X": [""]}, field("district_id", "X", when_blank="clear"), match_by="site_and_barcode")
    assert records.frame.select("district_id", "refusal").rows() == [("", None)]


@pytest.mark.parametrize("match_by", ["district_id", "site_and_barcode"])
def test_a_district_id_over_40_characters_is_refused(mapped, field, told, match_by):
    records = mapped({"X": ["1" * 41]}, field("district_id", "X"), match_by=match_by)
    assert records.frame.select("district_id", "refusal").rows() == [(None, "district-id-too-long")]
    assert told(records) == [("district-id-too-long", 2, "X", "district_id", "1" * 41)]


@pytest.mark.parametrize(("cell", "code"), [("", "barcode-missing"), ("autoassign", "barcode-missing"), ("1" * 15, "barcode-too-long")])
def test_matching_by_barcode_needs_one(mapped, field, told, cell, code):
    records = mapped({"X": [cell]}, field("barcode", "X"), match_by="site_and_barcode")
    assert records.frame.get_column("refusal").to_list() == [code]
    assert told(records)[0][:4] == (code, 2, "X", "barcode")


def test_of_several_reasons_the_first_is_the_refusal_and_all_are_told(mapped, field, told):
    records = mapped({"X": [""], "S": [""]}, field("district_id", "X"), field("site", "S"))
    assert records.frame.get_column("refusal").to_list() == ["district-id-missing"]
    assert {message[0] for message in told(records)} == {"district-id-missing", "site-missing"}


# --- maps, dates and texts that cannot be read ------------------------------------------------------------------
def test_a_date_is_read_in_the_format_of_the_job(values):
    assert values(["1/5/2012", "2012-01-05"], "X", DateFormat("%m/%d/%Y"), target="birth_date") == ["2012-01-05", None]


TODAY = date(2026, 11, 20)


@pytest.fixture
def born(rows_of, job, field):
    """The dates of birth and the messages of some cells on a day in 2026."""

    def read(cells, *steps, when_blank="keep"):
        keys = (field("district_id", "I"), field("site", "S"))
        properties = PatronProperties("district_id", (*keys, field("birth_date", "X", *steps, when_blank=when_blank)))
        rows = rows_of({"I": [f"{n}" for n in range(len(cells))], "S": ["NORTH"] * len(cells), "X": cells})
        records = map_rows(rows, job(properties), today=TODAY)
        return records.frame["birth_date"].to_list(), records.messages.select("code", "value").rows()

    return read


@pytest.mark.parametrize("form", ["%m/%d/%y", "%D", "%m/%d/%-y"])
def test_a_year_of_birth_with_two_digits_is_one_of_the_hundred_that_end_with_this_year(born, form):
    cells = ["01/02/68", "01/02/69", "01/02/27", "02/29/28", "01/02/26", "02/29/00", "11/20/26"]
    days = ["1968-01-02", "1969-01-02", "1927-01-02", "1928-02-29", "2026-01-02", "2000-02-29", "2026-11-20"]
    assert born(cells, DateFormat(form)) == (days, [])


@pytest.mark.parametrize(("form", "cell"), [("%m/%d/%y", "11/21/26"), ("%m/%d/%Y", "11/21/2026"), ("%Y-%m-%d", "2068-01-02")])
def test_nobody_is_born_tomorrow(born, form, cell):
    (day,), ((code, _),) = born([cell], DateFormat(form), when_blank="clear")
    assert (day, code) == (None, "birth-date-invalid")


def test_a_blank_date_of_birth_is_cleared_where_the_job_says_so(born):
    assert born(["", "01/02/27"], DateFormat("%m/%d/%y"), when_blank="clear") == (["", "1927-01-02"], [])


def test_a_card_may_expire_in_the_years_to_come(values):
    assert values(["01/02/68"], "X", DateFormat("%m/%d/%y"), target="card_expires") == ["2068-01-02"]


def test_a_date_made_by_other_steps_must_be_an_iso_date(values):
    assert values(["d2012-01-05", "x"], "X", Regex("^d", ""), target="birth_date") == ["2012-01-05", None]


def test_the_words_of_the_job_count_for_its_booleans(values):
    assert values(["signed", "yes"], "X", Boolean(("signed",), ("unsigned",)), target="acceptable_use_policy") == ["true", None]


def test_a_value_outside_the_map_is_absent_even_under_clear(mapped, field, told):
    records = mapped({"X": ["z", "a", ""]}, field("homeroom", "X", MapValues({"a": Constant("b")}, None), when_blank="clear"))
    assert records.frame.get_column("homeroom").to_list() == [None, "b", ""]
    assert told(records) == [("value-not-in-map", 2, "X", "homeroom", "z")]


def test_a_date_step_in_a_text_field_has_a_code_of_its_own(mapped, field, told):
    records = mapped({"X": ["spring"]}, field("user_defined_1", "X", DateFormat("%m/%d/%Y")))
    assert told(records) == [("value-unreadable", 2, "X", "user_defined_1", "spring")]


def test_the_message_shows_the_text_that_the_failing_step_met(mapped, field, told):
    steps = (Regex("^x", ""), MapValues({"a": Constant("31.12.2012")}, None), DateFormat("%m.%d.%Y"))
    records = mapped({"X": ["xa", "xb", "a"]}, field("birth_date", "X", *steps))
    assert [message[0::4] for message in told(records)] == [
        ("birth-date-invalid", "31.12.2012"),
        ("value-not-in-map", "b"),
        ("birth-date-invalid", "31.12.2012"),
    ]


def test_a_message_about_a_template_names_all_its_columns(mapped, field, told):
    records = mapped({"X": ["a" * 60], "Y": ["b" * 60]}, field("homeroom", Template((Column("X"), "-", Column("Y")))))
    assert told(records)[0][:3] == ("value-truncated", 2, "X, Y")


# --- passwords --------------------------------------------------------------------------------------------------
def test_passwords_are_listed_apart_and_never_in_the_frame(mapped, field):
    cells = {"X": ["s3cret", "", " pw ", "p" * 51], "U": ["ann", "bob", "cid", "dan"]}
    records = mapped(cells, field("password", "X"), field("username", "U"))
    assert "password" not in records.frame.columns
    assert records.passwords.rows() == [(2, "s3cret"), (4, "pw")]


def test_a_password_is_never_shown(mapped, field):
    cells = {"X": ["hunter2" * 9, "hunter2", "hunter2"], "U": ["ann", "", "cid"]}
    records = mapped(
        cells,
        field("password", "X", MapValues({"hunter2" * 9: Constant("hunter2" * 9), "hunter2": Constant("hunter3")}, None)),
        field("username", "U", when_blank="clear"),
    )
    assert records.messages.select("code", "line", "value").rows() == [
        ("value-too-long", 2, "***"),
        ("password-without-username", 3, "***"),
    ]
    assert "hunter" not in str(records.messages.rows()) + str(records.frame.rows())
    assert records.passwords.get_column("line").to_list() == [4]


def test_a_password_that_the_map_does_not_know_is_not_shown_either(mapped, field):
    records = mapped({"X": ["hunter2"]}, field("password", "X", MapValues({"a": Constant("b")}, None)))
    assert records.messages.select("code", "value").rows() == [("value-not-in-map", "***")]


def test_a_password_with_an_absent_username_is_left_to_the_store(mapped, field):
    records = mapped({"X": ["s3cret"], "U": [""]}, field("password", "X"), field("username", "U"))
    assert records.passwords.rows() == [(2, "s3cret")]
    assert records.messages.is_empty()
