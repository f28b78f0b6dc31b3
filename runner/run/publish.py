"""A run's report on disk, and where its parts are."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from pathlib import Path

from runner.report.model import RunReport
from runner.report.summary import rendered
from runner.report.write import write_files
from runner.run.ahead import Made
from runner.run.places import make_private

FILES = {"html": "summary.html", "text": "summary.txt", "json": "summary.json", "messages": "messages.csv", "changes": "changes.csv"}


def paths_in(folder: Path) -> dict[str, Path]:
    """The five files of the report in a run's folder, by kind."""
    return {kind: folder / name for kind, name in FILES.items()}


def told_paths(folder: Path) -> dict[str, str]:
    """The same as summary.json tells them."""
    return {kind: str(path) for kind, path in paths_in(folder).items()}


def publish(report: RunReport, folder: Path, *, ahead: Made | None = None) -> Mapping[str, Path]:
    """Writes the five files of the report (0600, each whole) into the run's folder (0700); gives their paths by kind.

    `ahead`: what of it was made already, of the same run."""
    make_private(folder)
    if ahead is None:
        write_files(folder, rendered(report, files=told_paths(folder)))
    else:
        write_files(folder, chain(ahead.pages.of(report), ahead.files.items()))
    return paths_in(folder)
