"""Is the machine's folder still the one that the daemon began with? Where a disk was unmounted, its empty mount point is there instead:
a run would find no store, make a new one and call that a good night."""

from __future__ import annotations

import logging
from pathlib import Path

LOG = logging.getLogger("runner.daemon")


class SamePlace:
    """The folder as it is when this is made. Raises OSError where there is none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._began_with = _identity(folder)
        self._stood = True

    def stands(self) -> bool:
        """Whether it is still there. A change is told once, and so is its end."""
        try:
            stands = _identity(self._folder) == self._began_with
        except OSError:
            stands = False
        if self._stood and not stands:
            LOG.error(
                "%s is gone, or another folder than when the daemon began: is its disk mounted? Nothing starts until it is back, or the "
                "daemon is started anew",
                self._folder,
            )
        if stands and not self._stood:
            LOG.info("%s is back", self._folder)
        self._stood = stands
        return stands


def _identity(folder: Path) -> tuple[int, int]:
    found = folder.stat()
    return found.st_dev, found.st_ino
