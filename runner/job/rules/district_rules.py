"""Rules of district.yaml: a real time zone, names that stand once, references that lead somewhere."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from runner.job.document import Document, Keys, dotted
from runner.job.folders import district_key
from runner.job.near import did_you_mean
from runner.job.rules.removal_rules import check_guards
from runner.loopback import is_loopback

_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*")
_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_PLAIN_WEB = re.compile(r"http://(?:[^/@]*@)?(\[[^\]]*\]|[^/:?#]+)", re.IGNORECASE)
_TOKEN = re.compile(r"(?=[^/]*[0-9])[A-Za-z0-9_-]{16,}")


def check_district(document: Document) -> None:
    """Notes what is wrong between the keys of a district file."""
    _check_zone(document)
    _check_sites(document)
    _check_unique_types(document)
    check_guards(document)
    _check_notify(document)


def check_district_name(document: Document) -> None:
    """Notes a folder whose name cannot be the district's: it stands in run ids, in links, and in what people type."""
    name = district_key(document.path.parent)
    if _FOLDER.fullmatch(name) is None:
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:63]
        text = "the folder's name is the district's, and has letters, digits, dots, hyphens and underlines only, at most 63"
        document.problem("name-invalid", text, f"rename the folder, such as to {plain or 'springfield'}")


@cache
def zone_names() -> frozenset[str]:
    """Every IANA name, exactly as it is spelt."""
    try:
        listed = (resources.files("tzdata") / "zones").read_text(encoding="utf-8")
    except (ModuleNotFoundError, FileNotFoundError):
        return frozenset(available_timezones())
    return frozenset(listed.split())


def _check_zone(document: Document) -> None:
    name = document.text("time_zone")
    if name is None:
        return
    # The spelling is compared as well, for a file system that ignores letter case would find `america/chicago`.
    if not _ZONE.fullmatch(name) or name not in zone_names() or not _loads(name):
        hint = did_you_mean(name, zone_names()) or "write an IANA name such as America/Chicago"
        document.problem("time-zone-unknown", "`time_zone` is not the name of a time zone", hint, at=("time_zone",))
        return
    zone = ZoneInfo(name)
    fixed = zone.utcoffset(datetime(2026, 1, 1)) == zone.utcoffset(datetime(2026, 7, 1))
    if fixed and ("/" not in name or name.startswith("Etc/")):
        text = f"`time_zone: {name}` never changes to daylight time"
        document.problem("time-zone-fixed", text, "write the place, such as America/New_York", at=("time_zone",), severity="warning")


def _loads(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _check_sites(document: Document) -> None:
    seen: dict[str, str] = {}
    short_names: dict[str, str] = {}
    types = {each["name"] for each in document.items("patron_types") if isinstance(each, dict) and isinstance(each.get("name"), str)}
    levels = document.items("access_levels") if "access_levels" in document.data else ["Patron"]
    for index, _ in enumerate(document.items("sites")):
        at: Keys = ("sites", index)
        _once(document, seen, (*at, "short_name"))
        _once_in_any_case(document, at, short_names)
        for number, _ in enumerate(document.items(*at, "aliases")):
            _once(document, seen, (*at, "aliases", number))
        if types:
            _must_be_in(document, (*at, "default_patron_type"), types, "patron_types", "unknown-patron-type")
        if levels:
            _must_be_in(document, (*at, "default_access_level"), levels, "access_levels", "unknown-access-level")


def _once(document: Document, seen: dict[str, str], at: Keys) -> None:
    name = document.text(*at)
    if name is None:
        return
    if name in seen:
        document.problem(
            "duplicate-site", f"`{dotted(at)}` is already the name of `{seen[name]}`", "a name or alias belongs to one site", at=at
        )
    seen.setdefault(name, dotted(at))


def _once_in_any_case(document: Document, site: Keys, short_names: dict[str, str]) -> None:
    """Where a site is looked up, capitals are overlooked: two that differ in nothing else could not be told apart."""
    at: Keys = (*site, "short_name")
    name = document.text(*at)
    if name is None:
        return
    other = short_names.setdefault(name.casefold(), name)
    if other != name:
        text = f"`{dotted(at)}` differs from {other} in capitals alone, and those are overlooked"
        document.problem("duplicate-site", text, "give one of the two sites another short name", at=at)


def _must_be_in(document: Document, at: Keys, names: object, section: str, code: str) -> None:
    name = document.text(*at)
    known = [each for each in names if isinstance(each, str)] if isinstance(names, (list, set)) else []
    if name is not None and name not in known and not document.full:
        hint = did_you_mean(name, known) or f"add it to `{section}`"
        document.problem(code, f"`{dotted(at)}` is not among `{section}`", hint, at=at)


def _check_unique_types(document: Document) -> None:
    seen: set[str] = set()
    for index, _ in enumerate(document.items("patron_types")):
        name = document.text("patron_types", index, "name")
        if name is not None and name in seen:
            at: Keys = ("patron_types", index, "name")
            document.problem("duplicate-item", f"`{dotted(at)}` stands in the list twice", "delete one", at=at)
        seen.add(name or "")


def _values_in_clear(document: Document, at: Keys, hint: str) -> None:
    text = f"`{dotted(at)}: true` would send children's records over a connection that anybody can read"
    document.problem("values-in-clear", text, hint, at=at)


def _goes_in_clear(url: str) -> bool:
    plain = _PLAIN_WEB.match(url)
    return plain is not None and not is_loopback(plain[1])


def _check_notify(document: Document) -> None:
    email = document.mapping("notify", "email")
    if email.get("security") == "none" and "password" in email:
        text = "`notify.email` would send the password over a connection that anybody can read"
        document.problem("mail-password-in-clear", text, "write security: starttls or tls", at=("notify", "email", "security"))
    elif email.get("security") == "none" and email.get("values") is True and not is_loopback(document.text("notify", "email", "server")):
        _values_in_clear(document, ("notify", "email", "values"), "write security: starttls or tls, or leave `values` out")
    hook = document.text("notify", "webhook", "url") or ""
    if document.get("notify", "webhook", "values") is True and _goes_in_clear(hook):
        _values_in_clear(document, ("notify", "webhook", "values"), "have the address begin with https, or leave `values` out")
    for at in (("notify", "webhook", "url"), ("notify", "ping", "url")):
        url = document.text(*at) or ""
        if "${" not in url and any(_TOKEN.fullmatch(part) for part in url.split("/")[3:]):
            text = f"`{dotted(at)}` works like a password: whoever has it can use it"
            document.problem("address-in-clear", text, "write a reference such as ${env:WEBHOOK_URL}", at=at, severity="warning")
