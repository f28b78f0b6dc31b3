"""Reads every case of a folder, one after the other, in a process of its own, and prints what source and intake answer.

    python -m tests.hostile.answers FOLDER

FOLDER/cases.json lists the cases with the folder and file that a job would name. For each one line of JSON goes to stdout: `name`,
`outcome`, `lines`, `notes`, `rows` (of small files), `seconds`, `peak_mib` (of the process so far), `opened` (what Python opened
meanwhile). Bounded by the kernel: memory, processor time, and an alarm for whatever waits for ever.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from runner.errors import FileRefused, SourceError
from runner.intake.read import read_rows
from runner.job.model import Directory, Format, Source
from runner.source import fetch

_NOW = datetime(2026, 10, 15, 2, tzinfo=UTC)
_OPENED: list[str] = []


def answer(asked: dict[str, Any], work: Path) -> dict[str, Any]:
    """What one case comes to."""
    fmt = Format(encoding=asked["encoding"])
    place = Source(Directory(Path(asked["folder"])), asked["file"], None, 50.0, 0, fmt)
    try:
        fetched = fetch(place, work, now=_NOW)
        rows = read_rows(fetched, fmt, asked["wanted"], folder=work)
        frame = rows.frame.collect()
    except (SourceError, FileRefused) as refused:
        return {"outcome": f"refused {refused.code}", "lines": [], "notes": [], "rows": None}
    lines = rows.malformed["line"].to_list()
    shown = frame.drop("line").rows() if frame.height <= 2_000 else None
    return {"outcome": "set aside" if lines else "accepted", "lines": lines, "notes": rows.notes["code"].to_list(), "rows": shown}


def main(folder: Path) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
    resource.setrlimit(resource.RLIMIT_CPU, (120, 120))
    signal.signal(signal.SIGALRM, _ring)
    sys.addaudithook(lambda event, given: _OPENED.append(str(given[0])) if event == "open" else None)
    for asked in json.loads((folder / "cases.json").read_text(encoding="utf-8")):
        _OPENED.clear()
        with tempfile.TemporaryDirectory() as work:
            signal.alarm(5)
            start = time.monotonic()
            found = answer(asked, Path(work))
            seconds = time.monotonic() - start
            signal.alarm(0)
        opened = list(_OPENED)
        print(json.dumps({"name": asked["name"], **found, "seconds": seconds, "peak_mib": _peak_mib(), "opened": opened}), flush=True)


def _peak_mib() -> float:
    """The most memory that this process has had. (ru_maxrss would count what its parent had.)"""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def _ring(*_: object) -> NoReturn:
    raise TimeoutError("it hangs")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
