"""How the daemon begins a process of its own program."""

from __future__ import annotations

import sys


def child(module: str, *words: str) -> list[str]:
    """The command that runs a module of this program with `words`, in the same Python.

    `-P`: with `-m` alone Python looks for each module in the working directory first, and whoever may write there would have code of his
    own run. A daemon may be started anywhere, in a folder of exports too."""
    return [sys.executable, "-P", "-m", module, *words]
