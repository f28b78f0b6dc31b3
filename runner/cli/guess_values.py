"""Which column of a file without a header is which field, guessed from its values. For `runner new --no-header` alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

_NEARLY_ALL = 0.95
_SCHOOLS = 50
_GRADES = {"PK", "K", "KG", "KK", "TK", *map(str, range(13)), *(f"{grade:02d}" for grade in range(13))}
_GENDERS = {"M", "F", "X", "U", "MALE", "FEMALE"}
_NAME = re.compile(r"[^\W\d_][^\d_@]*")
_YEAR = re.compile(r"(20|21)\d\d")
_NUMBER = re.compile(r"\S*\d\S*")

Formats = Callable[[Sequence[str]], list[str]]


def by_values(rows: Sequence[Sequence[str]], formats: Formats) -> dict[str, str]:
    """Field to position ("1", "2", ...) of rows of one width; `formats` gives the date formats that cells fit.

    What can be told surely goes first; then the first two columns of which each row has its own are numbers, and the first two of words
    are names. A person has to look at it.
    """
    columns = {str(number): [row[number - 1].strip() for row in rows] for number in range(1, len(rows[0]) + 1)}
    left = {position: [cell for cell in cells if cell] for position, cells in columns.items() if any(cells)}
    found: dict[str, str] = {}
    for field, fits in _tests(formats, len(rows)):
        position = next((each for each, cells in left.items() if fits(cells)), None)
        if position is not None:
            found[field] = position
            del left[position]
    return found


def _tests(formats: Formats, rows: int) -> Sequence[tuple[str, Callable[[Sequence[str]], bool]]]:
    def own(cells: Sequence[str]) -> bool:
        return len(set(cells)) == len(cells) == rows and _mostly(cells, _NUMBER.fullmatch)

    def school(cells: Sequence[str]) -> bool:
        return len(cells) == rows and len(set(cells)) <= min(_SCHOOLS, max(1, rows // 3))

    return (
        ("email_1", lambda cells: _mostly(cells, lambda cell: "@" in cell)),
        ("birth_date", lambda cells: bool(formats(cells))),
        ("gender", lambda cells: _mostly(cells, lambda cell: cell.upper() in _GENDERS)),
        ("graduation_year", lambda cells: len(set(cells)) < max(2, rows) and _mostly(cells, _YEAR.fullmatch)),
        ("grade_level", lambda cells: len(set(cells)) < max(2, rows) and _mostly(cells, lambda cell: cell.upper() in _GRADES)),
        ("district_id", own),
        ("barcode", own),
        ("site", school),
        ("last_name", lambda cells: _mostly(cells, _NAME.fullmatch)),
        ("first_name", lambda cells: _mostly(cells, _NAME.fullmatch)),
    )


def _mostly(cells: Sequence[str], fits: Callable[[str], object]) -> bool:
    return sum(bool(fits(cell)) for cell in cells) >= _NEARLY_ALL * len(cells)


def cells_of(rows: Sequence[Sequence[str]], columns: Mapping[str, str]) -> dict[str, list[str]]:
    """The cells of each field that `columns` gives a position."""
    return {field: [row[int(position) - 1] for row in rows] for field, position in columns.items()}
