"""A large UTF-8 file that is clean text already, told by looking for the few bytes that would need a change.

`clean_text` decodes every block to tell the same; here the reader of the lines does that on the way, and whoever asks must come back to
`clean_text` with whatever goes wrong, for only that says what and where.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator
from mmap import ACCESS_READ, MADV_DONTNEED, mmap
from pathlib import Path

from runner.fast_paths import pays
from runner.intake.clean_text import DOS_END, MAX_LINE, CleanText
from runner.intake.odd_bytes import has_odd_bytes

_LARGE = 1_000_000
_PIECE = 32 * 1024 * 1024


def plain_text(path: Path, encoding: str, delimiter: str, *, odd_bytes: bool | None = None) -> CleanText | None:
    """What `clean_text` gives for the file, provided that it is UTF-8; None where anything else needs a closer look. `odd_bytes`: whether
    the file has some (runner.intake.odd_bytes), where that is known."""
    size = path.stat().st_size
    if odd_bytes or encoding != "utf-8" or not delimiter.isascii() or not pays(size, _LARGE):
        return None
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        if data[: len(BOM_UTF8)] == BOM_UTF8 or data[-1:] == DOS_END or not _short_lines(data):
            return None
        if odd_bytes is None and any(_changed(data)):
            return None
        return CleanText(path, False, size, data[-1:] == b"\n", False, delimiter)


def _short_lines(data: mmap) -> bool:
    """Whether no line is too long: from each line that may be followed, a line end within reach."""
    begins = 0
    while len(data) - begins > MAX_LINE:
        end = data.rfind(b"\n", begins, begins + MAX_LINE + 1)
        if end < 0:
            return False
        begins = end + 1
    return True


def _changed(data: mmap) -> Iterator[bool]:
    """Whether a piece of the file has a byte that clean text has not; what was looked at need not stay in memory."""
    for begins in range(0, len(data), _PIECE):
        ends = min(begins + _PIECE, len(data))
        yield has_odd_bytes(data, begins, ends)
        data.madvise(MADV_DONTNEED, begins, ends - begins)
