"""The store's layout 5: in PostgreSQL a trigger works on the store whose table was edited, whoever edits it.

Its functions named the tables without their schema, so that the search path of the connection decided: one that staff opened for another
schema was refused, or its edit of an association moved the version of a patron in another district's store.
(docs/decisions/0512-triggers-of-their-own-store.md)
"""

from __future__ import annotations

from runner.store.dialect import Dialect
from runner.store.triggers_1 import bodies

# The setting in the function's head ends with the function, and with it the one that its first statement makes in its place.
_HEAD = "LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp"
_OWN_SCHEMA = "PERFORM set_config('search_path', quote_ident(TG_TABLE_SCHEMA) || ', pg_temp', true);"


def triggers_of_their_own_store(dialect: Dialect) -> list[str]:
    """The statements that take a store from layout 4 to 5. An SQLite file holds one store, and its triggers know no other."""
    made = [] if dialect.name == "sqlite" else [_function(name, body) for name, _, _, body in bodies(dialect.now)]
    return [*made, "UPDATE meta SET value = '5' WHERE key = 'layout'"]


def _function(name: str, body: str) -> str:
    return f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger {_HEAD} AS $$ BEGIN {_OWN_SCHEMA} {body} END $$"
