"""Rules between a job and its district: sites, patron types, access levels and tables that a job names must exist there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from runner.job.document import Document, Keys, dotted
from runner.job.model import District
from runner.job.near import did_you_mean, listed

STATUSES = ("Active", "Inactive", "Restricted", "A", "I", "R")


def check_links(document: Document, district: District) -> None:
    """Notes names in a job that its district does not know."""
    sites = [name for site in district.sites for name in (site.short_name, *site.aliases)]
    types = [each.name for each in district.patron_types]
    for at, text in _constants(document, "site"):
        _must_be_known(document, at, text, sites, "unknown-site", "is no site of the district", exact=False)
    for at, text in _constants(document, "access_level"):
        _must_be_known(
            document, at, text, district.access_levels, "unknown-access-level", "is no access level of the district", exact=False
        )
    for at, text in _constants(document, "status"):
        _must_be_known(document, at, text, STATUSES, "unknown-status", "is no status", exact=False)
    for at, text in _constants(document, "patron_type"):
        if types and text and text.casefold() not in {each.casefold() for each in types}:
            hint = did_you_mean(text, types) or "add it to `patron_types` in district.yaml, with its persona"
            said = f"`{dotted(at)}` is no patron type of the district, so it would be created with persona other"
            document.problem("patron-type-unknown", said, hint, at=at, severity="warning")
    _check_scope(document, district, types)
    _check_table(document, district)


def _check_scope(document: Document, district: District, types: list[str]) -> None:
    for index, name in enumerate(document.items("removal", "scope", "patron_types")):
        if types:
            _must_be_known(
                document,
                ("removal", "scope", "patron_types", index),
                name,
                types,
                "unknown-patron-type",
                "is no patron type of the district",
            )
    for index, name in enumerate(document.items("removal", "scope", "access_levels")):
        at: Keys = ("removal", "scope", "access_levels", index)
        _must_be_known(document, at, name, district.access_levels, "unknown-access-level", "is no access level of the district")
    personas = {each.persona for each in district.patron_types} | {"other"}
    for index, name in enumerate(document.items("removal", "scope", "personas")):
        if types and isinstance(name, str) and name not in personas:
            text = f"no patron type of the district has the persona of `{dotted(('removal', 'scope', 'personas', index))}`"
            hint = "the policy would touch nobody; see `patron_types` in district.yaml"
            document.problem("persona-unused", text, hint, at=("removal", "scope", "personas", index), severity="warning")


def _check_table(document: Document, district: District) -> None:
    table = document.get("properties", "table")
    if document.get("kind") == "circulation" and isinstance(table, str) and district.circulation.get(table) == "none":  # type: ignore[call-overload]
        text = f"district.yaml says that this district has no {table}, and this job loads them"
        document.problem("table-not-used", text, f"delete `{table}: none` under circulation in district.yaml", at=("properties", "table"))


def _must_be_known(document: Document, at: Keys, name: object, known: Iterable[str], code: str, said: str, *, exact: bool = True) -> None:
    names = list(known)
    if not isinstance(name, str) or not name or name in names or document.full:
        return
    if exact or name.strip().casefold() not in {each.strip().casefold() for each in names}:
        hint = did_you_mean(name, names) or f"known are {listed(names)}"
        document.problem(code, f"`{dotted(at)}` {said}", hint, at=at)


def _constants(document: Document, field: str) -> Iterator[tuple[Keys, str]]:
    """The texts that a field is certain to get: constants and results of a map, where no step comes after and no column goes in."""
    at: Keys = ("properties", "fields", field)
    steps = document.items(*at, "steps")
    places: list[Keys] = []
    if "map" in document.mapping(*at):
        places += [(*at, "map", key) for key in document.mapping(*at, "map")]
    elif steps and isinstance(steps[-1], dict) and "map" in steps[-1]:
        last: Keys = (*at, "steps", len(steps) - 1, "map")
        places += [(*last, key) for key in document.mapping(*last)]
    elif not steps:
        places += [(*at, "value"), (*at, "when_blank", "default")]
        places += [(*at, "when", index, key) for index, _ in enumerate(document.items(*at, "when")) for key in ("then", "else")]
    for place in places:
        text = document.text(*place)
        if text is not None and "{" not in text and "}" not in text:
            yield place, text
