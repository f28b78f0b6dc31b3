"""Random exports: people who change a little from night to night, in files that are never quite tidy."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from unicodedata import normalize

from tests.stories.jobs import Shape

COLUMNS = (
    *("ID", "School", "Card", "Last", "First", "HR", "Grade", "GradYear", "User", "Nick"),
    *("Status", "Pin", "Mark", "Type", "Born", "Mail", "Note", "Gen", "Acc", "Expires"),
)
IDS = tuple(str(1000 + number) for number in range(1, 31))
Cells = dict[str, str]
_CELLS: dict[str, tuple[str, ...]] = {
    "School": ("NORTH", "SOUTH", "017", "nowhere", "MEDIA", "north", "XX", "AA", "ZZ"),
    "Mark": ("", "", "skip", "gone", "also", "Y"),
    "Status": ("", "Inactive", "Active", "?", "R", "W"),
    "Pin": ("", "pin", "pin2"),
    "Card": ("", "0", "1", "2", "3", "P7", "P11", "P33", "P" * 15, "autoassign", "N/A"),
    "User": ("", "user7", "user11", "user33", "USER8", "straße", "STRASSE"),
    "Last": ("", "Lee", "Élan", 'O"Neil', "=cmd", "La\u200bst", "Mu\ufffdller", "Le\u0301e"),
    "First": ("", "Ann", "A\u200bnn", "\ufffd", "Ann\u00a0"),
    "Type": ("Student", "Faculty", "", "Band", "Club"),
    "Born": ("", "2010-13-45", "01/02/2010", "2010-01-02"),
    "Grade": ("12", "09", ""),
    "GradYear": ("2025", "2026", "2030", "x", ""),
    "Note": ("", "a", "b", "two\nlines", "x,y", "é", "z\u200b", "\ufffd"),
    "Nick": ("", "Bo", "Jo", "two\nlines", "N/A", "x" * 31, "B\u200bo"),
    "HR": ("100", "101", "102", "103", "100", "101", "102", "103", "", "l1\nl2", " 7 ", "N/A"),
    "Mail": ("", "new@x.org"),
    "Gen": ("M", "F", "", "?"),
    "Acc": ("Patron", "Helper", "", "Boss"),
    "Expires": ("", "2027-01-01", "bad"),
}
_TAKEN_FROM_OTHERS = ("Card", "User", "Last", "First", "Born", "Mail", "ID")


def person(random: Random, number: str) -> Cells:
    """An invented person's row."""
    n = int(number) - 1000
    cells = dict.fromkeys(COLUMNS, "") | {
        "ID": number,
        "Card": f"P{n}",
        "HR": str(100 + n),
        "User": f"user{n}",
        "Mail": f"m{n}@x.org",
        "Grade": "09",
        "GradYear": "2030",
        "Nick": random.choice(("", "Bo", "Jo")),
        "Pin": random.choice(("", "pin")),
        "School": random.choice(("NORTH", "NORTH", "SOUTH", "017", "018")),
        "Last": f"Last{n}" if random.random() < 0.8 else random.choice(("Lee", "Élan", "Müller")),
        "First": f"First{n}" if random.random() < 0.8 else "Ann",
        "Type": random.choice(("Student", "Student", "Faculty", "")),
        "Born": random.choice(("2010-01-02", "2011-05-06", "")),
        "Gen": random.choice(("M", "F", "")),
        "Acc": random.choice(("Patron", "", "Helper")),
        "Expires": random.choice(("", "2027-01-01")),
    }
    if random.random() < 0.2:
        cells |= {"Grade": "12", "GradYear": random.choice(("2024", "2026", "soon"))}
    return cells


def change(random: Random, cells: Cells, everybody: list[Cells]) -> None:
    """One cell of a row changes: to a value of its own, or to what somebody else has."""
    name = random.choice((*COLUMNS[1:], "HR", "HR", "Card", "User", "School", "Note", "ID"))
    other = random.choice(everybody)[name]
    if name == "ID":
        cells[name] = random.choice((*[cells[name]] * 6, other, "", f" {cells[name]}"))
    elif name in _TAKEN_FROM_OTHERS and random.random() < 0.4:
        cells[name] = other.upper() if random.random() < 0.2 else other
    else:
        cells[name] = random.choice(_CELLS[name])


