"""A test that measures time runs while no other does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from threading import Event, Thread

import pytest

from tests.alone import turn

Turn = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def own(tmp_path: Path) -> Turn:
    """Turns that are not those of the tests themselves."""
    gate, room = tmp_path / "gate", tmp_path / "room"
    gate.touch()
    room.mkdir()
    return partial(turn, gate=gate, room=room)


def start(own: Turn, *, alone: bool) -> tuple[Thread, Event, Event]:
    """A turn of another: its thread, whether it has begun, and what lets it end."""
    begun, end = Event(), Event()

    def take() -> None:
        with own(alone=alone):
            begun.set()
            end.wait(30)

    thread = threading.Thread(target=take)
    thread.start()
    return thread, begun, end


def test_shared_turns_go_on_beside_each_other(own: Turn) -> None:
    with own(alone=False):
        thread, begun, end = start(own, alone=False)
        assert begun.wait(10)
        end.set()
        thread.join(10)


@pytest.mark.parametrize(("first", "second"), [(True, False), (False, True), (True, True)])
def test_a_turn_alone_waits_for_others_and_lets_them_wait(own: Turn, first: bool, second: bool) -> None:
    with own(alone=first):
        thread, begun, end = start(own, alone=second)
        assert not begun.wait(0.3)
    assert begun.wait(10)
    end.set()
    thread.join(10)


def test_who_waits_to_be_alone_goes_before_those_who_come_later(own: Turn) -> None:
    with own(alone=False):
        lonely, alone_now, end_alone = start(own, alone=True)
        assert not alone_now.wait(0.3)
        later, later_begun, end_later = start(own, alone=False)
        assert not later_begun.wait(0.3)
    assert alone_now.wait(10)
    assert not later_begun.is_set()
    end_alone.set()
    assert later_begun.wait(10)
    end_later.set()
    for thread in (lonely, later):
        thread.join(10)
