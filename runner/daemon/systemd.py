"""Words to systemd over its notify socket: READY, WATCHDOG, STOPPING, RELOADING. Nothing happens where no socket is named."""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress


def tell(*words: str) -> None:
    """Sends `words` (such as "READY=1") to the service manager. A manager that is gone is no reason to stop."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    name = "\0" + address[1:] if address.startswith("@") else address
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
        out.sendto("\n".join(words).encode(), name)


def reloading() -> tuple[str, str]:
    """The words for a reload under Type=notify-reload: systemd wants the monotonic time in microseconds with them."""
    return "RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}"
