"""Rows of an export as a school's system would write them, and the raw lines that such a system gets wrong."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

Row = dict[str, str]


@dataclass(slots=True)
class Table:
    """An export: its columns in order, and its lines; a line is a row, or text that is written as it is."""

    columns: tuple[str, ...]
    lines: list[Row | str] = field(default_factory=list)
    delimiter: str = ","

    def text_of(self, row: Row) -> str:
        """One row as a line of CSV without its line end."""
        out = io.StringIO()
        csv.writer(out, delimiter=self.delimiter, lineterminator="").writerow([row[column] for column in self.columns])
        return out.getvalue()

    def write(self, path: Path, encoding: str) -> None:
        """Writes the file with CRLF line ends, as most exporters do."""
        lines = [self.delimiter.join(self.columns)]
        lines += [line if isinstance(line, str) else self.text_of(line) for line in self.lines]
        path.write_bytes("".join(f"{line}\r\n" for line in lines).encode(encoding))


class Dice:
    """The same throws each time and in each version of Python: only `randrange` of a seeded generator is used."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def below(self, limit: int) -> int:
        """A number from 0 to limit - 1."""
        return self._random.randrange(limit)

    def one_of(self, choices: Sequence[str]) -> str:
        """One of the choices."""
        return choices[self.below(len(choices))]

    def one_in(self, count: int) -> bool:
        """True once in `count` throws, on average."""
        return self.below(count) == 0


def take(rows: Iterable[Row], count: int, start: int, step: int) -> list[Row]:
    """Every `step`th row from `start` on, `count` of them: the same rows each time, spread over the file."""
    chosen = list(rows)[start::step][:count]
    if len(chosen) != count:
        raise ValueError(f"only {len(chosen)} of {count} rows")
    return chosen
