"""What guards hold, change by change, as docs/domain.md section 7 says it. No frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

CLOSING = ("create", "update", "transfer")
LEAVING = ("inactivate", "delete")


@dataclass(frozen=True)
class Bound:
    """A guard as written."""

    number: int | None = None
    percent: float | None = None
    floor: int | None = None


@dataclass(frozen=True)
class Moved:
    """A change: `kinds` are the guards' words for it; `site` where its patron is before the run (an add: where it will be)."""

    name: object
    kinds: tuple[str, ...]
    site: str
    fields: frozenset[str] = frozenset()


@dataclass
class Watch:
    """The guards of a job and of its district, by action and by field."""

    job: dict[str, Bound] = field(default_factory=dict)
    district: dict[str, Bound] = field(default_factory=dict)
    job_fields: dict[str, Bound] = field(default_factory=dict)
    district_fields: dict[str, Bound] = field(default_factory=dict)


DEFAULTS = {"delete": Bound(percent=5), "inactivate": Bound(percent=10), "update": Bound(percent=75)}


def kinds_of(action: str, status_before: str | None, status_after: str | None) -> tuple[str, ...]:
    """What guards call a change by the file. An association is none of their kinds; a transfer that also changes the status is two."""
    if action in ("add", "associate", "delete"):
        return {"add": ("create",), "associate": (), "delete": ("delete",)}[action]
    status: tuple[str, ...] = ()
    if (status_before == "Inactive") != (status_after == "Inactive"):
        status = ("inactivate",) if status_after == "Inactive" else ("reactivate",)
    return ("transfer", *status) if action == "transfer" else status or ("update",)


def held(changes: Iterable[Moved], base: Mapping[str, int], watch: Watch, made: Mapping[str, int] | None = None) -> set[object]:
    """The names of the changes that are held. `base`: patrons by site, before the run. `made`: how many the run makes besides, by kind."""
    return {name for _, stopped in trips(changes, base, watch, made or {}) for name in stopped}


def closes_the_gate(changes: Iterable[Moved], base: Mapping[str, int], watch: Watch) -> bool:
    """A tripped create, update or transfer guard closes the removal gate, and so does one of a field; the others do not."""
    return any(guard not in (*LEAVING, "reactivate") for guard, _ in trips(changes, base, watch, {}))


def trips(changes: Iterable[Moved], base: Mapping[str, int], watch: Watch, made: Mapping[str, int]) -> Iterator[tuple[str, set[object]]]:
    """Each guard that trips, and what it holds."""
    moved = list(changes)
    for kind in {kind for each in moved for kind in each.kinds}:
        counted = [each for each in moved if kind in each.kinds]
        for bound in _bounds(kind, watch.job, watch.district, DEFAULTS):
            yield from ((kind, stopped) for stopped in _stopped(bound, kind, counted, base, made.get(kind, 0)))
    for name in {*watch.job_fields, *watch.district_fields}:
        counted = [each for each in moved if name in each.fields and each.kinds]
        for bound in _bounds(name, watch.job_fields, watch.district_fields, {}):
            yield from ((name, stopped) for stopped in _stopped(bound, name, counted, base, 0))


def _stopped(bound: Bound, kind: str, counted: list[Moved], base: Mapping[str, int], made: int) -> Iterator[set[object]]:
    """All of them where the bound trips over the job, and those at each site where it trips. A number is of all that the run does."""
    if counted and bound.number is not None and len(counted) + made > bound.number:
        yield {each.name for each in counted}
    if over(bound, kind, len(counted), sum(base.values()), 100):
        yield {each.name for each in counted}
    for site in {each.site for each in counted}:
        there = {each.name for each in counted if each.site == site}
        if over(bound, kind, len(there), base.get(site, 0), 10):
            yield there


def over(bound: Bound, kind: str, count: int, base: int, default_floor: int) -> bool:
    """A percentage does not trip while the count is at or under the floor. Of nobody there is no percentage: a first load goes on, but
    taking patrons away does not."""
    floor = default_floor if bound.floor is None else bound.floor
    if bound.percent is None or count <= floor:
        return False
    if base == 0:
        return kind in LEAVING
    return count * 100 > Fraction(str(bound.percent)) * base


def _bounds(name: str, job: dict[str, Bound], district: dict[str, Bound], defaults: dict[str, Bound]) -> list[Bound]:
    """The job's and the district's where written; else the default."""
    written = [each[name] for each in (job, district) if name in each]
    return written or [each[name] for each in (defaults,) if name in each]
