"""New patrons: ids given, rows inserted; a first load into an empty store makes its indexes afterwards."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import polars as pl

from runner.fast_paths import pays
from runner.frames import as_text
from runner.plan.model import Plan
from runner.store.layout_1 import PATRON_INDEXES
from runner.store.layout_3 import PATRON_PUSHED_OUT_ADDED
from runner.store.mirror import MIRRORED, remember, write_copy
from runner.store.session import Session, filled_columns
from runner.store.triggers_1 import PATRON_ADDED_SQLITE, PATRON_TOUCHED_ADDED_SQLITE
from runner.store.work import Work

# From this many rows on it pays to do without the insert trigger; below, the two changes of the schema would cost more.
_BULK = 20_000
_ROWS_AT_ONCE = 200_000
_PLAIN = re.compile("[A-Za-z][A-Za-z0-9 ]*")
_INSERT_TRIGGERS = {
    "patron_added": PATRON_ADDED_SQLITE,
    "patron_touched_added": PATRON_TOUCHED_ADDED_SQLITE,
    "patron_pushed_out_added": PATRON_PUSHED_OUT_ADDED,
}


def give_ids(session: Session, plan: Plan) -> pl.DataFrame:
    """`ref` UInt32, `patron_id` Int64: ids never used before, in the order of `plan.adds`."""
    if plan.adds.is_empty():
        return pl.DataFrame(schema={"ref": pl.UInt32, "patron_id": pl.Int64})
    top = session.number(session.dialect.patron_top) or 0
    return plan.adds.select("ref", patron_id=pl.int_range(top + 1, top + 1 + pl.len(), dtype=pl.Int64))


def write_adds(work: Work) -> None:
    """Inserts `plan.adds`, with password hashes where the commit has them."""
    if work.added.is_empty():
        return
    rows = _rows(work)
    if not pays(rows.height, _BULK):
        _insert(work, rows)
    elif work.empty:
        _first_load(work, rows)
    else:
        _bulk(work, rows)
        if work.session.file is not None:
            work.session.run(
                "INSERT INTO touched (patron_id) SELECT id FROM patron WHERE id >= $1 ON CONFLICT DO NOTHING", int(rows["id"][0])
            )
    work.session.run("UPDATE meta SET value = $1 WHERE key = 'last_patron_id'", str(work.added["patron_id"].max()))


def _insert(work: Work, rows: pl.DataFrame) -> None:
    same = _alike(rows)
    for piece in rows.drop(same).iter_slices(_ROWS_AT_ONCE):
        work.session.insert("patron", as_text(piece), **same, version=1, added_at=work.now, added_run=work.run_number)


def _alike(rows: pl.DataFrame) -> dict[str, str]:
    """The columns in which every row has the same plain word. Such a word stands in the statement; any other text is always bound."""
    found = {}
    for values in rows.iter_columns():
        word = values[0] if values.dtype in (pl.String, pl.Categorical) and rows.height else None
        if word is not None and values[-1] == word and _PLAIN.fullmatch(word) and (values == word).all() and not values.has_nulls():
            found[values.name] = word
    return found


def _bulk(work: Work, rows: pl.DataFrame) -> None:
    """Without the insert triggers, which would cost more than the rows themselves; what they do is done at once."""
    if work.session.dialect.name != "sqlite":
        _insert(work, rows)
        return
    for name in _INSERT_TRIGGERS:
        work.session.run(f"DROP TRIGGER {name}")
    _insert(work, rows)
    for statement in _INSERT_TRIGGERS.values():
        work.session.run(statement)


def _first_load(work: Work, rows: pl.DataFrame) -> None:
    """Indexes afterwards; the copy of the columns is written meanwhile, by the processor that the database leaves idle."""
    for name in PATRON_INDEXES:
        work.session.run(f"DROP INDEX {name}")
    with ThreadPoolExecutor(1) as aside:
        copy = aside.submit(write_copy, work.session, _mirrored(work, rows)) if work.session.file is not None else None
        _bulk(work, rows)
        for statement in PATRON_INDEXES.values():
            work.session.run(statement)
        if copy is not None:
            remember(work.session, copy.result())


def _mirrored(work: Work, rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` as the copy of the columns shows them."""
    known = {
        "version": pl.lit(1, dtype=pl.Int64),
        "added_at": pl.lit(work.now),
        "status_at": pl.lit(work.now),
        "status_cause": pl.lit("file"),
    }
    whole = rows.with_columns(**known)
    return whole.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in MIRRORED if name not in whole.columns)


def _rows(work: Work) -> pl.DataFrame:
    """The rows of `patron`, less the columns in which nobody has a value."""
    made = work.plan.adds.with_columns(id=work.added["patron_id"])
    if not work.commit.hashes.is_empty():
        made = made.join(work.commit.hashes, on="ref", how="left", maintain_order="left")
    return made.select("id", *(name for name in filled_columns(made) if name not in ("id", "ref")))
