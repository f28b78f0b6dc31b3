"""The line between the daemon and a worker in waiting: one JSON object a message, and a descriptor with it.

The standard library's send_fds and recv_fds leave their flags out of account in some versions: a daemon would wait where it must not.
"""

from __future__ import annotations

import array
import json
import os
import socket
from collections.abc import Mapping
from typing import Any

MESSAGE = 1 << 17  # the most bytes of one
_INTS = array.array("i").itemsize


def pair() -> tuple[socket.socket, socket.socket]:
    """The daemon's end, which never waits, and the worker's, which does. Raises OSError."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    return ours, theirs


def say(channel: socket.socket, what: Mapping[str, object], descriptor: int | None = None) -> None:
    """Sends one message whole. Raises OSError where nobody listens, BlockingIOError where the line is full."""
    given = [] if descriptor is None else [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))]
    channel.sendmsg([json.dumps(what).encode()], given)


def hear(channel: socket.socket) -> tuple[Mapping[str, Any], int | None]:
    """The next message and its descriptor, which no other program inherits; no message at all ({}) when the other side is gone.

    Raises BlockingIOError where there is none yet and the line does not wait."""
    try:
        said, beside = _receive(channel)
    except ConnectionError:
        # The other side left something unread when it went. What it said before that comes after this error.
        said, beside = _receive(channel)
    descriptors = array.array("i", b"".join(raw for level, kind, raw in beside if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS)))
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
    return json.loads(said) if said else {}, descriptors[0] if descriptors else None


def _receive(channel: socket.socket) -> tuple[bytes, list[tuple[int, int, bytes]]]:
    said, beside, _, _ = channel.recvmsg(MESSAGE, socket.CMSG_LEN(_INTS), getattr(socket, "MSG_CMSG_CLOEXEC", 0))
    return said, beside
