"""Every golden case gives the plan that its file shows. `UPDATE_GOLDEN=1` writes the files anew: read the difference before you keep it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.plan.casebook import read_case, told

pytestmark = pytest.mark.usefixtures("fast_paths")
CASES = sorted((Path(__file__).parents[1] / "golden" / "plan").rglob("*.txt"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_case_gives_the_plan_that_its_file_shows(path: Path) -> None:
    case = read_case(path)
    plan = told(case.plan())
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text("\n".join([*case.lines, *("  " + line for line in plan.splitlines())]) + "\n", encoding="utf-8")
    else:
        assert plan == case.expected
