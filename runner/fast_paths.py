"""Whether a fast path pays: one switch over all of them, so that tests can force each on for three rows and off for a million.

`RUNNER_FAST_PATHS=on` takes them whatever the size, `off` never does. A fast path changes how long something takes and nothing else.
"""

from __future__ import annotations

import os


def pays(rows: int, least: int) -> bool:
    """Whether work on `rows` rows should take the fast path that is worth its set-up from `least` rows on."""
    match os.environ.get("RUNNER_FAST_PATHS"):
        case "on":
            return rows > 0
        case "off":
            return False
        case _:
            return rows >= least
