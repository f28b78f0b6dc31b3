"""The one piece of work that everybody is measured with: 25 quoted columns, 22 fields mapped from 21 of them.

Shared by the writer of the files, by our job and by every peer, so that all do the same mapping: each value trimmed and cut to
its longest length, two value maps, two dates, one pattern.
"""

from __future__ import annotations

COLUMNS = (
    "StudentID", "Status", "School", "Last", "First", "Middle", "Grade", "GradYear", "DOB", "Sex", "HR", "Email", "Guardian", "Phone",
    "Street", "City", "State", "Zip", "Card", "Expires", "AUP", "Counselor", "Team", "Lunch", "Note",
)  # fmt: skip

# target field: source column, longest length. What needs more than a trim and a cut stands in MAPS, DATES and LOGIN.
FIELDS: dict[str, tuple[str, int]] = {
    "district_id": ("StudentID", 40),
    "site": ("School", 10),
    "barcode": ("Card", 14),
    "last_name": ("Last", 42),
    "first_name": ("First", 42),
    "middle_name": ("Middle", 42),
    "status": ("Status", 10),
    "gender": ("Sex", 1),
    "birth_date": ("DOB", 10),
    "card_expires": ("Expires", 10),
    "grade_level": ("Grade", 30),
    "graduation_year": ("GradYear", 4),
    "homeroom": ("HR", 90),
    "username": ("Email", 50),
    "email_1": ("Email", 200),
    "email_2": ("Guardian", 200),
    "address_1_line_1": ("Street", 90),
    "address_1_city": ("City", 90),
    "address_1_state": ("State", 90),
    "address_1_zip": ("Zip", 20),
    "address_1_phone_1": ("Phone", 30),
    "user_defined_1": ("Counselor", 30),
}
MAPS: dict[str, dict[str, str]] = {
    "status": {"ENR": "Active", "LEFT": "Inactive", "HOLD": "Restricted"},
    "gender": {"1": "M", "2": "F", "3": "X"},
}
DATES: dict[str, str] = {"birth_date": "%m/%d/%Y", "card_expires": "%m/%d/%Y"}
LOGIN = "username"  # the part of the mail address before the @

SITES = 200
DISTRICT_SITES = 20  # of a small district, where there are many of them
CHANGED_PER_HUNDRED = 1
