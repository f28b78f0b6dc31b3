"""Triggers of layout 1: what the database does when anybody but this program edits patrons by plain SQL.

This program's own statements always move `version`, so every trigger below that looks at it stays silent for them.
Rows that come without a version (0) were inserted by hand. An association that this program deletes has version -1 first.
"""

from __future__ import annotations

from runner.store.dialect import POSTGRESQL, SQLITE, Dialect
from runner.store.letters_1 import folded

_CLASH = "another patron has this barcode at this site"
_STATUS = "the status must be Active, Inactive or Restricted"
_STATUSES = "('Active', 'Inactive', 'Restricted')"

# `patron_added` costs a first load a second and is dropped for its length: our rows need nothing of it.
PATRON_ADDED_SQLITE = (
    """CREATE TRIGGER patron_added AFTER INSERT ON patron WHEN NEW.version = 0
BEGIN
  UPDATE patron SET
    id = CASE WHEN NEW.id > (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'last_patron_id') THEN NEW.id
      ELSE max((SELECT max(id) FROM patron), (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'last_patron_id')) + 1 END,
    version = 1,
    username_key = coalesce(NEW.username_key, {key})
  WHERE id = NEW.id;
  SELECT RAISE(ABORT, '{clash}') WHERE EXISTS (SELECT 1 FROM association a WHERE a.site = NEW.site AND a.barcode = NEW.barcode);
  SELECT RAISE(ABORT, '{status}') WHERE NEW.status NOT IN {statuses};
END""".replace("{key}", folded(SQLITE, "NEW.username"))
    .replace("{clash}", _CLASH)
    .replace("{statuses}", _STATUSES)
    .replace("{status}", _STATUS)
)


# A large store has a copy of its columns beside it (runner.store.mirror): these say which rows are no longer as in the copy.
MIRRORED = "(SELECT value FROM meta WHERE key = 'mirror') IS NOT NULL"
PATRON_TOUCHED_ADDED_SQLITE = (
    f"CREATE TRIGGER patron_touched_added AFTER INSERT ON patron WHEN {MIRRORED} BEGIN "
    "INSERT INTO touched (patron_id) VALUES (NEW.id) ON CONFLICT DO NOTHING; END"
)
_TOUCHED_EDITED = (
    f"CREATE TRIGGER patron_touched_edited AFTER UPDATE ON patron WHEN {MIRRORED} BEGIN "
    "INSERT INTO touched (patron_id) VALUES (NEW.id), (OLD.id) ON CONFLICT DO NOTHING; END"
)
_TOUCHED_REMOVED = (
    f"CREATE TRIGGER patron_touched_removed AFTER DELETE ON patron WHEN {MIRRORED} BEGIN "
    "INSERT INTO touched (patron_id) VALUES (OLD.id) ON CONFLICT DO NOTHING; END"
)


def triggers(dialect: Dialect) -> list[str]:
    """The statements that make all triggers."""
    return _sqlite(dialect.now) if dialect.name == "sqlite" else _postgresql(dialect.now)


