"""One store holds one district: what a job of another would make of its patrons is nobody's wish. (docs/store.md)

`runner check` sees two addresses that are written alike. That two ways of writing lead to one store only the stores can tell.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from runner.errors import InvalidFiles, RunnerError
from runner.job.folders import DISTRICT_FILE
from runner.job.load import load_workspace
from runner.job.model import District
from runner.job.shared_stores import SHARED_HINT, shared_with
from runner.problems import TOP, Problem
from runner.run.places import Places
from runner.store.look import store_id, store_id_at
from runner.store.store import Store


def refuse_another_districts(store: Store, district: District, places: Places, now: datetime) -> None:
    """Raises InvalidFiles where `store`, which is the district's by its file, is another district's as well."""
    other = other_owner(store, district, places, now)
    if other is not None:
        problem = Problem(district.path, TOP, "store-shared", shared_with(other), SHARED_HINT)
        raise InvalidFiles(f"{district.key} and {other} have one store", "put it right, then type `runner check`", problems=(problem,))


def other_owner(store: Store, district: District, places: Places, now: datetime) -> str | None:
    """Another district of the workspace whose job ran last on `store`, and whose file still leads there; None for none. One whose store
    cannot be reached now is not suspected."""
    last = store.runs(limit=1)
    other = "" if last.is_empty() else last["job"][0].partition("/")[0]
    if other in ("", district.key) or not (places.jobs / other / DISTRICT_FILE).is_file():
        return None
    with suppress(RunnerError):
        for named in load_workspace(places.jobs, must_resolve=False, only=places.jobs / other).districts:
            address = places.for_district(other).store_address(named)
            if store_id_at(address, now) == store_id(store):
                return other
    return None
