"""Where a key belongs that stands in the wrong place: at another place of its file, or in the other file."""

from __future__ import annotations

from functools import cache

from runner.job.document import Keys, dotted
from runner.job.near import listed
from runner.job.schema_keys import schema_keys

_FILES = {"district": "district.yaml", "job": "a job file"}


def home_of(key: str, at: Keys, file: str, known: list[str]) -> str | None:
    """Where `key`, found at the path `at` of a `file` (job, district or test), belongs; None for a key that is known nowhere. `known`: the
    keys that may stand there."""
    here = tuple(part for part in at if isinstance(part, str))
    mine = _known_in(file).get(key, ())
    if not mine or (key not in mine and not here):
        # Nowhere in this file, or deep in it, while the other file has it where it stands here.
        abroad = next((other for other in _FILES if other != file and _fits(key, here, _known_in(other), also_deeper=not mine)), None)
        if abroad is not None:
            return _abroad(key, _known_in(abroad)[key], abroad)
    return _at_home(key, here, mine, known) if mine else None


def _at_home(key: str, here: tuple[str, ...], homes: tuple[str, ...], known: list[str]) -> str:
    place = dotted(here)
    if place == "source" and f"source.{key}" in homes:
        return f"`{key}` belongs to the other type of source"
    if place in ("properties", "properties.fields") and f"{place}.{key}" in homes:
        return f"`{key}` belongs to the other kind of job"
    if key in homes:
        return f"`{key}` belongs at the top of the file, not under `{place}`"
    nearest = _nearest(here, homes)
    elsewhere = f"`{key}` belongs at {listed(nearest[:3])}"
    # Of a key that only another part of the file has, its writer may have meant something else.
    return elsewhere if not here or nearest[0].startswith(f"{here[0]}.") else f"{elsewhere}; known here: {listed(known)}"


def _nearest(here: tuple[str, ...], homes: tuple[str, ...]) -> list[str]:
    """The homes that share the most of the way with `here`."""

    def shared(home: str) -> int:
        return next((depth for depth, part in enumerate(home.split(".")) if here[depth : depth + 1] != (part,)), 0)

    most = max(map(shared, homes))
    # A field is mapped in every job and guarded in few: who means a guard is already under `guards`.
    near = [home for home in homes if shared(home) == most]
    return [home for home in near if not home.startswith("guards.fields.") or most] or near


def _fits(key: str, here: tuple[str, ...], known: dict[str, tuple[str, ...]], *, also_deeper: bool) -> bool:
    homes = known.get(key, ())
    return dotted((*here, key)) in homes or (also_deeper and bool(homes))


def _abroad(key: str, homes: tuple[str, ...], file: str) -> str:
    return f"`{key}` belongs in {_FILES[file]}" + ("" if key in homes else f", at {listed(homes[:3])}")


@cache
def _known_in(file: str) -> dict[str, tuple[str, ...]]:
    """For each last part of a key of one file, the dotted paths at which it stands; what is inside of a field is left out, for it may
    stand in each of them."""
    homes: dict[str, list[str]] = {}
    for key in schema_keys(file):
        if not key.path.startswith("properties.fields.") or key.path.count(".") == 2:
            homes.setdefault(key.path.rsplit(".", 1)[-1], []).append(key.path)
    return {last: tuple(dict.fromkeys(paths)) for last, paths in homes.items()}
