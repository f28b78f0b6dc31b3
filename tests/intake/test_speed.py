"""The intake keeps its promised speed, odd lines or not: measured in processor time, so that a busy machine does not matter."""

from __future__ import annotations

import time
from pathlib import Path

from tests.intake.reading import read
from tests.patience import stretched

_ROW = ",".join(f'"value {n}, é"' for n in range(10))
_HEAD = ",".join(f"c{n}" for n in range(10))


def _seconds(folder: Path, data: str, encoding: str = "utf-8") -> float:
    raw = data.encode({"utf-8": "utf-8", "windows-1252": "cp1252"}[encoding])
    start = time.process_time()
    rows = read(folder, raw, ("c0", "c9"), encoding=encoding)
    assert rows.frame.collect(engine="streaming").height >= 199_000
    return time.process_time() - start


def test_two_hundred_thousand_rows_take_under_three_seconds(tmp_path: Path) -> None:
    assert _seconds(tmp_path, _HEAD + "\r\n" + (_ROW + "\r\n") * 200_000, "windows-1252") < stretched(3, time.process_time)


def test_a_thousand_malformed_rows_cost_next_to_nothing(tmp_path: Path) -> None:
    block = (_ROW + "\n") * 199 + _ROW + ",one too many\n"  # 0.5%, so the file is taken
    assert _seconds(tmp_path, _HEAD + "\n" + block * 1_005) < stretched(3, time.process_time)
