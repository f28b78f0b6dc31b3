"""Writes the demo district's exports: `python -m jobs.demo.generator.generate` the first night's into jobs/demo/exports,
`--night 2 --to FOLDER` a later night's anywhere. The same bytes each time."""

from __future__ import annotations

import argparse
from pathlib import Path

from jobs.demo.generator.circulation import checkouts, fines, holds
from jobs.demo.generator.night_one import night_one
from jobs.demo.generator.night_two import night_two
from jobs.demo.generator.staff import staff
from jobs.demo.generator.table import Row, Table

EXPORTS = Path("jobs/demo/exports")


def write_night(night: int, folder: Path) -> None:
    """Writes all five exports of night 1 or 2 into `folder`, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    students = night_one() if night == 1 else night_two()
    known = _rows(students)
    students.write(folder / "students.csv", "windows-1252")
    staff(night).write(folder / "staff.csv", "utf-8")
    checkouts(known).write(folder / "checkouts.csv", "utf-8")
    fines(known, night).write(folder / "fines.csv", "utf-8")
    holds(known).write(folder / "holds.csv", "utf-8")


def _rows(table: Table) -> list[Row]:
    return [line for line in table.lines if isinstance(line, dict)]


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--night", type=int, choices=(1, 2), default=1)
    parser.add_argument("--to", type=Path, default=EXPORTS, metavar="FOLDER")
    given = parser.parse_args()
    write_night(given.night, given.to)
    print(f"Night {given.night} is in {given.to}")


if __name__ == "__main__":
    main()
