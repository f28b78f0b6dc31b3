"""One patron: its values and where each came from, its history, and what the removal policies make of it today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import polars as pl
from msgspec import to_builtins

from runner.errors import NotFound
from runner.fields import STORED_FIELDS
from runner.frames import OUTCOME_ROWS
from runner.job.model import District, Job
from runner.plan.model import changeless
from runner.plan.ownership import locks_in_force
from runner.policy.explain import explain
from runner.policy.projection import project
from runner.run.locks import patron_missing
from runner.run.patron_veil import without_values
from runner.run.places import Places
from runner.run.removal import circulation_gate
from runner.store.instants import from_text
from runner.store.store import Store, open_store

Document = Mapping[str, Any]
_PLACE = ("site", "barcode", "patron_type", "access_level", "resource_group")
_COUNTED = ("checkouts", "fines", "refunds", "holds", "balance_cents")


def about_patron(district: District, jobs: Sequence[Job], places: Places, key: str, now: datetime) -> Document:
    """Everything that is known of a patron (a district id or SITE/BARCODE), as the JSON document of `runner patron`; without values where
    the district hides them.

    `jobs`: the district's, of which those with a removal policy explain themselves. Raises NotFound (a deleted patron's names the run),
    StoreError."""
    address = places.for_district(district.key).store_address(district)
    with open_store(address, create=False, now=now) as store:
        try:
            row = store.find_patron(key)
        except NotFound as error:
            raise patron_missing(store, key, error) from None
        number, name = int(str(row["id"])), str(row["district_id"] or f"{row['site']}/{row['barcode']}")
        changes, values = store.patron_history(number)
        locks, events = store.locks_of(number)
        document = {
            "patron": name,
            "district": district.key,
            "values_hidden": False,
            "status": _status(row),
            "values": _values(row, changes, values),
            "edited_by_staff": _edited_by_staff(row, changes, store),
            "associations": store.patron_places(number).select(_PLACE).to_dicts(),
            "locks": _locks(locks, district.today(now)),
            "lock_journal": events.to_dicts(),
            "history": _history(changes, values),
            **_of_policy(district, jobs, store, number, name, now),
        }
    return document if district.show_values else without_values(document)


def _status(row: Mapping[str, object]) -> Document:
    return {
        name: row[name] for name in ("status", "status_at", "status_cause", "status_before", "username_before", "added_at", "edited_at")
    }


def _values(row: Mapping[str, Any], changes: pl.DataFrame, values: pl.DataFrame) -> list[Document]:
    """Each field that has a value, or had one, with the run that wrote it last; `from` is null when no run that the journal knows did.

    `by_staff` is null where that cannot be told: staff's edits are not journalled, and somebody has edited the patron since it came in."""
    runs = {each["change"]: each for each in changes.sort("change").to_dicts()}
    came = [each for each in runs.values() if each["action"] == "add"]
    edited = bool(came) and _edited_since(came[-1], row, changes)
    latest = {each["field"]: each for each in values.sort("change").to_dicts()}
    shown: list[Document] = []
    for name in (*STORED_FIELDS, "password"):
        value = row.get(name) if name != "password" else ("set" if row["password_mac"] else None)
        last = latest.get(name)
        if value is None and last is None:
            continue
        brought = next((each for each in came if last is None or each["change"] > last["change"]), None)
        if last is not None and brought is None:
            source, by_staff = runs.get(last["change"]), name != "password" and last["after"] != value
        else:
            source, by_staff = brought, None if edited else False
        shown.append({"field": name, "value": value, "from": None if by_staff else _source(source), "by_staff": by_staff})
    return shown


def _edited_since(came: Mapping[str, Any], row: Mapping[str, Any], changes: pl.DataFrame) -> bool:
    """Whether somebody but runs has edited the patron since it came in: each edit counts its version on."""
    ours = set(changes["version_after"].drop_nulls())
    return any(version not in ours for version in range((came["version_after"] or 1) + 1, row["version"] + 1))


