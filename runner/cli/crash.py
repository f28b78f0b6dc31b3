"""A bug: what is kept of it, and what is not.

Messages of exceptions quote data (promise P2), so only types, files, lines and functions are written down.
"""

from __future__ import annotations

import os
import platform
import secrets
import traceback
from pathlib import Path

from runner import __version__


def keep_traceback(error: BaseException, folder: Path) -> Path | None:
    """The file (0600) in `folder` (made 0700) that now holds the traceback without any message text; None where it cannot be written."""
    name = f"traceback-{secrets.token_hex(4)}.txt"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(told(error))
    except OSError:
        return None
    return folder / name


def told(error: BaseException) -> str:
    """The traceback as text: files, lines, functions and exception types, causes first. No message, no value."""
    head = f"runner {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}\n"
    return head + "".join(_chain(error, set()))


def where(error: BaseException) -> str:
    """The type of `error` and the last place of our own code in it, such as `KeyError in runner/plan/match.py line 40`."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if f"{os.sep}runner{os.sep}" in frame.filename]
    chosen = (ours or list(frames))[-1:]
    place = "".join(f" in {_short(frame.filename)} line {frame.lineno}" for frame in chosen)
    return type(error).__name__ + place


def _chain(error: BaseException, told_already: set[int]) -> list[str]:
    told_already.add(id(error))
    lines: list[str] = []
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if earlier is not None and id(earlier) not in told_already:
        lines += [*_chain(earlier, told_already), "\nwhich led to\n"]
    lines.append("\nTraceback (most recent call last):\n")
    lines += [f"  {frame.filename}:{frame.lineno} in {frame.name}\n" for frame in traceback.extract_tb(error.__traceback__)]
    lines.append(f"{type(error).__module__}.{type(error).__qualname__}\n")
    return lines


def _short(filename: str) -> str:
    parts = Path(filename).parts
    return "/".join(parts[parts.index("runner") :]) if "runner" in parts else parts[-1]
