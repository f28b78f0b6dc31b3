"""A run's report on disk, and where its parts are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from runner.report.model import RunReport
from runner.report.summary import rendered
from runner.report.write import write_files
from runner.run.places import make_private

FILES = {"html": "summary.html", "text": "summary.txt", "json": "summary.json", "messages": "messages.csv", "changes": "changes.csv"}


def publish(report: RunReport, folder: Path, *, changes: Path | None = None) -> Mapping[str, Path]:
    """Writes the five files of the report (0600, each whole) into the run's folder (0700); gives their paths by kind.

    `changes`: its changes.csv, where that was written already (runner.run.ahead)."""
    paths = {kind: folder / name for kind, name in FILES.items()}
    make_private(folder)
    made = rendered(report, files={kind: str(path) for kind, path in paths.items()})
    write_files(folder, ((name, changes if changes and name == FILES["changes"] else content) for name, content in made))
    return paths
