"""The letters whose case-folded form is another, as a table of layout 1: no database folds as `str.casefold` does. (docs/store.md.)

The triggers need it where staff write a login name by plain SQL: SQLite's `lower()` knows only the letters A to Z, PostgreSQL's goes by the
locale, and neither makes `ss` of `ß`. The numbers of its rows stand for the places in a name as well.
"""

from __future__ import annotations

from runner.store.dialect import Dialect

_LAST = 0x20000


def letters(dialect: Dialect) -> list[str]:
    """The statements that make and fill `folded_letter`: `id` from 1, `letter`, `folded`."""
    pairs = [(chr(code), chr(code).casefold()) for code in range(_LAST) if chr(code).casefold() != chr(code)]
    rows = ", ".join(f"({number}, '{letter}', '{folded}')" for number, (letter, folded) in enumerate(pairs, start=1))
    table = f"CREATE TABLE folded_letter (id INTEGER PRIMARY KEY, letter TEXT NOT NULL UNIQUE, folded TEXT NOT NULL){dialect.strict}"
    return [table, f"INSERT INTO folded_letter (id, letter, folded) VALUES {rows}"]


def folded(dialect: Dialect, name: str) -> str:
    """SQL for the case-folded form of the text `name`; NULL for an empty one."""
    letter = f"coalesce(f.folded, substr({name}, p.id, 1))"
    glued = f"group_concat({letter}, '')" if dialect.name == "sqlite" else f"string_agg({letter}, '' ORDER BY p.id)"
    places = f"(SELECT id FROM folded_letter WHERE id <= length({name}) ORDER BY id) p"
    return f"(SELECT {glued} FROM {places} LEFT JOIN folded_letter f ON f.letter = substr({name}, p.id, 1))"
