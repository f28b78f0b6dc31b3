"""Files that the intake makes for itself in the run's private folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO


def create_work_file(path: Path) -> BinaryIO:
    """A new file, open for writing, that its owner alone can read (0600) whatever the umask says; one of that name is replaced."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600), "wb")
