"""What the demo's people have borrowed, owe and wait for: snapshots, one row an entry."""

from __future__ import annotations

from jobs.demo.generator.table import Row, Table, take

CHECKOUTS = ("StudentID", "School", "Item", "Due")
FINES = ("StudentID", "School", "Amount")
HOLDS = ("StudentID", "School", "Item")
_AMOUNTS = ("0.50", "1.25", "3.00", "12.95", "0.10", "-2.00", "24.99", "6.5")


def checkouts(students: list[Row]) -> Table:
    """Items that are out, those of some leavers and seniors among them."""
    table = Table(CHECKOUTS)
    for place, row in enumerate(_borrowers(students, 420, 2, 6)):
        table.lines.append(_entry(row, Item=f"T{300000 + 37 * place}", Due=f"2026-{10 + place % 2}-{1 + place % 28:02d}"))
    for place, row in enumerate(_kept(students)):
        table.lines.append(_entry(row, Item=f"T{400000 + place}", Due="2026-06-05"))
    return table


def fines(students: list[Row], night: int) -> Table:
    """Money owed, and refunds (negative). The first night has an amount that no cash desk knows and a student nobody knows."""
    table = Table(FINES)
    for place, row in enumerate(_borrowers(students, 160, 4, 16)):
        table.lines.append(_entry(row, Amount=_AMOUNTS[place % len(_AMOUNTS)]))
    for row in [row for row in students if row["Status"] == "I"][9:12]:
        table.lines.append(_entry(row, Amount="18.00"))
    table.lines.append({"StudentID": "7777777", "School": "0017", "Amount": "5.00"})
    if night == 1:
        table.lines.append({**_entry(students[8]), "Amount": "12.345"})
    return table


def holds(students: list[Row]) -> Table:
    """Items that somebody waits for."""
    table = Table(HOLDS)
    for place, row in enumerate(_borrowers(students, 90, 5, 30)):
        table.lines.append(_entry(row, Item=f"T{500000 + 11 * place}"))
    return table


def _entry(row: Row, **cells: str) -> Row:
    return {"StudentID": row["StudentID"], "School": row["School"], **cells}


def _borrowers(students: list[Row], count: int, start: int, step: int) -> list[Row]:
    plain = [
        row
        for row in students
        if row["Status"] == "A" and row["GradYear"] != "2026" and row["School"] in ("0017", "0018", "0021", "0022", "0031")
    ]
    return take([row for row in plain if row["StudentID"].isdigit()], count, start, step)


def _kept(students: list[Row]) -> list[Row]:
    """Four graduates, four inactive and one of those to be deleted still have a book: no policy may remove them unseen."""
    seniors = [row for row in students if row["GradYear"] == "2026"]
    inactive = [row for row in students if row["Status"] == "I"]
    return seniors[2:6] + inactive[5:9] + [row for row in students if row["Status"] == "X"][-1:]
