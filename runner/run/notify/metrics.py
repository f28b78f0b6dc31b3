"""A Prometheus text file about the jobs of a district, for a node exporter's textfile collector; written whole, never half."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from runner.frames import OUTCOMES
from runner.store.store import Store

_FIRST = b"# HELP patron_runner_"
_GOOD = ("complete", "incomplete", "held", "undone", "superseded", "rejected")
_COUNTED = (*OUTCOMES, "malformed", "skipped", "warnings", "inactivated", "reactivated", "removed")


def replaceable(path: Path) -> bool:
    """Whether nothing is lost where the metrics take the place of what stands there: such a file, an empty one, or none."""
    try:
        if not path.is_file():  # a pipe would keep the run waiting
            return not path.exists()
        with path.open("rb") as file:
            return file.read(len(_FIRST)) in (b"", _FIRST)
    except OSError:
        return False


def write_metrics(path: Path, store: Store, jobs: Sequence[str]) -> None:
    """Writes the file about `jobs`, renamed into place. It holds counts only and all may read it, for a collector is somebody else."""
    text = "".join(_families(store, jobs))
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    opened = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(opened, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o644)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _families(store: Store, jobs: Sequence[str]) -> Iterable[str]:
    newest = {job: store.runs(job, limit=30).to_dicts() for job in jobs}
    last = {job: rows[0] for job, rows in newest.items() if rows}
    good = {job: next((row for row in rows if row["status"] in _GOOD), None) for job, rows in newest.items()}
    yield from _family("patron_runner_last_run_timestamp_seconds", "When the last run began.", _times(last, "started_at"))
    known = {job: row for job, row in good.items() if row is not None}
    yield from _family(
        "patron_runner_last_success_timestamp_seconds", "When the last run that came to a result ended.", _times(known, "finished_at")
    )
    states = [({"job": job}, int(row["status"] in _GOOD)) for job, row in last.items()]
    yield from _family("patron_runner_last_run_success", "Whether the last run came to a result.", states)
    waiting = [({"job": job}, _waiting(row)) for job, row in last.items()]
    yield from _family("patron_runner_held_changes", "Changes of the last run that wait for an approval.", waiting)
    yield from _family(
        "patron_runner_last_run_records", "Records of the last run with a result, by what became of them.", list(_counts(known))
    )


def _waiting(row: Mapping[str, Any]) -> int:
    return sum(each["count"] for each in json.loads(row["held"] or "[]")) if row["status"] == "held" else 0


def _times(rows: Mapping[str, Any], column: str) -> list[tuple[dict[str, str], float]]:
    return [({"job": job}, _seconds(row[column])) for job, row in rows.items() if row[column] is not None]


def _counts(rows: Mapping[str, Any]) -> Iterable[tuple[dict[str, str], float]]:
    for job, row in rows.items():
        counts = json.loads(row["counts"] or "{}")
        for name in _COUNTED:
            yield {"job": job, "outcome": name}, counts.get(name, 0)


def _family(name: str, text: str, samples: Sequence[tuple[Mapping[str, str], float]]) -> Iterable[str]:
    yield f"# HELP {name} {text}\n# TYPE {name} gauge\n"
    for labels, value in samples:
        # Job names are of letters, digits, - and / alone, so that a label needs no escaping.
        named = ",".join(f'{key}="{word}"' for key, word in labels.items())
        yield f"{name}{{{named}}} {value:.15g}\n"


def _seconds(moment: datetime) -> float:
    return moment.timestamp()
