"""A district as a value."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from runner.job.document import Document
from runner.job.durations import span
from runner.job.folders import district_key
from runner.job.hashes import content_hash, meaning_hash
from runner.job.model import District, Email, Guards, Limit, Notify, PatronType, Ping, Site, Webhook
from runner.job.secret import REFERENCE, Secret, secret_of

_MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
_TABLES = ("checkouts", "fines", "holds")


def build_district(document: Document) -> District:
    """The district that a checked document says, with every default filled in."""
    data, folder = document.data, document.path.parent
    return District(
        key=district_key(folder),
        path=document.path,
        sha256=content_hash(document.raw),
        meaning=meaning_hash(document.raw, data),
        name=data["name"],
        time_zone=ZoneInfo(data["time_zone"]),
        store=_store(data.get("store", "sqlite"), folder),
        fingerprint_key=secret_of(data["fingerprint_key"], folder) if "fingerprint_key" in data else None,
        statistical_year_starts_in=_MONTHS.index(data.get("statistical_year_starts_in", "August")) + 1,
        graduating_grades=tuple(data.get("graduating_grades", ["12"])),
        require_district_id=data.get("require_district_id", False),
        sites=tuple(_site(site) for site in data["sites"]),
        patron_types=tuple(PatronType(each["name"], each.get("persona", "other")) for each in data.get("patron_types", [])),
        access_levels=tuple(data.get("access_levels", ["Patron"])),
        guards=build_guards(data.get("guards", {})),
        circulation={table: data.get("circulation", {}).get(table, "loaded") for table in _TABLES},  # type: ignore[misc]
        circulation_max_age=span(data.get("circulation_max_age", "2d")),
        history_days=data.get("history_days", 90),
        approvals_expire=span(data.get("approvals_expire", "7d")),
        show_values=data.get("reports", {}).get("values", True),
        notify=_notify(data.get("notify", {}), folder),
    )


def build_guards(data: dict[str, Any]) -> Guards:
    """The guards of a job or a district."""
    actions = {name: _limit(limit) for name, limit in data.items() if name != "fields"}
    return Guards(actions, {name: _limit(limit) for name, limit in data.get("fields", {}).items()})


def _limit(data: dict[str, Any]) -> Limit:
    percent = data.get("percent")
    return Limit(data.get("number"), None if percent is None else float(percent), data.get("floor"))


def _store(text: str, folder: Path) -> str | Secret:
    return secret_of(text, folder) if REFERENCE.search(text) else text


def _site(data: dict[str, Any]) -> Site:
    return Site(
        short_name=data["short_name"],
        name=data["name"],
        aliases=tuple(data.get("aliases", [])),
        kind=data.get("kind", "library"),
        default_patron_type=data.get("default_patron_type"),
        default_access_level=data.get("default_access_level"),
        default_resource_group=data.get("default_resource_group"),
    )


def _notify(data: dict[str, Any], folder: Path) -> Notify:
    webhook, ping, metrics = data.get("webhook"), data.get("ping"), data.get("metrics_file")
    return Notify(
        email=_email(data["email"], folder) if "email" in data else None,
        webhook=Webhook(secret_of(webhook["url"], folder), _when(webhook), webhook.get("values", False)) if webhook else None,
        ping=Ping(secret_of(ping["url"], folder)) if ping else None,
        metrics_file=folder.absolute() / metrics if metrics else None,
    )


def _email(data: dict[str, Any], folder: Path) -> Email:
    to = data["to"]
    return Email(
        server=data["server"],
        port=data.get("port", 587),
        security=data.get("security", "starttls"),
        username=data.get("username"),
        password=secret_of(data["password"], folder) if "password" in data else None,
        sender=data["from"],
        to=tuple([to] if isinstance(to, str) else to),
        when=_when(data),
        warnings_over=data.get("warnings_over", 0),
        values=data.get("values", False),
    )


def _when(data: dict[str, Any]) -> tuple[Any, ...]:
    given = data.get("when", ["failure", "hold"])
    return (given,) if isinstance(given, str) else tuple(given)
