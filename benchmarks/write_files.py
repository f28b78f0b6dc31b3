"""Writes the files of one size: `python -m benchmarks.write_files ROWS FOLDER` makes first.csv and nightly.csv there.

Every cell is quoted. nightly.csv is the same people with 1% of the rows changed (another homeroom, another street). Plain
arithmetic on the row number, so that the bytes are the same with every version of polars.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import polars as pl

from benchmarks.columns import CHANGED_PER_HUNDRED, COLUMNS, SITES

_LAST = (
    "Abbott", "Bergstrom", "Castaneda", "Delacroix", "Eklund", "Fitzgerald", "Gutierrez", "Hammond", "Ibarra", "Johansson",
    "Kowalczyk", "Lindgren", "Montoya", "Nakamura", "O'Brien", "Paquette", "Quintero", "Richardson", "Svensson", "Thibault",
)  # fmt: skip
_FIRST = (
    "Ada", "Benjamin", "Camila", "Dominic", "Elena", "Felix", "Gabriella", "Henry", "Isabel", "Jasper", "Katharina", "Leonardo",
    "Margot", "Nathan", "Olivia", "Priya", "Quentin",
)  # fmt: skip
_STREETS = ("Alder Ave", "Beacon St", "Cedar Ln", "Elm", "Harvest Rd", "Oak Ct", "Mill Dr", "Lake St")
_TOWNS = ("Millbrook", "Avon", "Oak Park", "Dana", "Ely")
_COUNSELORS = ("Adeyemi", "Falk", "", "Dr. Alexandra Montoya-Whitaker II", "", "Okafor", "")
_CHUNK = 500_000


def write_files(rows: int, folder: Path) -> None:
    """Writes both files."""
    write_file(folder / "first.csv", 0, rows, people)
    write_file(folder / "nightly.csv", 0, rows, partial(people, changed=True))


def write_file(path: Path, start: int, stop: int, make: Callable[[int, int], pl.DataFrame]) -> None:
    """Writes rows `start` to `stop` - 1, as `make` gives them, a chunk at a time: ten million rows need no more memory than one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    with part.open("wb") as out:
        for begin in range(start, stop, _CHUNK):
            make(begin, min(stop, begin + _CHUNK)).write_csv(out, include_header=begin == start, quote_style="always")
    part.rename(path)


def people(start: int, stop: int, *, changed: bool = False) -> pl.DataFrame:
    """Rows `start` to `stop` - 1 of the file; with `changed`, as they are a night later."""
    numbers = pl.select(pl.int_range(start, stop).alias("i"))
    return numbers.select(**_who(), **_where(changed=changed), **_rest()).select(COLUMNS)


def _who() -> dict[str, pl.Expr]:
    """Columns that say who a student is."""
    i = pl.col("i")
    last, first = _names()
    year = 2020 - i % 13
    return {
        "StudentID": (i + 10_000_000).cast(pl.String),
        "Last": pl.format("{} ", last),
        "First": first,
        "Middle": _pick(("Ada", "", "", "Leo", "", "", "", ""), i // 5),
        "DOB": pl.format("{}/{}/{}", _digits(i % 12 + 1, 2), _digits(i // 12 % 28 + 1, 2), year),
        "Sex": (i % 3 + 1).cast(pl.String),
        "Card": (i + 20_000_000_000).cast(pl.String),
        "Expires": pl.when(i % 4 == 1).then(pl.lit("06/30/2027")).otherwise(pl.lit("")),
    }


def _where(*, changed: bool) -> dict[str, pl.Expr]:
    """Columns that say where a student is; the two that the night changes are among them."""
    i = pl.col("i")
    moved = pl.lit(changed) & (i % (100 // CHANGED_PER_HUNDRED) == 37)
    return {
        "School": pl.format("S{}", _digits(i // 100 % SITES, 3)),  # the night changes one row in a hundred of each school
        "Grade": _digits(i % 13, 2),
        "GradYear": (2039 - i % 13).cast(pl.String),
        "HR": pl.when(moved).then(pl.lit("R9")).otherwise(pl.lit("R")) + (i // 7 % 90).cast(pl.String),
        "Street": pl.format("{} {}", i * 17 % 990 + pl.when(moved).then(1000).otherwise(1), _pick(_STREETS, i // 3)),
        "City": _pick(_TOWNS, i // 200),
        "State": pl.lit("IL"),
        "Zip": (i // 200 % 300 + 60_000).cast(pl.String),
    }


def _rest() -> dict[str, pl.Expr]:
    """How to reach them, what they may do, and what no field takes."""
    i = pl.col("i")
    last, first = _names()
    family = last.str.replace("'", "").str.to_lowercase()
    return {
        "Status": _pick(("ENR", "ENR", "ENR", "ENR", "ENR", "ENR", "ENR", "HOLD", "ENR", "ENR", "LEFT"), i // 13),
        "Email": pl.format("{}{}@k12.example", first.str.to_lowercase(), i),
        "Guardian": pl.when(i % 3 == 0).then(pl.lit("")).otherwise(pl.format("{}{}@a.example", family, i // 2)),
        "Phone": pl.when(i % 4 == 0).then(pl.lit("")).otherwise(pl.format("555-{}", _digits(i * 31 % 10_000, 4))),
        "AUP": _pick(("Y", "Y", "Y", "N"), i),
        "Counselor": _pick(_COUNSELORS, i // 6),
        "Team": pl.format("T{}", i % 40),
        "Lunch": _pick(("F", "R", "P"), i // 2),
        "Note": pl.lit(""),
    }


def _names() -> tuple[pl.Expr, pl.Expr]:
    """Last and first name."""
    i = pl.col("i")
    return _pick(_LAST, i * 7 + i // 400), _pick(_FIRST, i * 3 + i // 11)


def _digits(number: pl.Expr, width: int) -> pl.Expr:
    return number.cast(pl.String).str.zfill(width)


def _pick(words: tuple[str, ...], number: pl.Expr) -> pl.Expr:
    """The word whose place in `words` is `number`, counted around."""
    return pl.lit(pl.Series(words)).gather(number % len(words))


if __name__ == "__main__":
    write_files(int(sys.argv[1]), Path(sys.argv[2]))
