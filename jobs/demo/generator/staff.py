"""About 250 invented people who work for the district, in the export of another system: UTF-8, semicolons, other habits."""

from __future__ import annotations

from jobs.demo.generator.names import FIRST_NAMES, LAST_NAMES, last_name, login
from jobs.demo.generator.table import Dice, Row, Table, take

COLUMNS = ("EmployeeID", "Surname", "Given", "Role", "Title", "Location", "Assignment", "Email", "Badge", "Room", "Active")
# code of the place and how many people work there
_PLACES = (("0017", 62), ("0018", 58), ("0021", 44), ("0022", 40), ("0031", 38), ("0090", 6))
_ROLES = ("Teacher", "Teacher", "Teacher", "Teacher", "Aide", "Counselor", "Office", "Custodian")
_TITLES = {"Teacher": "Classroom teacher", "Aide": "Instructional aide", "Counselor": "Counselor", "Office": "Office staff",
           "Custodian": "Facilities", "Librarian": "School librarian"}  # fmt: skip


def staff(night: int) -> Table:
    """The file of night 1 or night 2."""
    rows = _people()
    _second_places(rows)
    _troubles(rows)
    if night == 2:
        _moves(rows)
    return Table(COLUMNS, list(rows), delimiter=";")


def _people() -> list[Row]:
    dice = Dice(1907)
    rows: list[Row] = []
    for place, size in _PLACES:
        for seat in range(size):
            number = 2001 + len(rows)
            first, last = dice.one_of(FIRST_NAMES), last_name(dice.one_of(LAST_NAMES))
            role = "Librarian" if seat == 0 or place == "0090" else dice.one_of(_ROLES)
            rows.append(
                {
                    "EmployeeID": f"E{number}",
                    "Surname": last.upper(),
                    "Given": first,
                    "Role": role,
                    "Title": _TITLES[role],
                    "Location": place,
                    "Assignment": "P",
                    "Email": f"{login(first, last, number)}@staff.prairielakes.example",
                    "Badge": str(90000000 + number),
                    "Room": f"{dice.below(3) + 1}{dice.below(40):02d}" if role == "Teacher" else "",
                    "Active": "yes",
                }
            )
    return rows


def _second_places(rows: list[Row]) -> None:
    """Eleven people work at two schools: a second row with assignment S makes an association there.

    One of them is at the media centre, which takes none.
    """
    for row in take([row for row in rows if row["Role"] == "Teacher" and row["Location"] in ("0017", "0021")], 10, 2, 4):
        rows.append({**row, "Location": {"0017": "0018", "0021": "0022"}[row["Location"]], "Assignment": "S", "Room": ""})
    rows.append({**rows[1], "Location": "0090", "Assignment": "S", "Room": ""})


def _troubles(rows: list[Row]) -> None:
    """A second place without a first, a role that takes the map's default, a badge that is a student's card, somebody on leave."""
    rows.append({**rows[70], "EmployeeID": "E2999", "Badge": "90002999", "Assignment": "S", "Email": ""})
    rows[80]["Role"] = "Volunteer"
    rows[30]["Badge"] = "20171000041"
    rows[40]["Active"] = "on leave"
    rows[50]["Active"] = "no"


def _moves(rows: list[Row]) -> None:
    """Nine people change schools at once, which is more than the job's guard lets through without a look."""
    for row in take([row for row in rows if row["Location"] == "0021" and row["Assignment"] == "P"], 9, 2, 3):
        row["Location"] = "0031"
