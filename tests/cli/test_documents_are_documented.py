"""The keys of --json are those that docs/interface.md section 5 names."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SECTION_5 = (Path(__file__).parents[2] / "docs" / "interface.md").read_text().split("## 5. ")[1].split("## 6. ")[0]
ROWS = [row.split(" | ") for row in SECTION_5.splitlines() if row.startswith("| `")]
VERBS = {verb: row[1] for row in ROWS for verb in re.findall(r"`([a-z ]+)`", row[0])}


@pytest.mark.parametrize(
    "words",
    [
        *("check", "runs", "runs prune", "next", "test", "doctor", "explain site-unknown"),
        *("patron 1000001", "lock 1000001 homeroom --reason asked", "unlock 1000001 homeroom"),
    ],
)
def test_a_document_has_the_keys_that_the_page_names(words: str, typed: Any, answered: Callable[..., Any], folder: Path) -> None:
    example = '  - {name: a, row: {StudentID: "1", School: "017", Last: Lee}, expect: {site: NORTH}}\n'
    (folder / "students_test.yaml").write_text("version: 1\nexamples:\n" + example)
    typed("run", "springfield/students")
    typed("lock", "1000001", "homeroom", "--reason", "a first one")
    verb = max((verb for verb in VERBS if words.startswith(verb)), key=len)
    named = set(re.findall(r"`([a-z_]+)`", VERBS[verb]))
    document = answered(*words.split())
    assert set(document) - {"schema"} <= named
    rows = [row for name in ("problems", "runs", "not_scheduled", "results", "findings") for row in document.get(name, [])]
    assert {key for row in rows for key in row} <= named
