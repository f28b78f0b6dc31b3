"""The journal read back: what a run changed, what happened to a patron, who a key belongs to."""

from __future__ import annotations

import polars as pl

from runner.errors import NotFound
from runner.frames import CHANGES, VALUES
from runner.store.instants import as_datetimes
from runner.store.layout_1 import PATRON_COLUMNS, PLACE_COLUMNS
from runner.store.session import Session
from runner.store.undo_reading import MARK

_CHANGE: dict[str, type[pl.DataType]] = {
    **dict.fromkeys(("id", "patron_id", "version_after", "line"), pl.Int64),
    **dict.fromkeys(("patron", "action", "cause", "rule", "reason", "site"), pl.String),
}
_RUN: dict[str, type[pl.DataType]] = dict.fromkeys(("run", "job", "finished_at"), pl.String)
_VALUE: dict[str, type[pl.DataType]] = {"id": pl.Int64, "field": pl.String, "before": pl.String, "after": pl.String}


def changes(session: Session, run_id: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What a run applied: frames.CHANGES (`version` is the one after the change) and frames.VALUES.

    Adds have no values, as in a plan. Empty frames for a run that changed nothing or whose journal was pruned. Raises NotFound.
    """
    known = session.rows(
        "SELECT number, first_change, last_change FROM run WHERE id = $1", dict.fromkeys(("n", "first", "last"), pl.Int64), run_id
    )
    if known.is_empty():
        raise NotFound(f"there is no run {run_id}", "`runner runs` lists them")
    _, first, last = known.row(0)
    if first is None:
        return pl.DataFrame(schema=CHANGES), pl.DataFrame(schema=VALUES)
    where = f"BETWEEN {first} AND {last}"
    found = session.rows(f"SELECT {', '.join(_CHANGE)} FROM change WHERE id {where}", _CHANGE).sort("id")
    values = session.rows(
        f"SELECT change_id, field, value_before, value_after FROM change_value WHERE change_id {where} AND field <> '{MARK}'", _VALUE
    ).sort("id", "field")
    made = found.select(
        ref=(pl.col("id") - first).cast(pl.UInt32),
        patron_id="patron_id",
        version="version_after",
        patron="patron",
        line=pl.col("line").cast(pl.UInt32),
        action=pl.col("action").cast(CHANGES["action"]),
        cause=pl.col("cause").cast(CHANGES["cause"]),
        rule="rule",
        reason="reason",
        site="site",
        held=pl.lit(False),
        guard=pl.lit(None, dtype=pl.String),
    )
    return made, values.select(ref=(pl.col("id") - first).cast(pl.UInt32), field="field", before="before", after="after")


def patron_history(session: Session, patron_id: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What runs did to one patron, oldest first.

    First frame: `change` Int64, `run`, `job`, `action`, `cause`, `rule`, `reason`, `site` String, `line`, `version_after` Int64,
    `finished_at` Datetime(us, UTC). Second: `change` Int64, `field`, `before`, `after` String.
    """
    columns = ", ".join(f"c.{name}" for name in _CHANGE)
    # In this order of the two: one look at the index for each run.
    changed = (
        "SELECT c.id FROM run r CROSS JOIN change c"
        " WHERE r.first_change IS NOT NULL AND c.run_number = r.number AND c.action <> 'add' AND c.patron_id = $1"
    )
    added = (
        "SELECT c.id FROM change c JOIN run r ON c.id BETWEEN r.first_change AND r.last_change WHERE c.action = 'add' AND c.patron_id = $1"
        " AND r.number IN (SELECT added_run FROM patron WHERE id = $1 UNION SELECT added_run FROM patron_archive WHERE id = $1"
        " UNION SELECT number FROM run WHERE kind = 'undo')"  # which brings patrons back
    )
    sql = (
        f"SELECT {columns}, r.id, r.job, r.finished_at FROM change c JOIN run r ON r.number = c.run_number"
        f" WHERE c.id IN ({changed} UNION {added})"
    )
    found = session.rows(sql, {**_CHANGE, **_RUN}, patron_id).sort("id")
    values = session.rows(
        f"SELECT change_id, field, value_before, value_after FROM change_value WHERE change_id IN ({changed}) AND field <> '{MARK}'",
        _VALUE,
        patron_id,
    ).sort("id", "field")
    order = ("run", "job", "action", "cause", "rule", "reason", "site", "line", "version_after")
    return found.select("id", *order, as_datetimes(pl.col("finished_at"))).rename({"id": "change"}), values.rename({"id": "change"})


def find_patron(session: Session, key: str) -> dict[str, object]:
    """One patron by district id, else by `SITE/BARCODE` (secondary associations too), as a dict of its columns without the password hash.

    Instants are the store's text. Raises NotFound.
    """
    found = session.number("SELECT id FROM patron WHERE district_id = $1", key)
    site, _, barcode = key.partition("/")
    if found is None and barcode:
        found = session.number(
            "SELECT min(id) FROM (SELECT id FROM patron WHERE site = $1 AND barcode = $2"
            " UNION SELECT patron_id FROM association WHERE site = $1 AND barcode = $2) AS t",
            *(site, barcode),
        )
    if found is None:
        raise NotFound("there is no patron with this key", "give a district id, or SITE/BARCODE")
    return patron_row(session, found)


def deleted_by(session: Session, key: str) -> tuple[str, bool] | None:
    """The id of the run that deleted the patron with this key, the last one where there were several, and whether that run had added it;
    None when the archive has none."""
    found = session.rows(
        "SELECT r.id, CAST(CASE WHEN a.added_run = a.run_number THEN 1 ELSE 0 END AS BIGINT) FROM patron_archive a"
        " JOIN run r ON r.number = a.run_number WHERE a.district_id = $1 OR a.site || '/' || a.barcode = $1"
        " ORDER BY a.run_number DESC LIMIT 1",
        {"run": pl.String, "own": pl.Int64},
        key,
    )
    return None if found.is_empty() else (found["run"][0], found["own"][0] == 1)


def patron_row(session: Session, patron_id: int) -> dict[str, object]:
    """The columns of one patron, the password hash left out. Raises NotFound."""
    integers = ("id", "version", "added_run")
    names = [name for name in PATRON_COLUMNS if name != "password_hash"]
    dtypes: dict[str, type[pl.DataType]] = {name: pl.Int64 if name in integers else pl.String for name in names}
    frame = session.rows(f"SELECT {', '.join(names)} FROM patron WHERE id = $1", dtypes, patron_id)
    if frame.is_empty():
        raise NotFound("there is no such patron", None)
    return frame.row(0, named=True)


def patron_places(session: Session, patron_id: int) -> pl.DataFrame:
    """The secondary associations of one patron: `id` Int64 and the place columns."""
    dtypes: dict[str, type[pl.DataType]] = {"id": pl.Int64, **dict.fromkeys(PLACE_COLUMNS, pl.String)}
    return session.rows(f"SELECT {', '.join(dtypes)} FROM association WHERE patron_id = $1", dtypes, patron_id).sort("id")
