"""The store's layout 3: whom `REPLACE INTO patron` and `UPDATE OR REPLACE patron` push out is noted as touched.

SQLite fires no delete trigger for a row that gives way to another with its key, so that the copy of the columns (runner.store.mirror)
would show it for ever. These triggers note, before anything is written, whoever has a key that a written row claims; one who then
stays is merely read from the database.
"""

from __future__ import annotations

from runner.store.dialect import Dialect
from runner.store.triggers_1 import MIRRORED

_HOLDERS = (
    "INSERT INTO touched (patron_id) SELECT id FROM patron WHERE id = NEW.id OR district_id = NEW.district_id"
    " OR (barcode = NEW.barcode AND site = NEW.site) OR username_key = NEW.username_key ON CONFLICT DO NOTHING;"
)
_KEYS = ("id", "site", "barcode", "district_id", "username_key")
_MOVED = " OR ".join(f"NEW.{key} IS NOT OLD.{key}" for key in _KEYS)

# Costs four looks at an index for each row, and is dropped for the length of a large load, which pushes nobody out.
PATRON_PUSHED_OUT_ADDED = f"CREATE TRIGGER patron_pushed_out_added BEFORE INSERT ON patron WHEN {MIRRORED} BEGIN {_HOLDERS} END"
_PUSHED_OUT_EDITED = (
    f"CREATE TRIGGER patron_pushed_out_edited BEFORE UPDATE OF {', '.join(_KEYS)} ON patron"
    f" WHEN {MIRRORED} AND ({_MOVED}) BEGIN {_HOLDERS} END"
)


def who_is_pushed_out(dialect: Dialect) -> list[str]:
    """The statements that take a store from layout 2 to 3. PostgreSQL replaces no rows, and has no copy of the columns."""
    made = [PATRON_PUSHED_OUT_ADDED, _PUSHED_OUT_EDITED] if dialect.name == "sqlite" else []
    return [*made, "UPDATE meta SET value = '3' WHERE key = 'layout'"]
