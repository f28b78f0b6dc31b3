"""What a hostile case is, and the small table that most of them spoil. Everybody in it is invented."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

Maker = Callable[[Path], None]

HEAD = ["student_id", "barcode", "last_name", "first_name", "type", "grade", "email"]
PEOPLE = [
    ["200001", "P200001", "Núñez", "Inés", "Student", "4", "ines@example.org"],
    ["200002", "P200002", "O’Dwyer", "Joan", "Student", "11", "joan@example.org"],
    ["200003", "P200003", "Köhler", "Noë", "Faculty", "", "noe@example.org"],
]
TABLE = [HEAD, *PEOPLE]
HEADER_LINE = ",".join(HEAD)


@dataclass(frozen=True)
class Case:
    """One odd input.

    `content` is the file's bytes, or writes what is to be fetched; `file` is the name that a job would give; `encoding` is what a
    correct job would declare; `truth` the rows that must come out, where the point is that they come out right.
    """

    name: str
    what: str
    content: bytes | Maker
    encoding: str = "utf-8"
    wanted: tuple[str, ...] = tuple(HEAD)
    truth: tuple[tuple[str, ...], ...] | None = None
    file: str = "patrons.csv"


def case(name: str, what: str, content: str | bytes | Maker, encoding: str = "utf-8", **more: object) -> Case:
    """A case whose text is UTF-8 unless it is given as bytes."""
    raw = content.encode() if isinstance(content, str) else content
    return Case(f"csv/{name}", what, raw, encoding, **more)  # type: ignore[arg-type]


def table(rows: Iterable[Iterable[str]], line_end: str = "\r\n", delimiter: str = ",", *, last_line_end: bool = True) -> str:
    """The rows as CSV, quoted where they must be."""
    text = line_end.join(delimiter.join(_quoted(cell, delimiter) for cell in row) for row in rows)
    return text + line_end if last_line_end else text


def also(*rows: list[str], line_end: str = "\n") -> str:
    """The table with further rows below it."""
    return table([*TABLE, *rows], line_end)


def person(number: int | str, **cells: str) -> list[str]:
    """A row like any other but for the cells given by name."""
    row = dict(zip(HEAD, [str(number), f"P{number}", "Last", "First", "Student", "5", "x@example.org"], strict=True))
    return list({**row, **cells}.values())


def crowd(count: int) -> list[list[str]]:
    """The header and that many plain people."""
    return [HEAD, *(person(300_000 + n, last_name=f"Last{n}", grade=str(n % 13)) for n in range(1, count + 1))]


def true(rows: Iterable[Iterable[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(row) for row in rows)


PEOPLE_TRUE = true(PEOPLE)


def _quoted(cell: str, delimiter: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if any(mark in cell for mark in delimiter + '"\r\n') else cell
