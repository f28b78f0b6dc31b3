"""What changes the fingerprint of a mapping, and what does not."""

from __future__ import annotations

from importlib.metadata import version

import pytest
from msgspec.structs import replace

from runner.job.model import (
    AnyOf,
    Branch,
    Case,
    Column,
    Constant,
    FirstOf,
    Format,
    MapValues,
    PatronProperties,
    Regex,
    Replace,
    Site,
    Template,
    When,
)
from runner.job.model import Test as Ask
from runner.mapping.columns import hashed_columns, wanted_columns
from runner.mapping.fingerprint import HASH_VERSION, field_fingerprint, mapping_fingerprint


@pytest.fixture
def students(job, field):
    maps = MapValues({"a": Constant("1"), "b": Constant("2")}, None)
    return job(PatronProperties("district_id", (field("district_id", "I"), field("site", "S"), field("homeroom", "H", maps))))


def _with(job, **properties):
    return replace(job, properties=replace(job.properties, **properties))


def test_a_fingerprint_is_64_hex_digits_and_stays(students):
    assert mapping_fingerprint(students) == mapping_fingerprint(replace(students, name="other", description="x", sha256="1"))
    assert len(mapping_fingerprint(students)) == 64


def test_the_order_of_fields_and_of_map_entries_does_not_matter(students):
    first, second, third = students.properties.fields
    turned = replace(third, steps=(third.steps[0], MapValues({"b": Constant("2"), "a": Constant("1")}, None)))
    assert mapping_fingerprint(_with(students, fields=(turned, second, first))) == mapping_fingerprint(students)


def test_every_part_of_the_mapping_changes_it(students):
    first, second, third = students.properties.fields
    district = students.district
    north, *others = district.sites
    changed = [
        _with(students, fields=(first, second)),
        _with(students, fields=(first, second, replace(third, source=Column("G")))),
        _with(students, fields=(first, second, replace(third, steps=third.steps[:1]))),
        _with(students, fields=(first, second, replace(third, when_blank="clear"))),
        _with(students, fields=(first, second, replace(third, write="if_empty"))),
        _with(students, null_tokens=("N/A",)),
        _with(students, match_by="site_and_barcode"),
        replace(students, source=replace(students.source, format=Format(encoding="windows-1252"))),
        replace(students, district=replace(district, access_levels=("Patron",))),
        replace(students, district=replace(district, patron_types=())),
        replace(students, district=replace(district, sites=(replace(north, aliases=("17",)), *others))),
        replace(students, district=replace(district, sites=(*district.sites, Site("EAST", "East")))),
    ]
    assert len({mapping_fingerprint(job) for job in [students, *changed]}) == len(changed) + 1


def test_the_long_name_of_a_site_does_not_matter(students):
    north, *others = students.district.sites
    renamed = replace(students, district=replace(students.district, sites=(replace(north, name="New Name"), *others)))
    assert mapping_fingerprint(renamed) == mapping_fingerprint(students)


def test_steps_of_two_kinds_with_equal_words_differ(students, field):
    fields = [field("homeroom", "H", step) for step in (Regex("a", "b"), Replace("a", "b"), Case("upper"))]
    assert len({field_fingerprint(students, each) for each in fields}) == 3


def test_a_field_fingerprint_is_about_the_value_and_not_about_who_owns_it(students, field):
    one = field("homeroom", "H")
    assert field_fingerprint(students, one) == field_fingerprint(students, replace(one, write="if_source_changed"))
    assert field_fingerprint(students, one) != field_fingerprint(students, replace(one, when_blank="clear"))
    assert field_fingerprint(students, one) != field_fingerprint(_with(students, null_tokens=("-",)), one)


def test_the_hash_version_names_polars():
    assert version("polars") in HASH_VERSION


# --- columns ----------------------------------------------------------------------------------------------------
def test_wanted_columns_are_all_that_the_job_names_once_each_in_order(field):
    properties = PatronProperties(
        "district_id",
        (
            field("district_id", "I"),
            field("barcode", Template(("P ", Column("I"), Column("A")))),
            field("homeroom", FirstOf(("H", "A"))),
            field("nickname", When((Branch(Ask("G", "blank"), Template((Column("N"),))), Branch(None, Constant("-"))))),
            field("last_name", "L", MapValues({"x": Template((Column("M"),))}, Template((Column("D"),)))),
            field("password", "P"),
        ),
        skip_when=AnyOf((Ask("S", "blank"), Ask("I", "blank"))),
        delete_when=Ask("X", "blank"),
        associate_when=Ask("Y", "blank"),
    )
    assert wanted_columns(properties) == ("I", "A", "H", "G", "N", "L", "M", "D", "P", "S", "X", "Y")
    assert hashed_columns(properties) == ("A", "D", "G", "H", "I", "L", "M", "N", "S", "X", "Y")


def test_a_password_column_that_another_field_names_too_is_hashed(field):
    properties = PatronProperties("district_id", (field("district_id", "I"), field("password", "I")))
    assert hashed_columns(properties) == ("I",)


def test_a_password_column_that_a_rule_or_a_condition_asks_for_is_not_hashed(field):
    asking = When((Branch(Ask("P", "blank"), Template((Column("N"),))), Branch(None, Constant("-"))))
    properties = PatronProperties(
        "district_id",
        (field("district_id", "I"), field("homeroom", asking), field("password", "P")),
        skip_when=Ask("P", "blank"),
        delete_when=Ask("P", "blank"),
        associate_when=Ask("P", "blank"),
    )
    assert wanted_columns(properties) == ("I", "P", "N")
    assert hashed_columns(properties) == ("I", "N")
