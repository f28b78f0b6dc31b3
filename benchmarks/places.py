"""Where the benchmarks keep what they make: a folder that git does not see."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.contestants import Place

DATA = Path("benchmarks/data")
PEERS = DATA / ".venv" / "bin" / "python"
PARTS = DATA / "results"


def with_files(rows: int) -> Place:
    """The folder of a size, with its files; written by a process of its own, for one that measures has to stay small."""
    place = Place(DATA / str(rows), PEERS)
    if not place.file("nightly.csv").exists():
        print(f"Writing the files of {rows:,} rows ...", flush=True)
        subprocess.run([sys.executable, "-m", "benchmarks.write_files", str(rows), str(place.folder / "files")], check=True)
    return place
