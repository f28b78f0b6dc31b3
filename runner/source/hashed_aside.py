"""The SHA-256 of our own copy of an input, made by another processor while this one reads the same copy."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

# Large blocks: between two of them the thread has to wait its turn with the interpreter.
_BLOCK = 4 * 1024 * 1024


def hashed_aside(copy: Path, explain: Callable[[OSError], Exception]) -> Future[str]:
    """The hash in hex, to come. `copy` must not be written any more; it may be removed.

    The future raises what `explain` makes of an OSError. The thread never holds up the end of a process: a run that failed needs none."""
    hashed: Future[str] = Future()
    file = copy.open("rb", buffering=0)

    def work() -> None:
        digest, block = hashlib.sha256(), bytearray(_BLOCK)
        try:
            with file, memoryview(block) as view:
                while count := file.readinto(block):
                    digest.update(view[:count])
        except OSError as error:
            hashed.set_exception(explain(error))
        else:
            hashed.set_result(digest.hexdigest())

    threading.Thread(target=work, daemon=True, name="fingerprint").start()
    return hashed