def _source(change: Mapping[str, Any] | None) -> Document | None:
    if change is None:
        return None
    at = change["finished_at"].isoformat() if change["finished_at"] else None
    return {"job": change["job"], "run": change["run"], "at": at, "cause": change["cause"]}


def _edited_by_staff(row: Mapping[str, object], changes: pl.DataFrame, store: Store) -> str | None:
    """When staff edited the patron after the last run that changed it; None when nobody did. Of a run whose journal was purged its start
    is left, which is when it edited."""
    last = changes["version_after"].drop_nulls().max()
    if not row["edited_at"] or row["version"] == last:
        return None
    edited = str(row["edited_at"])
    purged = last is None and bool((store.runs()["started_at"] == from_text(edited)).any())
    return None if purged else edited


def _locks(locks: pl.DataFrame, today: date) -> Sequence[Document]:
    """The locks, each with whether its last day is over."""
    return locks.with_columns(expired=(pl.col("until_date") < today.isoformat()).fill_null(False)).to_dicts()


def _history(changes: pl.DataFrame, values: pl.DataFrame) -> list[Document]:
    """What runs did to the patron, newest first."""
    fields: dict[int, dict[str, list[str | None]]] = {}
    for each in values.to_dicts():
        fields.setdefault(each["change"], {})[each["field"]] = [each["before"], each["after"]]
    return [
        {
            **{name: row[name] for name in ("run", "job", "action", "cause", "rule", "reason")},
            "at": _at(row),
            "fields": fields.get(row["change"], {}),
        }
        for row in changes.sort("change", descending=True).to_dicts()
    ]


def _at(row: Mapping[str, Any]) -> str | None:
    return row["finished_at"].isoformat() if row["finished_at"] else None


def _of_policy(district: District, jobs: Sequence[Job], store: Store, number: int, name: str, now: datetime) -> Document:
    """`transactions`, `last_seen`, and `policy`: for each job with a removal policy, what it would do and why, and whether that was undone
    before, so that it would be held."""
    nothing = changeless("full", {}, pl.DataFrame(schema=OUTCOME_ROWS))
    with store.reader() as reader:
        patron = project(nothing, reader, now, now).filter(pl.col("patron_id") == number)
        tables = circulation_gate(district, reader, now)
        locks = locks_in_force(reader, district.today(now))
        undone = {job.key: reader.undone(job.key) for job in jobs}
    row = patron.row(0, named=True)
    today = district.today(now)
    policies = []
    for job in jobs:
        if job.removal is None:
            continue
        found = explain(patron, job.removal, district, today, deletions=tables.open, locks=locks)
        again = undone[job.key].filter((pl.col("patron") == name) & pl.col("action").eq_missing(found.action)).height > 0
        policies.append({"job": job.key, **to_builtins(found), "undone_before": again, "gate": _last_gate(store, job)})
    return {
        "transactions": {**{name: row[name] for name in _COUNTED}, "checkout_sites": row["checkout_sites"]},
        "last_seen": row["seen_at"].isoformat() if row["seen_at"] else None,
        "circulation": {"good": tables.open, "reason": tables.reason},
        "policy": policies,
    }


def _last_gate(store: Store, job: Job) -> Document | None:
    """The removal gate of the job's last full run: a rule acts only behind an open gate."""
    nights = store.runs(job.key).filter((pl.col("kind") == "full") & pl.col("removal").is_not_null())
    if nights.is_empty():
        return None
    row = store.run(nights["id"][0])
    return {"run": row.id, **(row.removal or {})}


def local(instant: str | None, district: District) -> str:
    """An instant (the store's text or ISO 8601) as people of the district read it; a dash for none."""
    return "-" if not instant else f"{from_text(instant).astimezone(district.time_zone):%Y-%m-%d %H:%M}"
