"""What it was measured on, in a few words: a time without a machine says nothing."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path


def describe(peers_python: Path) -> list[tuple[str, str]]:
    """Pairs of a thing and what it is here."""
    return [
        ("processor", _processor()),
        ("cores", str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())),
        ("memory", f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"),
        ("system", f"{platform.system()} {platform.release()}"),
        ("python", platform.python_version()),
        ("polars", version("polars")),
        ("runner", runner_version()),
        *_peers(peers_python),
    ]


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
        return names[0] if names else platform.machine()
    return platform.processor() or platform.machine()


def runner_version() -> str:
    """The program's version and commit; "edited" where its code is not what was committed, whatever else lies about."""
    commit = _git("rev-parse", "--short", "HEAD") or "no git"
    edited = ", edited" if _git("status", "--porcelain", "--", "runner", "benchmarks") else ""
    return f"{version('patron-runner')} ({commit}{edited})"


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], capture_output=True, text=True, check=False).stdout.strip()


def _peers(python: Path) -> list[tuple[str, str]]:
    if not python.exists():
        return []
    names = ("duckdb", "pandas", "dlt")
    program = f"from importlib.metadata import version\nfor name in {names!r}: print(version(name))"
    done = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True)
    return [*zip(names, done.stdout.split(), strict=True), ("sqlite3 shell", _sqlite())]


def _sqlite() -> str:
    try:
        return subprocess.run(["sqlite3", "--version"], capture_output=True, text=True, check=True).stdout.split()[0]
    except (OSError, IndexError):
        return "not here"


if __name__ == "__main__":
    for thing, what in describe(Path(sys.argv[1])):
        print(f"{thing}: {what}")
