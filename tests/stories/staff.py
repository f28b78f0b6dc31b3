"""What staff do to a store with a program of their own: random statements, by the letter of docs/store.md or beside it."""

from __future__ import annotations

from datetime import datetime
from random import Random

from tests.stories.exports import IDS

_SET = (
    *("homeroom = 'desk'", "homeroom = NULL", "nickname = NULL, username = NULL", "username = '{username}'", "homeroom = homeroom"),
    *("status = 'Inactive'", "status = 'Active'", "status = 'Restricted'", "barcode = '{barcode}'", "barcode = NULL"),
    *("site = CASE site WHEN 'NORTH' THEN 'SOUTH' ELSE 'NORTH' END", "district_id = '{other}'", "district_id = NULL", "district_id = ''"),
    *("last_name = 'Lee', first_name = 'Ann'", "birth_date = '2010-01-02'", "id = id + 100", "patron_type = 'Faculty'", "email_1 = ''"),
    *("grade_level = '12', graduation_year = '2020'", "homeroom = 'ours', version = version + 1, edited_at = '{now}'"),
)
_NAMES = "(site, barcode, district_id, last_name, first_name)"
_OTHERS = (
    "DELETE FROM patron WHERE {who}",
    "DELETE FROM patron WHERE id > 25",
    "UPDATE patron SET homeroom = 'all'",
    f"INSERT INTO patron {_NAMES[:-1]}, birth_date) VALUES ('NORTH', '{{barcode}}', '{{other}}', 'Lee', 'Ann', '2010-01-02')",
    "INSERT INTO patron (site, barcode, last_name) VALUES ('SOUTH', '{barcode}', 'Desk')",
    "INSERT INTO patron (id, site, barcode, district_id, last_name) VALUES ({number}, 'SOUTH', '{barcode}', '{other}', 'Desk')",
    f"REPLACE INTO patron {_NAMES} VALUES ('NORTH', '{{barcode}}', '{{other}}', 'Other', 'Name')",
    f"INSERT OR REPLACE INTO patron (id, {_NAMES[1:]} VALUES ({{number}}, 'NORTH', '{{barcode}}', '{{other}}', 'Lee', 'Ann')",
    "UPDATE OR REPLACE patron SET district_id = '{other}' WHERE {who}",
    "INSERT INTO association (patron_id, site, barcode) SELECT id, 'SOUTH', '{barcode}' FROM patron WHERE {who}",
    "INSERT INTO association (patron_id, site, barcode) SELECT id, 'NORTH', 'S{barcode}' FROM patron WHERE {who}",
    "DELETE FROM association WHERE patron_id = {number}",
    "UPDATE association SET barcode = '{barcode}' WHERE patron_id = {number}",
    "UPDATE association SET patron_id = {number}",
    "INSERT INTO checkout (patron_id, site) SELECT id, site FROM patron WHERE {who}",
    "DELETE FROM checkout WHERE patron_id = {number}",
    "DELETE FROM checkout",
    "INSERT INTO fine (patron_id, site, amount_cents) SELECT id, site, {cents} FROM patron WHERE {who}",
    "DELETE FROM fine",
    "INSERT INTO circulation_load (table_name, row_count) VALUES ('checkouts', 1)",
    "DELETE FROM patron_type",
    "DELETE FROM job_set WHERE kind = 'baseline'",
)


def edit(random: Random, now: datetime) -> str:
    """One statement."""
    assignment = f"UPDATE patron SET {random.choice(_SET)} WHERE {{who}}"
    return random.choice((assignment, random.choice(_OTHERS))).format(
        who=random.choice((f"id = {random.randrange(1, 36)}", f"district_id = '{random.choice(IDS)}'")),
        username=random.choice((f"user{random.randrange(40)}", "USER3", "straße", "Inactive-user4")),
        barcode=random.choice((f"P{random.randrange(1, 40)}", f"D{random.randrange(3)}", str(random.randrange(9)))),
        other=random.choice((*IDS, "2001")),
        number=random.randrange(1, 45),
        cents=random.choice((100, 600, -100, 0)),
        now=f"{now:%Y-%m-%dT%H:%M:%S}.000000Z",
    )


def edits(random: Random, now: datetime, count: int) -> tuple[str, ...]:
    """`count` statements."""
    return tuple(edit(random, now) for _ in range(count))
