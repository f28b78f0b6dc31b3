"""The students' file of a night in the middle of October: what seventeen days change in a district.

It starts from the first night's rows with some of its troubles put right at the source, as the first report asked.
"""

from __future__ import annotations

from collections.abc import Callable

from jobs.demo.generator.night_one import night_one
from jobs.demo.generator.students import COLUMNS, student
from jobs.demo.generator.table import Dice, Row, Table, take

_MOVES = {"0017": "0018", "0018": "0017", "0021": "0022", "0022": "0021"}
FIRST_NEW_ID = 1004001


def night_two() -> Table:
    """The whole file, without any malformed line."""
    rows = _mended([line for line in night_one().lines if isinstance(line, dict)])
    for change in _CHANGES:
        change(rows)
    return Table(COLUMNS, list(rows))


def _mended(rows: list[Row]) -> list[Row]:
    """Doubled rows are gone, and the office found the missing ids and schools; half of the other troubles stay."""
    mended = []
    seen = set()
    for place, row in enumerate(rows):
        if row["StudentID"] == "" or len(row["StudentID"]) > 40 or row["School"] == "":
            row = {**row, "StudentID": str(FIRST_NEW_ID - 900 + place % 800), "School": row["School"] or "0017"}
        if row["StudentID"] in seen:
            continue
        seen.add(row["StudentID"])
        mended.append(row)
    return mended


def leavers(rows: list[Row]) -> None:
    """Gone without a word: the removal policy inactivates them, for the file no longer names them."""
    gone = {row["StudentID"] for row in take(_active(rows), 38, 7, 71)}
    rows[:] = [row for row in rows if row["StudentID"] not in gone]


def newcomers(rows: list[Row]) -> None:
    """New students; one of them looks like somebody who is here already (possible-duplicate)."""
    dice = Dice(20261015)
    for place in range(30):
        school, grade = (("0017", 9), ("0018", 10), ("0021", 6), ("0022", 7), ("0031", 2))[place % 5]
        rows.append(student(dice, FIRST_NEW_ID + place, school, grade))
    twin = _active(rows)[333]
    for column in ("Last", "First", "DOB"):
        rows[-1][column] = twin[column]


def moves_between_schools(rows: list[Row]) -> None:
    """Transfers; one to the media centre (site-kind-mismatch), one with a card that is in use there (barcode-in-use-at-target)."""
    movers = take([row for row in _active(rows) if row["School"] in _MOVES], 46, 13, 41)
    for row in movers:
        row["School"] = _MOVES[row["School"]]
    movers[20]["School"] = "0090"
    holder = next(row for row in _active(rows) if row["School"] == movers[30]["School"] and row not in movers)
    movers[30]["Card"] = holder["Card"]


def a_new_timetable(rows: list[Row]) -> None:
    """Homerooms change, and some are emptied: `when_blank: clear` carries that through."""
    for row in take(_active(rows), 170, 3, 16):
        row["HR"] = f"{row['HR'][0]}{(int(row['HR'][1:]) + 7) % 40:02d}"
    for row in take(_active(rows), 12, 5, 199):
        row["HR"] = ""


def families(rows: list[Row]) -> None:
    """New surnames with new mail addresses, hence new login names, and people who moved."""
    for row in take([row for row in _active(rows) if row["Email"]], 6, 29, 301):
        row["Last"] = f"{row['Last']}-Rivera"
        row["Email"] = row["Email"].replace("@", "r@")
    for row in take(_active(rows), 25, 17, 97):
        row["Street"] = f"9{row['Street']}"


def cards_changed_hands(rows: list[Row]) -> None:
    """Two students at one school swap cards by mistake of the office, which is allowed: nobody holds a card twice."""
    one, other = take([row for row in _active(rows) if row["School"] == "0021"], 2, 40, 60)
    one["Card"], other["Card"] = other["Card"], one["Card"]


def states_changed(rows: list[Row]) -> None:
    """Four come back from Inactive, ten more withdraw, six are to be deleted."""
    for row in [row for row in rows if row["Status"] == "I"][:4]:
        row["Status"] = "A"
    for row in take(_active(rows), 10, 19, 257):
        row["Status"] = "W"
    for row in take(_active(rows), 6, 23, 433):
        row["Status"] = "X"


def _active(rows: list[Row]) -> list[Row]:
    """Students with whom nothing was wrong last time: plain active rows, for changes that are to go through."""
    return [
        row
        for row in rows
        if row["Status"] == "A" and row["GradYear"] != "2026" and row["Card"] and row["Last"] and row["School"] != "0044"
    ]


_CHANGES: tuple[Callable[[list[Row]], None], ...] = (
    leavers,
    newcomers,
    moves_between_schools,
    a_new_timetable,
    families,
    cards_changed_hands,
    states_changed,
)
