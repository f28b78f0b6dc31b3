"""A plan as one file: a zip of `plan.json` and Arrow frames. It holds children's records and is 0600; it never holds a clear password."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from tempfile import mkstemp
from typing import Any, Literal

import polars as pl
from msgspec import Struct, convert, field, to_builtins

from runner.errors import NotFound, RunnerError, UsageError
from runner.plan.model import FRAMES, Held, Plan
from runner.report.model import COUNTS
from runner.run.places import Places
from runner.store.commit import HASHES, TRANSACTIONS

FORMAT = 1
_FRAMES = tuple(name for name, kind in Plan.__annotations__.items() if kind == "pl.DataFrame")
_SERIES = tuple(name for name, kind in Plan.__annotations__.items() if kind == "pl.Series")
_OTHER_FRAMES = ("blocked", "notes", "row_hashes", "hashes", "transactions")


class SavedPlan(Struct, frozen=True):
    """A plan as it was saved: `about` says of what (job, hashes, times); `blocked` is the report's frame of kept patrons, `notes` its
    messages on the file as a whole, `row_hashes` (`line`, `row_hash`) those of the records. Of a held plan besides: `hashes` (HASHES) of
    its passwords, and `transactions` (TRANSACTIONS) of the patrons that it deletes."""

    plan: Plan
    blocked: pl.DataFrame
    notes: pl.DataFrame
    row_hashes: pl.DataFrame
    about: Mapping[str, Any]
    hashes: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=HASHES))
    transactions: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=TRANSACTIONS))


class _About(Struct, frozen=True):
    """What `plan.json` says of a plan. A saved one names its input and when it was made, a held one its run."""

    job: str
    job_sha256: str
    district_sha256: str
    fingerprint: str
    run: str | None = None
    hash_version: str | None = None
    input_sha256: str | None = None
    planned_at: datetime | None = None
    zone: str | None = None
    rows: int | None = None
    key_shapes: list[tuple[str, dict[str, float]]] | None = None
    removal: dict[str, Any] | None = None
    rows_read: int | None = None
    skipped: int | None = None
    malformed: int | None = None
    meaning: dict[Literal["job", "district", "century"], str] | None = None


class _Parts(Struct, frozen=True):
    """`plan.json`."""

    about: _About
    kind: str
    compared_as: str
    new_patron_types: tuple[str, ...]
    counts: dict[str, int]
    sites: dict[str, int]
    held: tuple[Held, ...]


def write_plan(path: Path, saved: SavedPlan) -> None:
    """Writes the file whole (a temporary file beside it, synced, then renamed), 0600."""
    # A name that nobody can guess, and a file that nobody else made: in a folder that others may write to, one could be waiting.
    opened, name = mkstemp(prefix=f".{path.name[:200]}.", suffix=".part", dir=path.parent)
    beside = Path(name)
    try:
        with os.fdopen(opened, "wb") as file:
            file.write(to_bytes(saved))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def refuse_what_is_no_plan(path: Path, places: Places) -> None:
    """Raises UsageError where no plan may be saved: in the jobs or `var` folder, or in place of a file that is no saved plan."""
    real = path.resolve()
    for folder, what in ((places.jobs, "the jobs folder"), (places.var, "the folder of stores and reports")):
        if real.is_relative_to(folder.resolve()):
            raise UsageError(f"{path} lies in {what}, where no plan is saved", "name a file elsewhere after -o, such as /tmp/plan.bin")
    if os.path.lexists(path) and not _empty_or_a_plan(path):
        raise UsageError(f"{path} exists and is not a saved plan, so it is not replaced", "name another file after -o")


def _empty_or_a_plan(path: Path) -> bool:
    if not path.is_file():
        return False
    if not path.stat().st_size:
        return True  # as mktemp makes it: nothing is lost
    try:
        with zipfile.ZipFile(path) as archive:
            return "plan.json" in archive.namelist()
    except zipfile.BadZipFile:
        return False


def read_plan(path: Path) -> SavedPlan:
    """The saved plan. Raises NotFound without a file, RunnerError when it is no plan or of another version."""
    if not path.exists():
        raise NotFound(f"no plan at {path}", "make one: runner plan JOB -o FILE")
    if not path.is_file():
        raise RunnerError(f"{path} is a folder or a device, not a plan", "name the file that `runner plan JOB -o FILE` wrote")
    raw = path.read_bytes()
    return from_bytes(raw, shown_as=str(path))


def to_bytes(saved: SavedPlan) -> bytes:
    """The file's bytes."""
    plan = saved.plan
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("plan.json", json.dumps({"format": FORMAT, "about": dict(saved.about), **_plain_parts(plan)}))
        for name in _FRAMES:
            archive.writestr(f"{name}.arrow", _arrow(getattr(plan, name)))
        for name in _SERIES:
            archive.writestr(f"{name}.arrow", _arrow(getattr(plan, name).alias("value").to_frame()))
        for name in _OTHER_FRAMES:
            archive.writestr(f"{name}.arrow", _arrow(getattr(saved, name)))
    return packed.getvalue()


def from_bytes(raw: bytes, *, shown_as: str) -> SavedPlan:
    """The plan of a file's bytes. Raises RunnerError when they are none."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            told = json.loads(archive.read("plan.json"))
            if told["format"] != FORMAT:
                raise RunnerError(
                    f"{shown_as} was made by another version of runner", "plan again: runner plan JOB -o FILE", code="plan-version"
                )
            frames = {name: pl.read_ipc(archive.read(f"{name}.arrow")) for name in (*_FRAMES, *_SERIES, *_OTHER_FRAMES)}
        return _saved(convert(told, _Parts), frames)
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, RecursionError, pl.exceptions.PolarsError):
        raise RunnerError(f"{shown_as} is not a plan, or is damaged", "plan again: runner plan JOB -o FILE", code="plan-damaged") from None


def _saved(parts: _Parts, frames: Mapping[str, pl.DataFrame]) -> SavedPlan:
    """Raises ValueError where a frame lacks a column that it always has, or a count is missing."""
    for name, schema in FRAMES.items():
        if lacking := set(schema) - set(frames[name].columns):
            raise ValueError(f"{name} lacks {lacking}")
    if lacking := set(COUNTS) - set(parts.counts):
        raise ValueError(f"no count of {lacking}")
    columns: dict[str, Any] = {name: frames[name] for name in _FRAMES}
    columns |= {name: frames[name]["value"] for name in _SERIES}
    plan = Plan(
        **columns,
        kind=parts.kind,
        compared_as=parts.compared_as,
        new_patron_types=parts.new_patron_types,
        counts=parts.counts,
        sites=parts.sites,
        held=parts.held,
    )
    about = {key: value for key, value in to_builtins(parts.about).items() if value is not None or key == "removal"}
    return SavedPlan(plan, **{name: frames[name] for name in _OTHER_FRAMES}, about=about)


def _plain_parts(plan: Plan) -> dict[str, object]:
    return {
        "kind": plan.kind,
        "compared_as": plan.compared_as,
        "new_patron_types": list(plan.new_patron_types),
        "counts": dict(plan.counts),
        "sites": dict(plan.sites),
        "held": [{"action": each.action, "count": each.count, "guard": each.guard} for each in plan.held],
    }


def _arrow(frame: pl.DataFrame) -> bytes:
    packed = io.BytesIO()
    frame.write_ipc(packed, compression="zstd")
    return packed.getvalue()
