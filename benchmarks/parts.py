"""What was measured, kept on disk by parts, so that the page can be written from measurements of several days.

Each part says of itself when, of which commit and on which machine it was measured; only this machine's are ever put on a page.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.machine import runner_version

_SAME = ("processor", "cores", "memory")  # what makes a machine another one; its system and its libraries may be updated


@dataclass(frozen=True, slots=True)
class Part:
    """`data` is what the command of that name keeps, as plain JSON; `machine` is what benchmarks/machine.py tells."""

    name: str
    day: str
    machine: Mapping[str, str]
    data: Any

    @property
    def origin(self) -> str:
        """When it was measured, and which version of the program."""
        return f"{self.day}, {self.machine['runner']}"


def keep(name: str, data: Any, *, folder: Path, began: Mapping[str, str]) -> Part:
    """Writes a part; the one of the same name from before is gone. `began`: the machine as it was described before the measurement."""
    before, after = began["runner"], runner_version()
    runner = before if before == after else f"{before} to {after}"  # somebody committed meanwhile: the part is of both
    part = Part(name, datetime.now(UTC).date().isoformat(), {**began, "runner": runner}, data)
    folder.mkdir(parents=True, exist_ok=True)
    half = folder / f"{name}.json.part"
    half.write_text(json.dumps(asdict(part), indent=1), encoding="utf-8")
    half.rename(folder / f"{name}.json")
    return part


def kept(folder: Path, machine: Mapping[str, str]) -> dict[str, Part]:
    """This machine's parts by name."""
    parts = {}
    for path in sorted(folder.glob("*.json")):
        part = Part(**json.loads(path.read_text(encoding="utf-8")))
        if all(part.machine.get(thing) == machine.get(thing) for thing in _SAME):
            parts[part.name] = part
    return parts


def largest(parts: Mapping[str, Part], kind: str, size: str) -> Part | None:
    """Of the parts that a command keeps one of for each size, the one of the largest: a trial at a small size displaces nothing."""
    found = [part for name, part in parts.items() if name.startswith(f"{kind}-")]
    return max(found, key=lambda part: int(part.data[size]), default=None)
