"""The nursery of workers, which the daemon starts: `python -m runner.cli.nursery --jobs JOBS --var VAR SOCKET`.

The folders only tell whoever looks at the list of processes whose nursery it is; each request names its own.
"""

from __future__ import annotations

import socket
import sys
from typing import NoReturn

from runner.daemon.cradle import Cradle, settle_down
from runner.daemon.preload import preload


def main() -> None:
    """Imports what runs need, then forks one worker for each request that comes over the socket."""
    channel = socket.socket(fileno=int(sys.argv[-1]))
    channel.set_inheritable(False)
    wake = preload()
    settle_down()
    Cradle(channel, _run, wake).serve()


def _run(words: list[str]) -> NoReturn:
    """`runner` with these words."""
    from runner.cli.main import main as runner

    sys.argv = ["runner", *words]
    runner()


if __name__ == "__main__":
    main()
