"""docs/promises.md names tests that exist, and every promise has one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([A-Z][0-9]+) \| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE)
COUNTS = {"R": 15, "S": 10, "C": 10, "I": 9, "P": 9, "A": 9}


def test_no_promise_is_missing() -> None:
    keys = [key for key, _, _ in ROWS]
    assert [key for letter, count in COUNTS.items() for key in (f"{letter}{n}" for n in range(1, count + 1)) if key not in keys] == []
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(("key", "tests"), [(key, tests) for key, _, tests in ROWS])
def test_the_tests_of_a_promise_exist(key: str, tests: str) -> None:
    for named in tests.split(", "):
        file, _, test = named.partition("::")
        assert (ROOT / file).is_file(), named
        assert not test or f"def {test}(" in (ROOT / file).read_text(encoding="utf-8"), named
