"""What a run left in the journal, the archives and the live tables, for runner.plan.undo."""

from __future__ import annotations

import json
from datetime import date

import polars as pl
from msgspec import Struct

from runner.errors import NotFound, RunnerError
from runner.fields import STORED_FIELDS
from runner.plan.undo import Left
from runner.store.field_locks import locks_on
from runner.store.layout_1 import PLACE_COLUMNS
from runner.store.session import Session
from runner.store.transactions import transactions_text

# The journal keeps the mark of a removed patron beside the change that took it away, its record before and the number of the run that made
# it after; it is no value of the patron's.
MARK = "removed_mark"
_CHANGING = ("added", "updated", "transferred", "associated", "deleted", "inactivated", "removed")
_Types = dict[str, type[pl.DataType]]
_CHANGE: _Types = {
    **dict.fromkeys(("id", "patron_id", "version_after"), pl.Int64),
    **dict.fromkeys(("patron", "action", "site"), pl.String),
}
_VALUE: _Types = {"id": pl.Int64, **dict.fromkeys(("field", "before", "after"), pl.String)}
_BEFORE: _Types = {"patron_id": pl.Int64, **dict.fromkeys(("username_key", "password_mac", "transactions"), pl.String)}
_PLACE: _Types = {
    **dict.fromkeys(("association_id", "patron_id"), pl.Int64),
    "op": pl.String,
    **dict.fromkeys(PLACE_COLUMNS, pl.String),
}
_KEYS = ("site", "barcode", "district_id", "username_key", "password_mac")
_PAIR: _Types = {"patron_id": pl.Int64, "holder": pl.Int64, "what": pl.String}


class Undoable(Struct, frozen=True):
    """A run that can be undone: its row's numbers, and its job. `undoes`: the number of the run that it undid itself."""

    number: int
    run: str
    job: str
    status: str
    first: int
    last: int
    undoes: int | None
    former_status: str | None


def undoable(session: Session, run_id: str) -> Undoable | None:
    """The run; None where it changed nobody. Raises NotFound, and RunnerError once its journal was purged."""
    integers, texts = ("number", "first_change", "last_change", "undoes"), ("id", "job", "status", "former_status", "counts")
    dtypes: _Types = {**dict.fromkeys(integers, pl.Int64), **dict.fromkeys(texts, pl.String)}
    found = session.rows(f"SELECT {', '.join(dtypes)} FROM run WHERE id = $1", dtypes, run_id)
    if found.is_empty():
        raise NotFound(f"there is no run {run_id}", "`runner runs` lists them")
    row = found.row(0, named=True)
    if row["first_change"] is None:
        counts = json.loads(row["counts"] or "{}")
        if any(counts.get(name) for name in _CHANGING):
            raise RunnerError(
                f"the journal of {run_id} was purged, so that it cannot be undone any more",
                "history_days in district.yaml says how long a run can be undone",
                code="undo-refused",
            )
        if row["undoes"] is None:
            return None
        row |= {"first_change": 0, "last_change": -1}  # an undo that put nobody back can have taken marks
    span = {"run": row["id"], "first": row["first_change"], "last": row["last_change"]}
    return Undoable(**span, **{name: row[name] for name in ("number", "job", "status", "undoes", "former_status")})


def left_by(session: Session, run: Undoable, patron: str | None, today: date) -> Left:
    """What the run left behind; of one patron alone where its key is given. `today` is the local date by which locks are in force.
    Raises NotFound when the run did not change that patron."""
    ids = f"SELECT patron_id FROM change WHERE id BETWEEN {run.first} AND {run.last}"
    if patron is not None:
        ids += f" AND patron_id = {patron_in(session, run, run.run, patron)}"
    mine = f"WHERE run_number = {run.number} AND patron_id IN ({ids})"
    span = f"id BETWEEN {run.first} AND {run.last}"
    archive: _Types = {"patron_id": pl.Int64, "version": pl.Int64, **dict.fromkeys((*STORED_FIELDS, "username_key"), pl.String)}
    changes = session.rows(f"SELECT {', '.join(_CHANGE)} FROM change WHERE {span} AND patron_id IN ({ids})", _CHANGE).sort("id")
    return Left(
        changes=changes,
        values=session.rows(
            f"SELECT change_id, field, value_before, value_after FROM change_value WHERE change_{span} AND field <> '{MARK}'", _VALUE
        ).join(changes.select("id"), on="id", how="semi"),
        before=session.rows(f"SELECT {', '.join(_BEFORE)} FROM patron_before {mine}", _BEFORE),
        places=session.rows(f"SELECT association_id, patron_id, action, {', '.join(PLACE_COLUMNS)} FROM association_before {mine}", _PLACE),
        archived=session.rows(
            f"SELECT id, version, {', '.join((*STORED_FIELDS, 'username_key'))} FROM patron_archive WHERE id IN ({ids})", archive
        ),
        archived_places=session.rows(
            f"SELECT patron_id, site, barcode FROM association_archive WHERE patron_id IN ({ids})",
            {"patron_id": pl.Int64, "site": pl.String, "barcode": pl.String},
        ),
        present=_present(session, ids),
        equal=_equal_versions(session, run.number),
        locks=locks_on(session, today),
    )


