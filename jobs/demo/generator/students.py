"""About 3,000 invented students as their school's system would export them in September."""

from __future__ import annotations

from jobs.demo.generator.names import FIRST_NAMES, LAST_NAMES, STREETS, TOWNS, last_name, login
from jobs.demo.generator.table import Dice, Row

COLUMNS = (
    "StudentID", "Status", "School", "Last", "First", "Middle", "Nick", "Grade", "GradYear", "DOB", "Sex", "HR", "Email", "Guardian",
    "Phone", "Street", "City", "Zip", "Card", "Program", "Access", "AUP", "Expires", "Counselor", "Lunch",
)  # fmt: skip

# code of the school, its lowest and highest grade, how many students it has
SCHOOLS = (("0017", 9, 12, 660), ("0018", 9, 12, 590), ("0021", 6, 8, 480), ("0022", 6, 8, 440), ("0031", 0, 5, 800))
SCHOOL_YEAR_ENDS = 2027
COUNSELORS = ("Ms. Adeyemi", "Mr. Falk", "Ms. Castañeda", "Mr. Lindgren", "Dr. Okafor")
FIRST_ID = 1000001


def students(count_from: int = FIRST_ID, seed: int = 20260928) -> list[Row]:
    """Every enrolled student, school by school, without any trouble in the rows yet."""
    dice = Dice(seed)
    rows: list[Row] = []
    for school, lowest, highest, size in SCHOOLS:
        for place in range(size):
            grade = lowest + place * (highest - lowest + 1) // size
            rows.append(student(dice, count_from + len(rows), school, grade))
    return rows


def student(dice: Dice, number: int, school: str, grade: int) -> Row:
    """One invented student."""
    first, last = dice.one_of(FIRST_NAMES), last_name(dice.one_of(LAST_NAMES))
    town, code = TOWNS[dice.below(len(TOWNS))]
    name = login(first, last, number)
    return {
        "StudentID": str(number),
        "Status": "A",
        "School": school,
        "Last": last,
        "First": first,
        "Middle": dice.one_of(FIRST_NAMES) if dice.one_in(3) else "",
        "Nick": first[:3] if dice.one_in(12) else "",
        "Grade": "KG" if grade == 0 else f"{grade:02d}",
        "GradYear": str(SCHOOL_YEAR_ENDS + 12 - grade),
        "DOB": f"{1 + dice.below(12):02d}/{1 + dice.below(28):02d}/{SCHOOL_YEAR_ENDS - 7 - grade}",
        "Sex": dice.one_of(("M", "F", "M", "F", "M", "F", "M", "F", "X")),
        "HR": f"{1 + grade % 4}{dice.below(30):02d}",
        "Email": f"{name}@prairielakes.example" if grade >= 3 else "",
        "Guardian": f"{last_login(last)}{dice.below(90) + 10}@mail.example" if not dice.one_in(5) else "",
        "Phone": f"555-01{dice.below(100):02d}" if not dice.one_in(4) else "N/A",
        "Street": f"{1 + dice.below(980)} {dice.one_of(STREETS)}",
        "City": town,
        "Zip": code,
        "Card": f"2{school[1:]}{number}",
        "Program": "",
        "Access": "Library Assistant" if dice.one_in(150) else "",
        "AUP": "N" if dice.one_in(25) else "Y",
        "Expires": "06/30/2027" if grade == 12 else "",
        "Counselor": dice.one_of(COUNSELORS) if grade >= 9 else "",
        "Lunch": dice.one_of(("F", "R", "P", "P")),
    }


def last_login(last: str) -> str:
    """The family's name as the first part of a mail address."""
    return login("", last, 0)[:-3]