@dataclass
class Style:
    """How a file's lines are written on a night."""

    quotes: bool
    end: str
    bom: bool
    final: bool = True
    blank: int = 0
    dos: bool = False
    inner: bool = False
    pieces: bool = False

    def moved_on(self, random: Random) -> None:
        """The source's program is now and then another one."""
        if random.random() < 0.12:
            self.end = random.choice(("\n", "\r\n"))
        if random.random() < 0.08:
            self.bom = not self.bom
        if random.random() < 0.06:
            self.quotes = not self.quotes
        self.final, self.dos, self.inner = random.random() < 0.9, random.random() < 0.07, random.random() < 0.5
        self.blank = random.choice((0,) * 6 + (1, 3)) if self.final else 0
        if random.random() < 0.2:
            self.pieces = not self.pieces

    def written(self, lines: list[str], encoding: str) -> bytes:
        """The whole file."""
        text = self.end.join(lines) + self.end * (self.final + self.blank)
        if self.end == "\r\n" and self.inner:
            text = text.replace("\r\n", "\n").replace("\n", "\r\n")
        if self.pieces and encoding == "utf-8":
            text = normalize("NFD", text)
        content = text.encode("cp1252" if encoding == "windows-1252" else "utf-8", "replace")
        return (b"\xef\xbb\xbf" if self.bom and encoding == "utf-8" else b"") + content + (b"\x1a" if self.dos else b"")


class Exporter:
    """The program that writes one job's file, night after night."""

    def __init__(self, random: Random, shape: Shape, people: list[Cells]) -> None:
        self.random, self.shape, self.people = random, shape, people
        self.columns = list(COLUMNS)
        self.style = Style(random.random() < 0.5, random.choice(("\n", "\n", "\r\n")), random.random() < 0.1)
        self.former: list[bytes] = []

    def tonight(self, title: str) -> bytes | None:
        """The file's content, now and then one of before; None where nobody writes any."""
        if self.former and self.random.random() < 0.28:
            return None if self.random.random() < 0.7 else self.random.choice(self.former)
        for cells in self.random.sample(self.people, min(len(self.people), self.random.choice((0, 1, 2, 3, 6)) if self.former else 0)):
            change(self.random, cells, self.people)
        self.style.moved_on(self.random)
        if self.random.random() < 0.06:
            self.random.shuffle(self.columns)
        heading = [self.random.choice(("Export", f"Title {title}", "")), self.random.choice(("", "x"))] if self.shape.title else []
        lines = [*heading, self.shape.delimiter.join(self.columns), *self._with_odd(self._rows())]
        self.former.append(self.style.written(lines, self.shape.encoding))
        return self.former[-1]

    def _rows(self) -> list[str]:
        random = self.random
        share = random.choice((1, 1, 0.95, 0.95, 0.6, 0.3))
        rows = [dict(cells) for cells in self.people if random.random() < share] or [dict(self.people[0])]
        for cells in random.sample(rows, min(len(rows), random.choice((0, 0, 0, 1, 2)))):
            rows.insert(random.randrange(len(rows) + 1), self._twin(cells))
        order = random.random()
        if order < 0.2:
            random.shuffle(rows)
        elif order < 0.3:
            rows.reverse()
        elif order < 0.36:
            rows.sort(key=lambda cells: cells["Last"])
        return [self.shape.delimiter.join(self._cell(cells[name]) for name in self.columns) for cells in rows]

    def _twin(self, cells: Cells) -> Cells:
        """A second row of a person."""
        card = self.random.choice((f"S{cells['ID']}", cells["Card"], ""))
        also = {"School": self.random.choice(("SOUTH", "NORTH")), "Card": card, "Mark": "also"}
        return {**cells, **self.random.choice(({}, {}, also, also, {"Note": "dup"}, {"HR": "other"}))}

    def _cell(self, value: str) -> str:
        odd = self.shape.delimiter in value or '"' in value or "\n" in value or value != value.strip()
        return '"{}"'.format(value.replace('"', '""')) if self.style.quotes or odd else value

    def _with_odd(self, rows: list[str]) -> list[str]:
        """The rows, with lines among them that are none, or no usual ones."""
        comma, count = self.shape.delimiter, len(self.columns)
        lines = [
            *("1,NORTH,cut", f"a{comma}b", "", "   ", f'9"{comma * (count - 1)}', comma * (count - 1), f'""{comma * (count - 1)}'),
            *(comma.join(self.columns), comma.join(f'"{name}"' for name in self.columns), f"x\x01{comma * (count - 1)}"),
            comma.join(('"1099"', '"NORTH"', '"P99"', '"two\nlines"')) + comma * (count - 4),
            comma.join(('"1098"', '"NORTH"', '"P98"', '"a\n\n\nb"')) + comma * (count - 4),
            f'"q"uote{comma * (count - 1)}',
        ]
        for line in lines:
            if self.random.random() < 0.045:
                rows.insert(self.random.randrange(len(rows) + 1), line)
        return rows
