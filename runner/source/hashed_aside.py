"""The SHA-256 of a file, made by another processor while this one copies the file: each block is hashed while it is at hand."""

from __future__ import annotations

import hashlib
import threading
from concurrent.futures import Future
from queue import SimpleQueue
from types import TracebackType

# Blocks that wait to be hashed: a copy is quicker than a hash, and must not hold a whole file in memory.
_MOST_WAITING = 16


class HashedAside:
    """Hashes the blocks that it is given within its block of code, in their order. `fingerprint`: the hash in hex, soon after that.

    The thread never holds up the end of a process, and is waited for where the copy came to nothing."""

    def __init__(self) -> None:
        self.fingerprint: Future[str] = Future()
        self._blocks: SimpleQueue[bytes | None] = SimpleQueue()
        self._places: SimpleQueue[None] = SimpleQueue()  # one for each block that may wait
        for _ in range(_MOST_WAITING):
            self._places.put(None)
        self._thread = threading.Thread(target=self._hash, daemon=True, name="fingerprint")

    def __enter__(self) -> HashedAside:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        self._blocks.put(None)
        if kind is not None:
            self._thread.join()

    def take(self, block: bytes) -> None:
        """The next block. Waits where many are waiting already."""
        self._places.get()
        self._blocks.put(block)

    def _hash(self) -> None:
        digest = hashlib.sha256()
        while (block := self._blocks.get()) is not None:
            digest.update(block)
            self._places.put(None)
        self.fingerprint.set_result(digest.hexdigest())
