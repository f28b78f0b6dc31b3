"""What a district says, as frozen values: sites, patron types, guards, notifications."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from runner.job.secret import Secret

Persona = Literal["student", "faculty", "staff", "other"]
CirculationTable = Literal["checkouts", "fines", "holds"]
GUARDED_ACTIONS = ("create", "update", "transfer", "inactivate", "reactivate", "delete")


class Site(Struct, frozen=True):
    """A school library. `default_*` are None where the file gives none."""

    short_name: str
    name: str
    aliases: tuple[str, ...] = ()
    kind: Literal["library", "media"] = "library"
    default_patron_type: str | None = None
    default_access_level: str | None = None
    default_resource_group: str | None = None


class PatronType(Struct, frozen=True):
    name: str
    persona: Persona = "other"


class Limit(Struct, frozen=True):
    """A guard: trips above `number`, or above `percent` while the count is above the floor; either alone trips."""

    number: int | None = None
    percent: float | None = None
    floor: int | None = None


class Guards(Struct, frozen=True):
    """`actions` by name of GUARDED_ACTIONS, `fields` by target field; a missing entry means none written here."""

    actions: Mapping[str, Limit] = field(default_factory=dict)
    fields: Mapping[str, Limit] = field(default_factory=dict)


class Email(Struct, frozen=True):
    server: str
    port: int
    security: Literal["starttls", "tls", "none"]
    username: str | None
    password: Secret | None
    sender: str
    to: tuple[str, ...]
    when: tuple[Literal["failure", "hold", "warnings", "always"], ...]
    warnings_over: int
    values: bool


class Webhook(Struct, frozen=True):
    url: Secret
    when: tuple[Literal["failure", "hold", "warnings", "always"], ...]
    values: bool


class Ping(Struct, frozen=True):
    url: Secret


class Notify(Struct, frozen=True):
    email: Email | None = None
    webhook: Webhook | None = None
    ping: Ping | None = None
    metrics_file: Path | None = None


class District(Struct, frozen=True):
    """`key` is the folder's name (the DISTRICT of DISTRICT/JOB); `sha256` hashes the file's bytes, `meaning` what they say."""

    key: str
    path: Path
    sha256: str
    name: str
    time_zone: ZoneInfo
    store: str | Secret
    statistical_year_starts_in: int
    graduating_grades: tuple[str, ...]
    require_district_id: bool
    sites: tuple[Site, ...]
    patron_types: tuple[PatronType, ...]
    access_levels: tuple[str, ...]
    guards: Guards
    circulation: Mapping[CirculationTable, Literal["loaded", "none"]]
    circulation_max_age: timedelta
    history_days: int
    approvals_expire: timedelta
    show_values: bool
    notify: Notify
    meaning: str = ""
    fingerprint_key: Secret | None = None

    def today(self, now: datetime) -> date:
        """The local date at `now`."""
        return now.astimezone(self.time_zone).date()
