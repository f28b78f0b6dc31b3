"""Bytes in, rows out: what the tests of the intake ask for again and again."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.intake.read import read_rows
from runner.intake.rows import Rows
from runner.job.model import Format


@dataclass(frozen=True)
class Given:
    """The part of a fetched file that the intake looks at."""

    path: Path
    warnings: tuple[str, ...] = ()
    odd_bytes: bool | None = None


def read(folder: Path, data: bytes | str, wanted: Sequence[str], *, allow_header_only: bool = False, **fmt: Any) -> Rows:
    """The rows of a file with that content."""
    path = folder / "given.csv"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    work = folder / "work"
    work.mkdir(exist_ok=True)
    return read_rows(Given(path), Format(**fmt), wanted, folder=work, allow_header_only=allow_header_only)


def cells(rows: Rows) -> list[tuple[Any, ...]]:
    """(line, cell, cell, ...) of each good row."""
    return rows.frame.collect(engine="streaming").rows()


def malformed(rows: Rows) -> list[tuple[int, str]]:
    return rows.malformed.rows()


def codes(rows: Rows) -> list[str]:
    return rows.notes["code"].to_list()


def records_by_csv(text: str, delimiter: str = ",") -> list[tuple[int, list[str]]]:
    """(first line, cells) of each record, as Python's csv module reads well-formed text."""
    found, line = [], 1
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    for record in reader:
        found.append((line, record))
        line = reader.line_num + 1
    return found
