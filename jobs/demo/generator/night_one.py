"""The students' file of the first night: the enrolled, and one case of nearly everything that goes wrong in real exports.

Each function below plants one kind of trouble and is named after what the report will say about it.
"""

from __future__ import annotations

from collections.abc import Callable

from jobs.demo.generator.students import COLUMNS, students
from jobs.demo.generator.table import Row, Table, take


def night_one() -> Table:
    """The whole file: good rows in the order of their schools, troubles spread among them."""
    rows = students()
    for plant in _CHANGES:
        plant(rows)
    table = Table(COLUMNS, list(rows))
    for plant_line in _LINES:
        plant_line(table)
    return table


def left_the_school(rows: list[Row]) -> None:
    """Status W and G are skipped by the job's own rule; X asks for a deletion of somebody whom the library never had."""
    for row in take(rows, 32, 20, 91):
        row["Status"] = "W"
    for row in take(rows, 8, 35, 307):
        row["Status"] = "G"
    for row in take(rows, 3, 44, 977):
        row["Status"] = "X"


def other_states(rows: list[Row]) -> None:
    """Inactive and restricted students, and a status that nobody knows (value-not-in-map)."""
    for row in take(rows, 14, 11, 83):
        row["Status"] = "I"
    for row in take(rows, 3, 57, 811):
        row["Status"] = "R"
    for row in take(rows, 2, 68, 1201):
        row["Status"] = "Q"


def seniors_of_last_year(rows: list[Row]) -> None:
    """Grade 12, graduated in 2026, still exported: the removal policy finds them."""
    seniors = [row for row in rows if row["Grade"] == "12" and row["Status"] == "A"]
    for row in take(seniors, 16, 5, 17):
        row["GradYear"] = "2026"


def sites_and_keys(rows: list[Row]) -> None:
    """site-unknown, site-missing, district-id-missing, district-id-too-long, last-name-missing."""
    for row in take(rows, 3, 101, 953):
        row["School"] = "0044"
    rows[203]["School"] = ""
    rows[303]["StudentID"] = rows[1404]["StudentID"] = ""
    rows[405]["StudentID"] = "SIS-EXPORT-ERROR-SEE-TICKET-" + rows[405]["StudentID"] * 2
    rows[506]["Last"] = ""


def cards(rows: list[Row]) -> None:
    """barcode-missing, barcode-too-long, and two pairs that claim one card (barcode-in-use)."""
    for row in take(rows, 4, 123, 701):
        row["Card"] = ""
    rows[624]["Card"] = "20017-1000625-REPRINT"
    rows[150]["Card"] = rows[151]["Card"]
    rows[2250]["Card"] = rows[2251]["Card"]


def readable_but_wrong(rows: list[Row]) -> None:
    """Unreadable dates, years, booleans and genders: the record goes in, the field is left out, with a warning."""
    for row, text in zip(take(rows, 3, 210, 401), ("02/30/2012", "00/00/0000", "2011-05-06"), strict=True):
        row["DOB"] = text
    rows[230]["Expires"] = "never"
    rows[240]["GradYear"] = "20277"
    for row in take(rows, 3, 250, 650):
        row["Sex"] = "?"
    for row in take(rows, 2, 260, 999):
        row["AUP"] = "maybe"


def names_of_rights(rows: list[Row]) -> None:
    """access-level-unknown, and a patron type that the district does not have yet (patron-type-created)."""
    for row in take(rows, 3, 270, 601):
        row["Access"] = "Helper"
    for row in take(rows, 6, 280, 137):
        row["Program"] = "Exchange Student"


def long_values(rows: list[Row]) -> None:
    """value-truncated and, where a cut value would be wrong, value-too-long."""
    rows[290]["Nick"] = "The one and only Great Gonzalo of Fairwater"
    rows[291]["Nick"] = "Captain of the Reading Team 2025 and 2026"
    for row in take(rows, 5, 292, 71):
        row["Counselor"] = "Dr. Alexandra Montoya-Whitaker (Tue/Thu)"
    rows[298]["Guardian"] = "parents-of-" + "a-very-long-list-of-names-" * 8 + "@mail.example"


def shared_logins(rows: list[Row]) -> None:
    """username-in-use: two pairs with one mail address."""
    rows[700]["Email"] = rows[310]["Email"]
    rows[1700]["Email"] = rows[320]["Email"]


def tokens_for_nothing(rows: list[Row]) -> None:
    """What exporters write where there is nothing."""
    for row in take(rows, 40, 9, 67):
        row["Middle"] = " - - "


def doubled_rows(table: Table) -> None:
    """Identical rows (duplicate-collapsed), and rows that contradict each other (duplicate-rows)."""
    for place in (400, 1200, 2400):
        table.lines.insert(place, table.lines[place - 30])
    for place in (800, 1800):
        twin = table.lines[place]
        assert isinstance(twin, dict)
        table.lines.append({**twin, "HR": "999", "First": twin["First"] + " (old)"})


def broken_lines(table: Table) -> None:
    """row-malformed, in each of its forms."""
    sound = [line for line in table.lines if isinstance(line, dict)]
    cells = table.text_of(sound[640]).split(",")
    table.lines.insert(640, ",".join(cells[:-3]))
    table.lines.insert(1040, table.text_of(sound[1040]).replace(sound[1040]["Street"], sound[1040]["Street"] + ", rear, Apt 4"))
    table.lines.insert(1440, ",".join(table.columns))
    table.lines.insert(1840, table.text_of({**sound[1840], "Street": "12 \x07Bell Tower Ct"}))
    table.lines.insert(2240, table.text_of(sound[2240]).replace(sound[2240]["Street"], '"14 "Sky" Park" Rd'))


_CHANGES: tuple[Callable[[list[Row]], None], ...] = (
    left_the_school,
    other_states,
    seniors_of_last_year,
    sites_and_keys,
    cards,
    readable_but_wrong,
    names_of_rights,
    long_values,
    shared_logins,
    tokens_for_nothing,
)
_LINES: tuple[Callable[[Table], None], ...] = (doubled_rows, broken_lines)
