"""Reading ahead, against a played server: whatever order and size its answers have, the bytes come whole and in order, or not at all."""

from __future__ import annotations

import struct
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from paramiko import SFTPError

from runner.source.sftp_read import read_ahead

CONTENT = Random(5).randbytes(3_000_000)
Request = tuple[int, int, int]  # its number, offset, length
DATA, STATUS = 103, 101


def data(request: Request, content: bytes) -> bytes:
    return struct.pack(">IBII", 9 + len(content), DATA, request[0], len(content)) + content


def status(request: Request, code: int) -> bytes:
    text = b"\0\0\0\4text\0\0\0\0"
    return struct.pack(">IBII", 9 + len(text), STATUS, request[0], code) + text


def honest(request: Request) -> bytes:
    _, offset, length = request
    part = CONTENT[offset : offset + length]
    return data(request, part) if part else status(request, 1)


class Line:
    """A channel and the server behind it: `answer` makes each answer, `mixed` shuffles them, `step` cuts them into pieces."""

    def __init__(self, answer: Callable[[Request], bytes] = honest, *, mixed: bool = False, step: int = 100_000) -> None:
        self.answer, self.mixed, self.step = answer, mixed, step
        self.answers: list[bytes] = []
        self.stream = b""
        self.most = 0

    def get_channel(self) -> Line:
        return self

    def sendall(self, raw: bytes) -> None:
        while raw:
            size = int.from_bytes(raw[:4], "big")
            kind, number, named = struct.unpack(">BII", raw[4:13])
            assert (kind, raw[13 : 13 + named]) == (5, b"handle")
            self.answers.append(self.answer((number, *struct.unpack(">QI", raw[13 + named : 4 + size]))))
            raw = raw[4 + size :]
        self.most = max(self.most, len(self.answers))

    def recv(self, most: int) -> bytes:
        if not self.stream and self.answers:
            if self.mixed:
                Random(7).shuffle(self.answers)
            taken, self.answers = self.answers[:40], self.answers[40:]
            self.stream = b"".join(taken)
        given, self.stream = self.stream[: min(most, self.step)], self.stream[min(most, self.step) :]
        return given


def read(line: Line, start: int = 0, size: int = len(CONTENT)) -> bytes:
    client: Any = line
    return b"".join(read_ahead(client, b"handle", start, size))


def test_everything_comes_in_order() -> None:
    assert read(Line()) == CONTENT


def test_answers_that_come_in_any_order_and_in_crumbs_make_the_same_file() -> None:
    assert read(Line(mixed=True, step=1001)) == CONTENT


def test_a_server_that_hands_out_less_than_asked_is_asked_for_the_rest() -> None:
    short = Line(lambda request: honest((request[0], request[1], min(request[2], 20_000))), mixed=True)
    assert read(short) == CONTENT


def test_it_begins_where_it_is_told_to() -> None:
    assert read(Line(), start=1_234_567) == CONTENT[1_234_567:]


def test_nothing_is_asked_for_past_the_end() -> None:
    assert read(Line(), size=100_000) == CONTENT[:100_000]


def test_an_empty_file_asks_nothing() -> None:
    line = Line()
    assert (read(line, size=0), line.most) == (b"", 0)


def test_a_file_that_ends_before_gives_what_there_is() -> None:
    assert read(Line(), size=len(CONTENT) + 5_000_000) == CONTENT


def test_so_many_requests_are_under_way_and_no_more() -> None:
    line = Line()
    read(line, size=len(CONTENT) + 60_000_000)
    assert line.most == 512


def test_what_came_before_its_turn_is_not_kept_without_end() -> None:
    """The first block is never answered; the line ends when nothing more is asked for."""
    asked: list[int] = []

    def all_but_the_first(request: Request) -> bytes:
        asked.append(request[1])
        return data(request, bytes(request[2])) if request[1] else b""

    with pytest.raises(EOFError):
        read(Line(all_but_the_first), size=200_000_000)
    assert max(asked) < 16 << 20


def test_a_cut_line_is_the_end_of_file_error() -> None:
    line = Line(lambda request: honest(request) if request[1] < 1_000_000 else b"")
    with pytest.raises(EOFError):
        read(line)


@pytest.mark.parametrize(("code", "kind"), [(3, PermissionError), (4, OSError), (2, OSError)])
def test_a_server_that_stops_with_a_reason_is_an_error_of_the_system(code: int, kind: type[OSError]) -> None:
    with pytest.raises(OSError) as caught:
        read(Line(lambda request: status(request, code)))
    assert type(caught.value) is kind
    assert caught.value.errno is None


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: data((1, 0, 0), b"x"),
        lambda request: data(request, bytes(request[2] + 1)),
        lambda request: struct.pack(">IBII", 0x7FFFFFFF, DATA, request[0], 5),
        lambda request: struct.pack(">IBII", 9 + 3, DATA, request[0], 4) + b"abc",
        lambda request: struct.pack(">IBII", 9, 102, request[0], 0),
    ],
    ids=["nobody asked", "too much", "endless", "lengths differ", "another kind"],
)
def test_nonsense_is_refused(answer: Callable[[Request], bytes]) -> None:
    with pytest.raises(SFTPError):
        read(Line(answer))
