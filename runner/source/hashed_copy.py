"""Writes a file and hashes it in a thread of its own, while its next piece is still on the way."""

from __future__ import annotations

import hashlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from io import FileIO

_MOST_WAITING = 8
PIECE = 1 << 20  # bytes: smaller ones cost more in handing over than in hashing, and for larger ones memory is got anew each time


class HashedCopy:
    """A copy that grows in `out` (open for reading and writing, unbuffered), piece by piece, and its SHA-256. What `out` holds already
    counts. Where a piece could not be written, nothing of the copy is kept: it would end anywhere."""

    def __init__(self, out: FileIO) -> None:
        self._out = out
        self._digest = hashlib.sha256()
        while block := out.read(PIECE):
            self._digest.update(block)
        self.size = out.tell()
        self._spoilt = False
        self._small: list[bytes] = []
        self._small_size = 0
        self._waiting: deque[Future[None]] = deque()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="copy")

    def take(self, piece: bytes) -> None:
        """The next bytes. Raises OSError where earlier ones could not be written."""
        self.size += len(piece)
        self._small.append(piece)
        self._small_size += len(piece)
        if self._small_size >= PIECE:
            self._hand_over()

    def sha256(self) -> str:
        """The hash, once everything is written. Raises OSError."""
        self._hand_over()
        while self._waiting:
            self._waiting.popleft().result()
        return self._digest.hexdigest()

    def __enter__(self) -> HashedCopy:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        """Waits until everything that was taken is written, so that a broken transfer can go on from there."""
        if self._small:
            self._waiting.append(self._pool.submit(self._put, self._small))
        self._pool.shutdown(wait=True)
        if self._spoilt:
            self._out.truncate(0)

    def _hand_over(self) -> None:
        while len(self._waiting) >= _MOST_WAITING:
            self._waiting.popleft().result()
        pieces, self._small, self._small_size = self._small, [], 0
        self._waiting.append(self._pool.submit(self._put, pieces))

    def _put(self, pieces: list[bytes]) -> None:
        if self._spoilt:
            return
        try:
            whole = b"".join(pieces)
            self._digest.update(whole)
            rest = memoryview(whole)
            while rest:
                rest = rest[self._out.write(rest) :]
        except BaseException:
            self._spoilt = True
            raise
