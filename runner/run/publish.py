"""A run's report on disk, and where its parts are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from runner.report.model import RunReport
from runner.report.summary import rendered
from runner.report.write import write_files
from runner.run.places import make_private

FILES = {"html": "summary.html", "text": "summary.txt", "json": "summary.json", "messages": "messages.csv", "changes": "changes.csv"}


def publish(report: RunReport, folder: Path) -> Mapping[str, Path]:
    """Writes the five files of the report (0600, each whole) into the run's folder (0700); gives their paths by kind."""
    paths = {kind: folder / name for kind, name in FILES.items()}
    make_private(folder)
    write_files(folder, rendered(report, files={kind: str(path) for kind, path in paths.items()}))
    return paths
