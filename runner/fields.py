"""The patron's fields: names, longest values, kinds. (domain.md section 2.)

In every frame of the core a field is a String column in one of three states: null is absent, "" is blank, text is filled.
Values are canonical text: dates `YYYY-MM-DD`, booleans `true`/`false`, status `Active`/`Inactive`/`Restricted`,
gender `M`/`F`/`X`/`U`, years four digits. In the store and in snapshots an empty value is null, never "".
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Kind = Literal["text", "date", "boolean", "status", "gender", "year", "secret"]
TooLong = Literal["truncate", "refuse", "refuse_on_add", "skip"]


class Field(Struct, frozen=True):
    """One field of a patron. `max_length` counts characters; `too_long` says what a longer value meets; `association` marks
    the fields that belong to patron x site."""

    name: str
    max_length: int
    kind: Kind = "text"
    too_long: TooLong = "truncate"
    association: bool = False


def _text(max_length: int, *names: str) -> list[Field]:
    return [Field(name, max_length) for name in names]


def _address(number: int) -> list[Field]:
    stem = f"address_{number}_"
    return [
        *_text(90, stem + "line_1", stem + "line_2", stem + "city", stem + "state"),
        *_text(20, stem + "zip"),
        *_text(30, stem + "phone_1", stem + "phone_2"),
    ]


_ALL: list[Field] = [
    Field("site", 10, too_long="refuse", association=True),
    Field("barcode", 14, too_long="refuse_on_add", association=True),
    Field("district_id", 40, too_long="refuse"),
    *_text(42, "last_name", "first_name", "middle_name"),
    *_text(30, "nickname"),
    Field("patron_type", 90, association=True),
    Field("access_level", 60, association=True),
    Field("resource_group", 30, association=True),
    Field("status", 30, kind="status"),
    Field("gender", 30, kind="gender"),
    *_text(90, "homeroom"),
    *_text(30, "grade_level"),
    Field("graduation_year", 4, kind="year"),
    Field("birth_date", 10, kind="date"),
    Field("card_expires", 10, kind="date"),
    Field("acceptable_use_policy", 5, kind="boolean"),
    Field("teacher", 5, kind="boolean"),
    *_text(30, *(f"user_defined_{n}" for n in range(1, 6))),
    Field("username", 50, too_long="skip"),
    Field("password", 50, kind="secret", too_long="skip"),
    *(Field(f"email_{n}", 200, too_long="skip") for n in range(1, 6)),
    *_address(1),
    *_address(2),
]

FIELDS: dict[str, Field] = {field.name: field for field in _ALL}
ASSOCIATION_FIELDS: tuple[str, ...] = tuple(field.name for field in _ALL if field.association)
PERSON_FIELDS: tuple[str, ...] = tuple(field.name for field in _ALL if not field.association and field.kind != "secret")
STORED_FIELDS: tuple[str, ...] = (*ASSOCIATION_FIELDS, *PERSON_FIELDS)
STATUSES: tuple[str, ...] = ("Active", "Inactive", "Restricted")