def holders(session: Session, claims: pl.DataFrame) -> pl.DataFrame:
    """Who else holds the claimed keys (runner.plan.undo.claims) now: `patron_id`, `holder` Int64, `what` String."""
    if claims.is_empty():
        return pl.DataFrame(schema=_PAIR)
    keys = ("district_id", "username_key", "site", "barcode")
    patrons = session.rows(f"SELECT id, {', '.join(keys)} FROM patron", {"holder": pl.Int64, **dict.fromkeys(keys, pl.String)})
    places = session.rows("SELECT patron_id, site, barcode FROM association", {"holder": pl.Int64, "site": pl.String, "barcode": pl.String})
    names = {"district_id": "district_id", "username": "username_key"}
    found = [claims.filter(pl.col("what") == what).join(patrons.select("holder", key=column), on="key") for what, column in names.items()]
    taken = pl.concat([patrons.select("holder", "site", key="barcode"), places.select("holder", "site", key="barcode")])
    found.append(claims.filter(pl.col("what") == "barcode").join(taken, on=["site", "key"]))
    pairs = pl.concat([each.select(*_PAIR) for each in found])
    return pairs.filter(pl.col("patron_id") != pl.col("holder")).unique()


def former_columns(session: Session, number: int) -> pl.DataFrame:
    """What the run's patrons were besides their fields, as columns of `stage_update` ("" empties): `patron_id` and bookkeeping."""
    names = ("edited_at", "username_key", "password_hash", "password_mac", "status_at", "status_cause", "status_before", "username_before")
    dtypes: _Types = {"patron_id": pl.Int64, **dict.fromkeys(names, pl.String)}
    found = session.rows(f"SELECT patron_id, {', '.join(names)} FROM patron_before WHERE run_number = {number}", dtypes)
    return found.with_columns(pl.col(names).fill_null(""))


def patron_in(session: Session, run: Undoable | None, run_id: str, patron: str) -> int:
    """The id of the patron that the run knew by this key, or that has it now or had it when it was deleted. Raises NotFound."""
    found = None
    if run is not None:
        span = f"id BETWEEN {run.first} AND {run.last}"
        found = session.number(f"SELECT max(patron_id) FROM change WHERE {span} AND patron = $1", patron)
        if found is None:
            those = f"SELECT patron_id FROM change WHERE {span}"
            named = f"(district_id = $1 OR site || '/' || barcode = $1) AND id IN ({those})"
            either = f"SELECT id FROM patron WHERE {named} UNION SELECT id FROM patron_archive WHERE {named}"
            found = session.number(f"SELECT max(id) FROM ({either}) AS t", patron)
    if found is None:
        hint = "`runner runs show RUN` says whom it changed; `runner patron KEY` which runs changed a patron"
        raise NotFound(f"{run_id} did not change a patron {patron}", hint)
    return found


def _present(session: Session, ids: str) -> pl.DataFrame:
    dtypes: _Types = {"patron_id": pl.Int64, "version": pl.Int64, **dict.fromkeys((*_KEYS, "transactions"), pl.String)}
    sql = f"SELECT id, version, {', '.join(_KEYS)}, {transactions_text('patron.id')} FROM patron WHERE id IN ({ids})"
    return session.rows(sql, dtypes)


def _equal_versions(session: Session, number: int) -> pl.DataFrame:
    """`patron_id`, `version`, `same_as`: what later undos made of a patron is what it was before the run that they undid."""
    dtypes: _Types = dict.fromkeys(("patron_id", "version", "same_as"), pl.Int64)
    sql = (
        "SELECT u.patron_id, u.version_after, max(o.version_after) - 1 FROM run ur JOIN run r ON r.number = ur.undoes"
        " JOIN change u ON u.id BETWEEN ur.first_change AND ur.last_change"
        " JOIN change o ON o.patron_id = u.patron_id AND o.id BETWEEN r.first_change AND r.last_change"
        f" WHERE ur.number > {number} AND u.action <> 'delete' GROUP BY u.patron_id, u.version_after"
    )
    return session.rows(sql, dtypes)
