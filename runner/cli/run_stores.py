"""The stores in which past runs are written, those of districts whose district.yaml cannot be used now included."""

from __future__ import annotations

from datetime import UTC, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from runner.cli.settings import Settings
from runner.cli.workspace import district_keys, places, valid_workspace
from runner.errors import RunnerError

if TYPE_CHECKING:
    from runner.job.load import Workspace
    from runner.job.model import District
    from runner.run.places import DistrictPlaces


class RunStore(Struct, frozen=True):
    """Where the runs of one district are: the embedded store's file or a server's address. `zone` is the one that people there live in."""

    address: Path | str
    zone: tzinfo


def run_stores(settings: Settings, wanted: str | None) -> tuple[list[RunStore], list[str]]:
    """The stores of all districts, or of the district `wanted` alone, and a sentence for each that is left out, with the reason.

    A broken district.yaml is passed over for its last good version, else for what can still be read of it: the store lies where it always
    does unless the file says otherwise."""
    workspace, found, left_out = valid_workspace(settings), [], []
    valid = {district.key: district for district in workspace.districts}
    for key in district_keys(settings):
        if wanted not in (None, key):
            continue
        where = places(settings).for_district(key)
        try:
            store = _of(valid[key], where) if key in valid else _of_broken(settings.jobs / key, where)
        except RunnerError as problem:
            store, why = None, problem.text
        else:
            why = _why(workspace, key)
        if store is not None:
            found.append(store)
        else:
            left_out.append(f"The runs of {key} are left out, for nothing says where its store is: {why}")
    return found, left_out


def _of(district: District, where: DistrictPlaces) -> RunStore:
    return RunStore(where.store_address(district), district.time_zone)


def _of_broken(folder: Path, where: DistrictPlaces) -> RunStore | None:
    from runner.job.check import read_document
    from runner.job.folders import DISTRICT_FILE
    from runner.run.last_good import kept_jobs, load_last_good

    for name, _ in kept_jobs(where):
        try:
            return _of(load_last_good(where, name, must_resolve=False).district, where)
        except RunnerError:
            continue
    document = read_document(folder / DISTRICT_FILE)
    store = document.get("store") if document.usable else "sqlite"
    text = "sqlite" if store is None else store
    if not isinstance(text, str) or not (text == "sqlite" or text.startswith("sqlite:///")):
        return None
    address = where.store_at(text, folder)
    known = document.usable or (isinstance(address, Path) and address.exists())
    return RunStore(address, _zone(document.get("time_zone"))) if known else None


def _zone(name: object) -> tzinfo:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(str(name)) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def _why(workspace: Workspace, key: str) -> str:
    from runner.job.folders import DISTRICT_FILE
    from runner.run.broken_files import in_words

    problems = (each for each in workspace.problems if each.path.name == DISTRICT_FILE and each.path.parent.name == key)
    return next((in_words(each) for each in problems if each.severity == "error"), f"its {DISTRICT_FILE} is broken")
