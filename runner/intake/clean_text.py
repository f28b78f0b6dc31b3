"""From the fetched bytes to clean text: UTF-8, one LF a line, no NUL, no line over a megabyte. One pass, in blocks.

A file that is clean already is not written again: the copy begins at the first byte that must differ, so a UTF-8 file with LF
costs one look. Line ends CRLF, CR and CR CR LF (text mode twice) count as one each. A 0x1A at the very end, the end mark of old
DOS programs, is dropped.

A delimiter outside ASCII becomes SWAPPED_DELIMITER in the clean text, for polars wants a delimiter of one byte; a raw one of
those becomes another control character first, so that it still makes its row malformed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from runner.intake import refusals
from runner.intake.encodings import NoByteOrderMark, NulFound, Undecodable, pieces
from runner.intake.not_text import refuse_what_is_no_text
from runner.intake.work_file import create_work_file

Progress = Callable[[int, int], None]

MAX_LINE = 1_000_000
SWAPPED_DELIMITER = "\x1f"
_BLOCK = 128 * 1024  # far below MAX_LINE, so that only lines across block borders need measuring
DOS_END = b"\x1a"


class CleanText(Struct, frozen=True):
    """`path` holds the text; `ours` says whether the intake wrote it (else it is the fetched file itself)."""

    path: Path
    ours: bool
    size: int
    ends_with_newline: bool
    dos_end_dropped: bool
    delimiter: str


def clean_text(path: Path, encoding: str, delimiter: str, *, folder: Path, progress: Progress | None = None) -> CleanText:
    """The file at `path` as clean text, written to `folder` (0600) where it must differ.

    `progress` is called with (bytes done, bytes in all). Raises FileRefused with code file-empty, file-not-text, file-nul,
    file-undecodable or file-line-too-long.
    """
    swap = None if delimiter.isascii() else delimiter.encode()
    with path.open("rb", buffering=0) as source:
        refuse_what_is_no_text(source.read(64))
        source.seek(0)
        copy = _Copy(source, folder / "input.text")
        try:
            dropped = _pass_through(source, copy, encoding, swap, progress)
        except BaseException:
            copy.discard()
            raise
        written = copy.finish()
    if copy.size == 0:
        raise refusals.empty()
    inner = SWAPPED_DELIMITER if swap else delimiter
    return CleanText(written or path, written is not None, copy.size, copy.last == b"\n", dropped, inner)


def _pass_through(source: BinaryIO, copy: _Copy, encoding: str, swap: bytes | None, progress: Progress | None) -> bool:
    """Takes the whole file through to `copy`. Line ends and end marks at the end of a piece wait for the next one. Gives
    whether an end mark was dropped."""
    total, held, same = os.fstat(source.fileno()).st_size, b"", True
    try:
        for piece in pieces(source, encoding, _BLOCK):
            text = held + piece.text
            kept = text.rstrip(b"\r" + DOS_END)
            held, same = text[len(kept) :], piece.same
            copy.take(kept, _cleaned(kept, swap), same=same)
            if progress:
                progress(source.tell(), total)
    except NoByteOrderMark:
        raise refusals.no_byte_order_mark() from None
    except NulFound as found:
        raise refusals.nul(found.offset, copy.line_after(_cleaned(held + found.before, None))) from None
    except Undecodable as found:
        raise refusals.undecodable(encoding, found.offset, copy.line_after(_cleaned(held + found.before, None))) from None
    end = held.rstrip(DOS_END)
    copy.take(end, _cleaned(end, swap), same=same and end == held)
    return end != held


def _cleaned(text: bytes, swap: bytes | None) -> bytes:
    if b"\r" in text:
        if b"\r\r\n" in text:
            text = text.replace(b"\r\r\n", b"\n")
        text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if swap is not None:
        inner = SWAPPED_DELIMITER.encode()
        text = text.replace(inner, b"\x1e").replace(swap, inner)
    return text


class _Copy:
    """The clean text as it grows: only counted while it is the same as the source, written from the first difference on."""

    def __init__(self, source: BinaryIO, path: Path) -> None:
        self.size = 0
        self.last = b""
        self._source = source
        self._path = path
        self._out: BinaryIO | None = None
        self._open_line = 0

    def take(self, raw: bytes, clean: bytes, *, same: bool) -> None:
        """Adds `clean`, which came from `raw`. Raises FileRefused for a line that is too long."""
        if self._out is None and not (same and raw == clean):
            self._out = self._begin()
        self._measure(clean)
        if self._out is not None:
            self._out.write(clean)
        self.size += len(clean)
        self.last = clean[-1:] or self.last

    def line_after(self, more: bytes) -> int:
        """The number of the line on which the text so far, and `more`, ends."""
        if self._out is None:
            return sum(block.count(b"\n") for block in self._same_part()) + more.count(b"\n") + 1
        self._out.flush()
        with self._path.open("rb") as written:
            return sum(block.count(b"\n") for block in iter(partial(written.read, _BLOCK), b"")) + more.count(b"\n") + 1

    def finish(self) -> Path | None:
        """Where the text was written; None where it is the source itself."""
        if self._out is None:
            return None
        self._out.close()
        return self._path

    def discard(self) -> None:
        if self._out is not None:
            self._out.close()
            self._path.unlink(missing_ok=True)

    def _begin(self) -> BinaryIO:
        """A file that holds what was the same so far."""
        out = create_work_file(self._path)
        for block in self._same_part():
            out.write(block)
        return out

    def _same_part(self) -> Iterator[bytes]:
        """The source up to where it was the same, read without moving the position of the pass."""
        for at in range(0, self.size, _BLOCK):
            yield os.pread(self._source.fileno(), min(_BLOCK, self.size - at), at)

    def _measure(self, clean: bytes) -> None:
        first = clean.find(b"\n")
        if self._open_line + (len(clean) if first < 0 else first) > MAX_LINE:
            raise refusals.line_too_long(self.line_after(b""), MAX_LINE)
        self._open_line = self._open_line + len(clean) if first < 0 else len(clean) - clean.rfind(b"\n") - 1
