"""Which job files are broken and since when, in the log and in `var/<district>/daemon/broken.json`, where a restart finds it again."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from runner.report.write import write_files

LOG = logging.getLogger("runner.daemon")


class Broken:
    """Files that cannot be used now: path -> what is wrong, and since when."""

    def __init__(self, var: Path) -> None:
        self._var = var
        self.files: dict[str, tuple[str, datetime]] = {}
        for kept in sorted(var.glob("*/daemon/broken.json")):
            self.files.update(_read(kept))

    def take(self, found: Mapping[str, str], now: datetime) -> None:
        """Notes what is broken now; each fault and each mending is told once."""
        before = self.files
        for file, text in found.items():
            if file not in before or before[file][0] != text:
                LOG.error("broken: %s", text)
        for file in before.keys() - found.keys():
            LOG.info("%s is good again, or gone", Path(file).name)
        self.files = {file: (text, before[file][1] if file in before else now) for file, text in found.items()}
        if self.files != before:
            self._write({_district(file) for file in (*before, *self.files)})

    def _write(self, districts: set[str]) -> None:
        for district in districts:
            folder = self._var / district / "daemon"
            mine = {
                file: {"text": text, "since": since.isoformat()}
                for file, (text, since) in self.files.items()
                if _district(file) == district
            }
            try:
                if mine:
                    write_files(folder, {"broken.json": json.dumps({"schema": 1, "files": mine}, indent=1)})
                else:
                    (folder / "broken.json").unlink(missing_ok=True)
            except OSError as error:
                LOG.error("%s cannot be written (%s)", folder, error.strerror)


def _read(kept: Path) -> dict[str, tuple[str, datetime]]:
    try:
        files = json.loads(kept.read_text("utf-8"))["files"]
        return {file: (about["text"], datetime.fromisoformat(about["since"]).astimezone(UTC)) for file, about in files.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _district(file: str) -> str:
    return Path(file).parent.name
