"""The bytes of a remote file in their order, asked for far ahead, so that neither the line nor the server ever waits for us.

paramiko's own read-ahead wakes a thread for every 32 KiB and takes more than twice as long as OpenSSH's `sftp`; this takes about as long
as that does. It speaks the two messages of the protocol that reading needs (READ, and DATA or STATUS in answer) over the channel of an
open client, while nobody else uses that client. (docs/decisions/0901-reading-ahead.md)
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from paramiko import Channel, SFTPClient

_READ, _STATUS, _DATA = 5, 101, 103
_END_OF_FILE, _DENIED = 1, 3
_BLOCK = 32 * 1024  # what every server answers in one piece
_AHEAD = 512  # requests under way: 16 MiB, enough for a long line
_LONGEST_HANDLE = 1024  # bytes; the protocol allows 256
_RECEIVE = 1 << 20
_FIRST_ID = 1 << 31  # far from the numbers that the client itself gives
_HEAD = struct.Struct(">IBII")  # length of what follows, kind, request, then the data's length or a status


def read_ahead(client: SFTPClient, handle: bytes, start: int, size: int) -> Iterator[bytes]:
    """The bytes from `start` to `size` of the open file `handle`, in pieces of any length, in order; fewer where the file ends before.

    Raises TimeoutError where the server falls silent for longer than the channel's timeout, EOFError where the line is cut,
    PermissionError, OSError without a number where the server gives no reason, and paramiko.SFTPError where it talks nonsense.
    A reading that was not brought to `size` leaves answers on the line: the client is good for nothing else then."""
    from paramiko import SFTPError

    if len(handle) > _LONGEST_HANDLE:  # it goes out again with each request, and there are many under way
        raise SFTPError("a handle that is longer than any")
    channel = client.get_channel()
    assert channel is not None
    return _Reading(channel, handle, start, size).pieces()


class _Reading:
    """One file. `_asked`: request -> offset and length; `_early`: answers that came before their turn, by offset."""

    def __init__(self, channel: Channel, handle: bytes, start: int, size: int) -> None:
        self._channel = channel
        self._handle = struct.pack(">I", len(handle)) + handle
        self._next, self._position, self._size = start, start, size
        self._id = _FIRST_ID
        self._asked: dict[int, tuple[int, int]] = {}
        self._early: dict[int, bytes] = {}
        self._received = bytearray()
        self._ended = False

    def pieces(self) -> Iterator[bytes]:
        """Asks and receives until everything is here or the file has ended."""
        while self._position < self._size and not self._ended:
            self._ask_for_more()
            received = self._channel.recv(_RECEIVE)
            if not received:
                raise EOFError
            self._received += received
            self._take_whole_messages()
            if piece := b"".join(self._in_turn()):
                yield piece

    def _ask_for_more(self) -> None:
        if len(self._asked) > _AHEAD // 2:
            return
        requests = []
        # Counted from what is here in turn: a server that leaves out one answer would have us keep all that comes after it.
        ends = min(self._size, self._position + _AHEAD * _BLOCK)
        while len(self._asked) < _AHEAD and self._next < ends:
            length = min(_BLOCK, ends - self._next)
            requests.append(self._request(self._next, length))
            self._next += length
        if requests:
            self._channel.sendall(b"".join(requests))

    def _request(self, offset: int, length: int) -> bytes:
        self._id += 1
        self._asked[self._id] = offset, length
        body = struct.pack(">BI", _READ, self._id) + self._handle + struct.pack(">QI", offset, length)
        return struct.pack(">I", len(body)) + body

    def _take_whole_messages(self) -> None:
        from paramiko import SFTPError

        begin, end = 0, len(self._received)
        with memoryview(self._received) as received:
            while end - begin >= _HEAD.size:
                follows, kind, request, number = _HEAD.unpack_from(received, begin)
                if follows > _BLOCK * 2:
                    raise SFTPError("an answer that is longer than anything asked for")
                if end - begin - 4 < follows:
                    break
                data = bytes(received[begin + _HEAD.size : begin + 4 + follows]) if kind == _DATA else b""
                if request not in self._asked or kind not in (_DATA, _STATUS) or (kind == _DATA and len(data) != number):
                    raise SFTPError("an answer to nothing that was asked")
                self._answered(request, data, number if kind == _STATUS else None)
                begin += 4 + follows
        del self._received[:begin]

    def _answered(self, request: int, data: bytes, status: int | None) -> None:
        from paramiko import SFTPError

        offset, length = self._asked.pop(request)
        if status == _DENIED:
            raise PermissionError
        if status is not None and status != _END_OF_FILE:
            raise OSError
        if len(data) > length:
            raise SFTPError("more than was asked for")
        if not data:
            self._ended = True
            return
        self._early[offset] = data
        if len(data) < length:  # a server may hand out less than was asked for at any time
            self._channel.sendall(self._request(offset + len(data), length - len(data)))

    def _in_turn(self) -> Iterator[bytes]:
        while data := self._early.pop(self._position, b""):
            self._position += len(data)
            yield data
