"""What a run remembers of its input's lines, so that the next one need not parse, map and compare what is the same.

A file of columns in the district's `lines/` folder, one row for each line that left its patron as it should be, without a word. The store
notes in the run's own transaction which file is the right one. What a row says stays true for ever: this line, under this job and this
program, changes nothing about this patron at this version. A memory that is old is therefore only of less use, and one that is missing,
damaged or of another job file is not used. Hashes of lines are keyed, for a line may hold what the job does not name.
(docs/decisions/0505-lines-that-are-known.md)
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import polars as pl
from msgspec import Struct, convert, to_builtins

from runner import __version__
from runner.intake.again import Told
from runner.job.model import Job
from runner.mapping.born import century_of
from runner.mapping.fingerprint import HASH_VERSION
from runner.run.places import make_private
from runner.sealed import is_whole, seal

LEAST_ROWS = 20_000
# `hash` of the line; `row_hash` of its cells (runner.mapping.records); `shape` of its key (runner.intake.health).
_LINES: dict[str, Any] = {
    "hash": pl.UInt64,
    "patron_id": pl.Int64,
    "version": pl.Int64,
    "row_hash": pl.UInt64,
    "site": pl.Categorical(),
    "shape": pl.Categorical(),
}
LINES = pl.Schema(_LINES)
_MISSING = "what the last run kept of its input is not, or no longer, on this machine"
_DAMAGED = "what the last run kept of its input is damaged"
# What a different entry means; since when is the asker's to say.
CHANGED = {
    "program": "this program or one of its parts was updated",
    "key": "the district's key file was replaced",
    "job": "the job file, or a value that it refers to, changed",
    "district": "the district file, or a value that it refers to, changed",
    "century": "a year began, by which the job reads years of birth with two digits,",
}


class Memory(Struct, frozen=True):
    """`lines`: LINES, each hash and each patron once, in the order of the file that they come from. `header`: its
    runner.intake.header.Header.signature; `size` in bytes and `sha256` of all of it; `told`: of its other lines, where they are few;
    `others`: the row hashes besides these lines' of which that run made its baseline, where they are few."""

    lines: pl.DataFrame
    header: tuple[str, ...]
    size: int
    sha256: str
    told: Told | None = None
    others: tuple[int, ...] | None = None

    def baseline(self) -> pl.Series | None:
        """All row hashes (UInt64) of which that run made its baseline, in any order; None where not all are known."""
        if self.others is None:
            return None
        return pl.concat([self.lines["row_hash"], pl.Series("row_hash", self.others, dtype=pl.UInt64)])


def line_seed(key: bytes) -> int:
    """The secret seed of the hashes of lines (64 bits), made of the district's key."""
    return int.from_bytes(hmac.new(key, b"lines of inputs", hashlib.sha256).digest()[:8], "big")


def meaning_of(job: Job, today: date) -> dict[str, str]:
    """What must be as it was for a plan to mean the same: what the job and its district say, and which hundred years a two-digit year of
    birth belongs to on the local date `today`. To be keyed where it is kept beside a store: a value may be guessed."""
    return {"job": job.meaning, "district": job.district.meaning, "century": century_of(job, today)}


def setting_of(meaning: Mapping[str, str], key: bytes) -> dict[str, str]:
    """What must be as it was for a line to mean the same: the program, the key, and what `meaning_of` gives, fingerprinted with that."""

    def mac(text: str) -> str:
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()

    return {"program": f"{__version__}, {HASH_VERSION}", "key": mac("key"), **{name: mac(text) for name, text in meaning.items()}}


def recall(setting: Mapping[str, str], note: str | None, folder: Path) -> Memory | str | None:
    """The memory that `note` names; why there is none, in words; None where the job has none to use."""
    if note is None:
        return None
    noted = json.loads(note)
    for name, now in setting.items():
        if noted.get(name) != now:
            return f"{CHANGED[name]} since the last run"
    path = folder / Path(noted["file"]).name
    try:
        # Notes of before files were sealed have a hash alone, which is a seal that is always held against the file.
        if not is_whole(path, noted.get("seal", noted.get("sha256", ""))):
            return _DAMAGED
        lines = pl.read_ipc(path)  # mapped, not read: the file never changes
    except OSError:
        return _MISSING
    # Notes of before a file was recognised whole say nothing of it.
    told = convert(noted["told"], Told) if noted.get("told") is not None else None
    others = tuple(noted["others"]) if noted.get("others") is not None else None
    return Memory(lines, tuple(noted["header"]), noted.get("size", 0), noted.get("input", ""), told, others)


def keep(job: Job, setting: Mapping[str, str], memory: Memory, folder: Path) -> str | None:
    """Writes the memory to a new file (0600) and gives the note for the store; None where the disk does not take it."""
    path = make_private(folder) / f"{job.name}-{uuid4().hex}.lines"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w+b") as file:
            memory.lines.select(LINES.names()).rechunk().write_ipc(file, compression="uncompressed")
            sealed = seal(file)  # not synced: what a power cut leaves of it is not what its seal says, and is not used
    except (OSError, pl.exceptions.PolarsError):
        with suppress(OSError):
            path.unlink()
        return None
    about = {
        "file": path.name,
        "seal": sealed,
        "header": memory.header,
        "size": memory.size,
        "input": memory.sha256,
        "told": to_builtins(memory.told),
        "others": memory.others,
    }
    return json.dumps({**setting, **about})


def sweep(job: Job, note: str | None, folder: Path) -> None:
    """Removes the job's files that the store does not name."""
    kept = None if note is None else Path(json.loads(note)["file"]).name
    for path in folder.glob(f"{job.name}-*.lines"):
        if path.name != kept and len(path.stem) == len(job.name) + 33:
            with suppress(OSError):
                path.unlink()
