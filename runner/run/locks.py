"""Locks that staff put on one field of one patron, so that no job writes it. (docs/domain.md section 3.)"""

from __future__ import annotations

from datetime import date, datetime
from shlex import quote

from runner.errors import NotFound, UsageError
from runner.fields import FIELDS
from runner.job.model import District
from runner.job.near import nearest
from runner.run.identity import user
from runner.run.places import Places
from runner.run.session import command_lock
from runner.store.store import Store, open_store


def lock(
    district: District, places: Places, key: str, field: str, *, reason: str, until: date | None, by: str | None, now: datetime
) -> None:
    """Locks a field of the patron with this key, or changes its lock. Raises UsageError for an unknown field or a day that is over,
    NotFound for an unknown patron, LockHeld, StoreError."""
    known_field(field)
    if not reason.strip():
        raise UsageError("a lock needs a reason", 'say why, like --reason "goes by her second name"')
    today = district.today(now)
    if until is not None and until < today:
        raise UsageError(f"{until} is over already, so that the lock would never hold", f"today is {today}")
    with _opened(district, places, now) as store, command_lock(store, "lock", now):
        store.lock_field(_patron(store, key), field, reason=reason.strip(), owner=by or user(), until=until, now=now)


def unlock(district: District, places: Places, key: str, field: str, *, by: str | None, now: datetime) -> None:
    """Ends a lock. Raises UsageError for an unknown field, NotFound where there is no such patron or lock, LockHeld, StoreError."""
    known_field(field)
    with _opened(district, places, now) as store, command_lock(store, "unlock", now):
        store.unlock_field(_patron(store, key), field, owner=by or user(), now=now)


def known_field(field: str) -> None:
    """Raises UsageError with the nearest names when there is no such field."""
    if field not in FIELDS:
        near = nearest(field, FIELDS)
        hint = f"did you mean {' or '.join(near)}?" if near else "docs/domain.md section 2 lists the fields"
        raise UsageError(f"a patron has no field {field!r}", hint)


def patron_missing(store: Store, key: str, error: NotFound) -> NotFound:
    """The same error; for a patron that a run deleted it says which one, when, and how to bring it back."""
    found = store.deleted_by(key)
    if found is None:
        return error
    run, added_too = found
    row = store.run(run)
    when = f"on {row.finished_at or row.started_at:%Y-%m-%d at %H:%M} UTC"
    if added_too:
        hint = "its record says what the removal policy deletes at once: correct the record at its source, or the policy in the job"
        return NotFound(f"there is no patron {key} any more: {run} added it and deleted it {when}", hint)
    return NotFound(
        f"there is no patron {key} any more: {run} deleted it {when}", f"to bring it back: runner undo {run} --patron {quote(key)}"
    )


def _opened(district: District, places: Places, now: datetime) -> Store:
    return open_store(places.for_district(district.key).store_address(district), create=False, now=now)


def _patron(store: Store, key: str) -> int:
    try:
        found = store.find_patron(key)["id"]
    except NotFound as error:
        raise patron_missing(store, key, error) from None
    assert isinstance(found, int)
    return found
