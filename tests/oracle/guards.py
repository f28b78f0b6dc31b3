"""What guards hold, change by change, as docs/domain.md section 7 says it. No frames."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

CLOSING = ("create", "update", "transfer")


@dataclass(frozen=True)
class Bound:
    """A guard as written."""

    number: int | None = None
    percent: float | None = None
    floor: int | None = None


@dataclass(frozen=True)
class Moved:
    """A change: `kind` is the guards' word for it; `site` where its patron is before the run (an add: where it will be)."""

    name: object
    kind: str
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


def kind_of(action: str, status_before: str | None, status_after: str | None) -> str:
    """What guards call a change: one that makes a patron Inactive, or no longer Inactive, is that, whatever else it does."""
    if action in ("add", "associate", "delete"):
        return {"add": "create", "associate": "update", "delete": "delete"}[action]
    if (status_before == "Inactive") != (status_after == "Inactive"):
        return "inactivate" if status_after == "Inactive" else "reactivate"
    return "transfer" if action == "transfer" else "update"


def held(changes: Iterable[Moved], base: dict[str, int], watch: Watch) -> set[object]:
    """The names of the changes that are held. `base`: patrons by site, before the run."""
    moved = list(changes)
    kinds = {kind: [each for each in moved if each.kind == kind] for kind in {each.kind for each in moved}}
    stopped: set[object] = set()
    for kind, counted in kinds.items():
        stopped |= _held_of(counted, base, _bounds(kind, watch.job, watch.district, DEFAULTS))
    for name in {*watch.job_fields, *watch.district_fields}:
        counted = [each for each in moved if name in each.fields]
        stopped |= _held_of(counted, base, _bounds(name, watch.job_fields, watch.district_fields, {}))
    return stopped


def closes_the_gate(changes: Iterable[Moved], stopped: set[object]) -> bool:
    """A tripped create, update or transfer guard closes the removal gate; the others do not."""
    return any(each.name in stopped and each.kind in CLOSING for each in changes)


def trips(bound: Bound, count: int, base: int, default_floor: int) -> bool:
    """Either limit alone trips. A percentage does not, while the count is at or under the floor."""
    if bound.number is not None and count > bound.number:
        return True
    floor = default_floor if bound.floor is None else bound.floor
    return bound.percent is not None and count > floor and count * 100 > Fraction(str(bound.percent)) * base


def _bounds(name: str, job: dict[str, Bound], district: dict[str, Bound], defaults: dict[str, Bound]) -> list[Bound]:
    """The job's and the district's where written; else the default."""
    written = [each[name] for each in (job, district) if name in each]
    return written or [each[name] for each in (defaults,) if name in each]


def _held_of(counted: list[Moved], base: dict[str, int], bounds: list[Bound]) -> set[object]:
    """All of them where a bound trips over the job, else those at the sites where one trips."""
    stopped: set[object] = set()
    for bound in bounds:
        if trips(bound, len(counted), sum(base.values()), 100):
            stopped |= {each.name for each in counted}
        for site in {each.site for each in counted}:
            there = [each.name for each in counted if each.site == site]
            if trips(bound, len(there), base.get(site, 0), 10):
                stopped |= set(there)
    return stopped
