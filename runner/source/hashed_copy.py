"""Writes a file as it comes, and hashes it in a thread of its own meanwhile."""

from __future__ import annotations

import hashlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from io import FileIO

PIECE = 1 << 20  # bytes: smaller ones cost more in handing over than in hashing, and for larger ones memory is got anew each time
_MOST_WAITING = 8  # pieces: writing is quicker than hashing, and must not hold a whole file in memory


class HashedCopy:
    """A copy that grows in `out` (open for reading and writing, unbuffered), piece by piece, and its SHA-256. What `out` holds already
    counts. Where a piece cannot be written, nothing of the copy is kept: it would end anywhere."""

    def __init__(self, out: FileIO) -> None:
        self._out = out
        self._digest = hashlib.sha256()
        while block := out.read(PIECE):
            self._digest.update(block)
        self.size = out.tell()
        self._small: list[bytes] = []
        self._small_size = 0
        self._waiting: deque[Future[None]] = deque()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="hash")

    def take(self, piece: bytes) -> None:
        """The next bytes. Raises OSError."""
        self.size += len(piece)
        self._small.append(piece)
        self._small_size += len(piece)
        if self._small_size >= PIECE:
            self._flush()

    def sha256(self) -> str:
        """The hash, once everything is written. Raises OSError."""
        self._flush()
        while self._waiting:
            self._waiting.popleft().result()
        return self._digest.hexdigest()

    def __enter__(self) -> HashedCopy:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        """Writes all that was taken, so that a broken transfer can go on from there."""
        with self._pool:
            self._flush()

    def _flush(self) -> None:
        whole = b"".join(self._small)
        self._small, self._small_size = [], 0
        while len(self._waiting) >= _MOST_WAITING:
            self._waiting.popleft().result()
        self._waiting.append(self._pool.submit(self._digest.update, whole))
        self._write(memoryview(whole))

    def _write(self, left: memoryview) -> None:
        """All of `left`: an unbuffered file may take it in parts."""
        try:
            while left:
                left = left[self._out.write(left) :]
        except BaseException:
            self._out.truncate(0)
            raise
