"""A worker in waiting, which the daemon begins ahead: `python -m runner.cli.spare --jobs JOBS --var VAR SOCKET`.

It imports what a run needs, waits for one request, and is `runner` with the request's words from then on. The folders only tell whoever
looks at the list of processes whose it is; each request names its own.
"""

from __future__ import annotations

import gc
import json
import os
import select
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from runner.cli.main import keep_private, prefer_speed, program
from runner.daemon.preload import preload
from runner.daemon.spares import MESSAGE

IDLE = 600.0  # seconds without work after which it ends; the next run finds a fresh one, of the program as it is then


def main() -> None:
    """Waits for a request, and does it."""
    keep_private()
    prefer_speed()
    preload()
    # What has been imported is no rubbish: nobody looks through it again.
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[-1])) as channel:
        channel.set_inheritable(False)
        request, given, *_ = socket.recv_fds(channel, MESSAGE, 1) if select.select([channel], [], [], IDLE)[0] else (b"", [])
    if request:
        _become(json.loads(request), *given)
        program()


def _become(request: Mapping[str, Any], stderr: int) -> None:
    os.dup2(stderr, 2)
    os.close(stderr)
    os.environ.update(request["environment"])
    sys.argv = ["runner", *request["words"]]
    # Its name in lists of processes that show names (`ps -o comm`, top); the system keeps fifteen characters.
    with suppress(OSError):
        Path("/proc/self/comm").write_text(request["name"], encoding="utf-8")


if __name__ == "__main__":
    main()
