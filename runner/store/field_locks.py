"""Locks that staff put on one field of one patron."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl

from runner.errors import NotFound
from runner.plan.ownership import in_force
from runner.store.instants import to_text
from runner.store.session import Session


def lock_field(session: Session, patron_id: int, field: str, *, reason: str, owner: str, until: date | None, now: datetime) -> None:
    """Locks a field, or changes its lock. Inside a writing transaction."""
    session.run(
        "INSERT INTO field_lock (patron_id, field, reason, owner, until_date, locked_at) VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT (patron_id, field) DO UPDATE SET reason = excluded.reason, owner = excluded.owner,"
        " until_date = excluded.until_date, locked_at = excluded.locked_at",
        *(patron_id, field, reason, owner, None if until is None else until.isoformat(), to_text(now)),
    )
    _note(session, patron_id, field, "lock", owner, now, reason=reason, until=until)


def unlock_field(session: Session, patron_id: int, field: str, *, owner: str, now: datetime) -> None:
    """Ends a lock. Raises NotFound where there is none. Inside a writing transaction."""
    if not session.number("SELECT count(*) FROM field_lock WHERE patron_id = $1 AND field = $2", patron_id, field):
        raise NotFound(f"{field} of this patron is not locked", "`runner patron KEY` shows the locks")
    session.run("DELETE FROM field_lock WHERE patron_id = $1 AND field = $2", patron_id, field)
    _note(session, patron_id, field, "unlock", owner, now)


def locks_on(session: Session, today: date) -> pl.DataFrame:
    """What staff locked and is still locked on the local date `today`: `patron_id` Int64, `field` String."""
    return in_force(all_locks(session), today).select("patron_id", "field")


def all_locks(session: Session) -> pl.DataFrame:
    """Every lock there is: `patron_id` Int64, `field`, `reason`, `owner` String, `until` Date."""
    dtypes: dict[str, type[pl.DataType]] = {"patron_id": pl.Int64, **dict.fromkeys(("field", "reason", "owner", "until"), pl.String)}
    found = session.rows("SELECT patron_id, field, reason, owner, until_date FROM field_lock", dtypes)
    return found.with_columns(pl.col("until").str.to_date("%Y-%m-%d", strict=False))


def locks_of(session: Session, patron_id: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A patron's locks (`field`, `reason`, `owner`, `until_date`, `locked_at`), and the journal of all that were put on or taken off,
    oldest first (`event`, `field`, `reason`, `until_date`, `done_by`, `done_at`). All String; instants are the store's text."""
    now: dict[str, type[pl.DataType]] = dict.fromkeys(("field", "reason", "owner", "until_date", "locked_at"), pl.String)
    past: dict[str, type[pl.DataType]] = dict.fromkeys(("event", "field", "reason", "until_date", "done_by", "done_at"), pl.String)
    locks = session.rows(f"SELECT {', '.join(now)} FROM field_lock WHERE patron_id = $1", now, patron_id).sort("field")
    events = session.rows(f"SELECT id, {', '.join(past)} FROM lock_journal WHERE patron_id = $1", {"id": pl.Int64, **past}, patron_id)
    return locks, events.sort("id").drop("id")


def _note(
    session: Session,
    patron_id: int,
    field: str,
    event: str,
    owner: str,
    now: datetime,
    *,
    reason: str | None = None,
    until: date | None = None,
) -> None:
    """Who did what to a lock, and when: the lock's own row is gone once it is taken off."""
    day = None if until is None else until.isoformat()
    session.run(
        "INSERT INTO lock_journal (patron_id, field, event, reason, until_date, done_by, done_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        *(patron_id, field, event, reason, day, owner, to_text(now)),
    )