def _sqlite(now: str) -> list[str]:
    edited = f"""CREATE TRIGGER patron_edited AFTER UPDATE ON patron WHEN NEW.version = OLD.version
BEGIN
  UPDATE patron SET
    version = OLD.version + 1,
    edited_at = {now},
    status_at = CASE WHEN NEW.status IS NOT OLD.status THEN {now} ELSE NEW.status_at END,
    status_cause = CASE WHEN NEW.status IS NOT OLD.status THEN 'staff' ELSE NEW.status_cause END,
    username_key = CASE WHEN NEW.username IS NOT OLD.username AND NEW.username_key IS OLD.username_key
      THEN {folded(SQLITE, "NEW.username")} ELSE NEW.username_key END
  WHERE id = NEW.id;
  SELECT RAISE(ABORT, '{_STATUS}') WHERE NEW.status NOT IN {_STATUSES};
  SELECT RAISE(ABORT, '{_CLASH}') WHERE (NEW.site IS NOT OLD.site OR NEW.barcode IS NOT OLD.barcode)
    AND EXISTS (SELECT 1 FROM association a WHERE a.site = NEW.site AND a.barcode = NEW.barcode);
END"""
    removed = """CREATE TRIGGER patron_removed AFTER DELETE ON patron
WHEN OLD.id > (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'last_patron_id')
BEGIN
  UPDATE meta SET value = CAST(OLD.id AS TEXT) WHERE key = 'last_patron_id';
END"""
    touch = "UPDATE patron SET edited_at = edited_at WHERE id IN ({ids});"
    clash = f"SELECT RAISE(ABORT, '{_CLASH}') WHERE EXISTS (SELECT 1 FROM patron p WHERE p.site = NEW.site AND p.barcode = NEW.barcode);"
    place_added = (
        "CREATE TRIGGER association_added AFTER INSERT ON association WHEN NEW.version = 0 BEGIN "
        f"{clash} UPDATE association SET version = 1 WHERE id = NEW.id; {touch.format(ids='NEW.patron_id')} END"
    )
    place_edited = (
        "CREATE TRIGGER association_edited AFTER UPDATE ON association WHEN NEW.version = OLD.version BEGIN "
        f"{clash} UPDATE association SET version = OLD.version + 1 WHERE id = NEW.id; "
        f"{touch.format(ids='NEW.patron_id, OLD.patron_id')} END"
    )
    place_removed = (
        "CREATE TRIGGER association_removed AFTER DELETE ON association WHEN OLD.version <> -1 BEGIN "
        f"{touch.format(ids='OLD.patron_id')} END"
    )
    touched = [PATRON_TOUCHED_ADDED_SQLITE, _TOUCHED_EDITED, _TOUCHED_REMOVED]
    return [PATRON_ADDED_SQLITE, edited, removed, place_added, place_edited, place_removed, *touched]


def bodies(now: str) -> list[tuple[str, str, str, str]]:
    """PostgreSQL's triggers, each with the function of its name: name, when, on which condition, what it does."""
    clash = f"RAISE EXCEPTION '{_CLASH}' USING ERRCODE = 'unique_violation'"
    status = f"IF NEW.status NOT IN {_STATUSES} THEN RAISE EXCEPTION '{_STATUS}' USING ERRCODE = 'check_violation'; END IF; "
    other = "EXISTS (SELECT 1 FROM {table} o WHERE o.site = NEW.site AND o.barcode = NEW.barcode)"
    key = folded(POSTGRESQL, "NEW.username")
    moved = "(NEW.site IS DISTINCT FROM OLD.site OR NEW.barcode IS DISTINCT FROM OLD.barcode)"
    added = (
        f"{status}NEW.version := 1; NEW.username_key := coalesce(NEW.username_key, {key}); "
        f"IF {other.format(table='association')} THEN {clash}; END IF; RETURN NEW;"
    )
    edited = (
        f"{status}NEW.version := OLD.version + 1; NEW.edited_at := {now}; "
        f"IF NEW.status IS DISTINCT FROM OLD.status THEN NEW.status_at := {now}; NEW.status_cause := 'staff'; END IF; "
        "IF NEW.username IS DISTINCT FROM OLD.username AND NEW.username_key IS NOT DISTINCT FROM OLD.username_key "
        f"THEN NEW.username_key := {key}; END IF; "
        f"IF {moved} AND {other.format(table='association')} THEN {clash}; END IF; RETURN NEW;"
    )
    touch = "UPDATE patron SET edited_at = edited_at WHERE id = {row}.patron_id;"
    place_added = f"IF {other.format(table='patron')} THEN {clash}; END IF; NEW.version := 1; {touch.format(row='NEW')} RETURN NEW;"
    place_edited = (
        f"IF {other.format(table='patron')} THEN {clash}; END IF; NEW.version := OLD.version + 1; {touch.format(row='NEW')} "
        f"IF OLD.patron_id <> NEW.patron_id THEN {touch.format(row='OLD')} END IF; RETURN NEW;"
    )
    place_removed = f"{touch.format(row='OLD')} RETURN OLD;"
    return [
        ("patron_added", "BEFORE INSERT ON patron", "NEW.version = 0", added),
        ("patron_edited", "BEFORE UPDATE ON patron", "NEW.version = OLD.version", edited),
        ("association_added", "BEFORE INSERT ON association", "NEW.version = 0", place_added),
        ("association_edited", "BEFORE UPDATE ON association", "NEW.version = OLD.version", place_edited),
        ("association_removed", "AFTER DELETE ON association", "OLD.version <> -1", place_removed),
    ]


def _postgresql(now: str) -> list[str]:
    made = []
    for name, when, condition, body in bodies(now):
        made.append(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$")
        made.append(f"CREATE TRIGGER {name} {when} FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION {name}()")
    return made
