"""The daemon's log: one line an event on stderr, with nothing in it that could act on a terminal or pass for another line."""

from __future__ import annotations

import logging
import sys
import time

from runner.report.printable import printable


def log_to_stderr(*, quiet: bool) -> None:
    """From now on events go to stderr; under --quiet warnings and errors alone."""
    handler = logging.StreamHandler(sys.stderr)
    formatter = _OneLine("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%SZ")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logging.raiseExceptions = False  # a log that cannot be written is no reason to stop
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING if quiet else logging.INFO)
    logging.getLogger("schedule").setLevel(logging.WARNING)


class _OneLine(logging.Formatter):
    """Escapes control and invisible characters after the arguments and a traceback are in."""

    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record))
