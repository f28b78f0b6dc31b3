"""What the daemon writes down of a district's broken files: `var/<district>/daemon/broken.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct, field

from runner.report.write import write_files

NOTE = Path("daemon") / "broken.json"


class BrokenNote(Struct, frozen=True):
    """`files`: file name -> what is wrong, and since when (UTC). `going_on`: the jobs (DISTRICT/JOB) that run by the clock in their last
    good version meanwhile."""

    files: Mapping[str, tuple[str, datetime]] = field(default_factory=dict)
    going_on: frozenset[str] = frozenset()


def read_note(root: Path) -> BrokenNote:
    """The note in the district's folder below `var`; an empty one where there is none, or a damaged one."""
    try:
        said = json.loads((root / NOTE).read_text("utf-8"))
        files = {
            Path(file).name: (str(about["text"]), datetime.fromisoformat(about["since"]).astimezone(UTC))
            for file, about in said["files"].items()
        }
        return BrokenNote(files, frozenset(said.get("going_on", ())))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return BrokenNote()


def write_note(root: Path, folder: Path, note: BrokenNote) -> None:
    """Writes the note (0600, whole), or removes it where no file is broken. `folder` is where the files lie. Raises OSError."""
    if not note.files:
        (root / NOTE).unlink(missing_ok=True)
        return
    files = {str(folder / name): {"text": text, "since": since.isoformat()} for name, (text, since) in sorted(note.files.items())}
    document = {"schema": 1, "files": files, "going_on": sorted(note.going_on)}
    write_files((root / NOTE).parent, {NOTE.name: json.dumps(document, indent=1)})
