"""A file's hash, made beside its copy: the blocks in their order, whoever is quicker."""

from __future__ import annotations

import hashlib
import threading
from typing import Any

import pytest

from runner.source import hashed_aside
from runner.source.hashed_aside import HashedAside


@pytest.mark.parametrize(
    "blocks", [[], [b""], [b"one"], [bytes([n % 256]) * 1000 for n in range(100)]], ids=["none", "empty", "one", "many"]
)
def test_the_hash_is_that_of_all_blocks(blocks: list[bytes]) -> None:
    with HashedAside() as hashed:
        for block in blocks:
            hashed.take(block)
    assert hashed.fingerprint.result(10) == hashlib.sha256(b"".join(blocks)).hexdigest()


def test_a_copy_waits_where_many_blocks_are_not_hashed_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    real = hashlib.sha256

    class Slow:
        def __init__(self) -> None:
            self._real = real()

        def update(self, block: bytes) -> None:
            go_on.wait(10)
            self._real.update(block)

        def hexdigest(self) -> str:
            return self._real.hexdigest()

    monkeypatch.setattr(hashed_aside.hashlib, "sha256", Slow)  # type: ignore[attr-defined]
    taken: list[int] = []

    def copy(hashed: HashedAside) -> None:
        for number in range(40):
            hashed.take(b"x")
            taken.append(number)

    with HashedAside() as hashed:
        copying = threading.Thread(target=copy, args=(hashed,))
        copying.start()
        copying.join(0.3)
        assert copying.is_alive()
        assert len(taken) == vars(hashed_aside)["_MOST_WAITING"]
        go_on.set()
        copying.join(10)
    assert hashed.fingerprint.result(10) == real(b"x" * 40).hexdigest()


def test_a_copy_that_came_to_nothing_leaves_no_thread() -> None:
    begun = threading.active_count()

    def fail() -> Any:
        with HashedAside() as hashed:
            hashed.take(b"x" * 5_000_000)
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        fail()
    assert threading.active_count() == begun
