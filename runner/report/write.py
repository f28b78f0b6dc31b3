"""Report files on disk: private, whole or not there at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

Content = bytes | str | Iterable[bytes]


def write_files(folder: Path, contents: Mapping[str, Content] | Iterable[tuple[str, Content | Path]]) -> dict[str, Path]:
    """Write each of `contents` (names with text, bytes or parts of bytes, one at a time) into `folder`; gives the paths by name. A path
    is that of a file which this function wrote elsewhere on the disk: it is moved.

    Every file is made 0600 under a name of its own, synced, and renamed into place, then the folder is synced (docs/operations.md):
    a reader sees the old file or the new one, never half of either. The folder is made 0700. Raises OSError when the disk says no,
    with nothing half-written.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    pairs = contents.items() if isinstance(contents, Mapping) else contents
    written = {name: _write(folder / name, content) for name, content in pairs}
    _sync_folder(folder)
    return written


def _write(target: Path, content: Content | Path) -> Path:
    if isinstance(content, Path):
        return content.replace(target)
    whole = content.encode("utf-8") if isinstance(content, str) else content
    parts = [whole] if isinstance(whole, bytes) else whole
    spare = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    handle = os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as opened:
            for part in parts:
                opened.write(part)
            opened.flush()
            os.fsync(opened.fileno())
        spare.replace(target)
    except BaseException:
        spare.unlink(missing_ok=True)
        raise
    return target


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
