"""Copies a file of this machine, and hashes the copy in a thread of its own. The bytes never pass through the interpreter: it is busy
loading the program meanwhile, and each piece handed to it would wait for its turn (docs/decisions/0805-before-the-first-byte.md)."""

from __future__ import annotations

import errno
import hashlib
import os
from concurrent.futures import Future, ThreadPoolExecutor
from mmap import ACCESS_READ, mmap
from types import TracebackType

from runner.intake.odd_bytes import has_odd_bytes

PIECE = 1 << 23  # bytes: a whole number of pages, for pieces are mapped
_LOOKED_AT = 1 << 20  # bytes at once: a search keeps the interpreter to itself
# What systems answer that cannot move bytes from this kind of file to that one by themselves.
_NOT_BY_ITSELF = {errno.EINVAL, errno.ENOSYS, errno.ENOTSOCK, errno.EOPNOTSUPP, errno.EXDEV}


class FileCopy:
    """What is copied from `file`, as far as it has come: `size` bytes. `out` is empty, and open for reading and writing for as long as the
    copy is entered."""

    def __init__(self, file: int, out: int) -> None:
        self._file, self._out = file, out
        self._digest = hashlib.sha256()
        self._odd: list[Future[bool]] = []
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="hash")
        self.size = 0

    def grow(self, wanted: int) -> bool:
        """Copies the next piece, of a copy that is to have `wanted` bytes; False where the file ends before it. Raises OSError."""
        piece = min(PIECE, wanted - self.size)
        length = self._moved(piece)
        if length:
            self._odd.append(self._aside.submit(self._looked_at, self.size, length))
            self.size += length
        return length == piece

    def __enter__(self) -> FileCopy:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        """Waits until all of it is looked at; where the copy came to nothing, until nothing of it is."""
        self._aside.shutdown(cancel_futures=fault is not None)

    def sha256(self) -> str:
        """The hash of the copy, in hex. Raises OSError."""
        self.odd_bytes()
        return self._digest.hexdigest()

    def odd_bytes(self) -> bool:
        """Whether the copy has one of runner.intake.odd_bytes. Raises OSError."""
        return True in [odd.result() for odd in self._odd]  # of all of them: one that could not be looked at makes the hash wrong

    def _moved(self, wanted: int) -> int:
        """Copies the next `wanted` bytes, or as many as there are."""
        done = 0
        while done < wanted and (count := _sent(self._file, self._out, self.size + done, wanted - done)):
            done += count
        return done

    def _looked_at(self, begins: int, length: int) -> bool:
        with mmap(self._out, length, access=ACCESS_READ, offset=begins) as piece:
            self._digest.update(piece)
            return any(has_odd_bytes(piece, at, at + _LOOKED_AT) for at in range(0, length, _LOOKED_AT))


def _sent(file: int, out: int, begins: int, wanted: int) -> int:
    """Bytes of `file` copied to the end of `out`; 0 where it has no more."""
    try:
        return os.sendfile(out, file, begins, wanted)
    except OSError as error:
        if error.errno not in _NOT_BY_ITSELF:
            raise
    block = os.pread(file, wanted, begins)
    return os.write(out, block) if block else 0
