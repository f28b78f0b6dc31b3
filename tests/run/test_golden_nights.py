"""Every golden case of whole nights, from the files of a small district to its store and back: what each night did is as its file shows.

A case begins with a sentence that says what it shows. `night DAY KIND` has the night's CSV below it, `staff` an edit in SQL; `told` is what
came of the night. `UPDATE_GOLDEN=1` writes it anew: read the difference before you keep it.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.run.small_district import DISTRICT, JOB, SmallDistrict

pytestmark = pytest.mark.usefixtures("fast_paths")
CASES = sorted((Path(__file__).parents[1] / "golden" / "nights").glob("*.txt"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_case_tells_what_each_night_did(path: Path, tmp_path: Path) -> None:
    title, *sections = path.read_text(encoding="utf-8").split("\n\n")
    district = SmallDistrict(tmp_path).write(job=JOB, district=DISTRICT)
    made = [title]
    for section in sections:
        head, *lines = section.rstrip("\n").split("\n")
        body = [line.removeprefix("  ") for line in lines]
        if head == "staff":
            district.edit(" ".join(body))
        elif head.startswith("night"):
            _, day, kind = head.split()
            told = _night(district, day, kind, body)
        else:
            lines = [f"  {line}" for line in told]
        made.append("\n".join([head, *lines]))
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text("\n\n".join(made) + "\n", encoding="utf-8")
    assert "\n\n".join(made) + "\n" == path.read_text(encoding="utf-8")


def _night(district: SmallDistrict, day: str, kind: str, file: list[str]) -> list[str]:
    (district.folder / "exports" / "students.csv").write_text("\n".join(file) + "\n", encoding="utf-8")
    document = district.run(kind, now=datetime.fromisoformat(f"{day}T07:00:00Z")).document(None)
    counts = ", ".join(f"{name} {number}" for name, number in document["counts"].items() if number)
    changes = [line for change in sorted(document["changes"], key=lambda each: each["patron"]) for line in _change(change)]
    said = [f"line {each['line']}: {each['code']}" for each in document["messages"] if each["code"] != "read-in-full"]
    return [document["status"], counts, *changes, *said]


def _change(change: dict[str, Any]) -> list[str]:
    fields = [f"  {name}: {before or '-'} -> {after or '-'}" for name, (before, after) in change["fields"].items()]
    return [f"{change['action']} {change['patron']}", *(fields if change["action"] != "add" else [])]
