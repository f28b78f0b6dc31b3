"""Locks that staff put on one field of one patron."""

from __future__ import annotations

from datetime import date, datetime

from runner.errors import NotFound
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


def unlock_field(session: Session, patron_id: int, field: str) -> None:
    """Ends a lock. Raises NotFound where there is none. Inside a writing transaction."""
    if not session.number("SELECT count(*) FROM field_lock WHERE patron_id = $1 AND field = $2", patron_id, field):
        raise NotFound(f"{field} of this patron is not locked", "`runner patron KEY` shows the locks")
    session.run("DELETE FROM field_lock WHERE patron_id = $1 AND field = $2", patron_id, field)
