"""The house rules that can be measured: imports go one way, files and functions stay small."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path
    for folder in ("runner", "jobs/demo/generator", "docs/tools", "deploy", "benchmarks")
    for path in (ROOT / folder).rglob("*.py")
    if "data" not in path.parts
)
LONGEST_FILE = 300
LONGEST_FUNCTION = 30

LONGER_FUNCTIONS = {
    # lists of SQL statements: data, one table or trigger after the other
    "runner/store/layout_1.py",
    "runner/store/triggers_1.py",
}


def test_imports_go_one_way() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_file_is_short_enough_to_read() -> None:
    long = [f"{_told(path)}: {lines} lines" for path in SOURCES if (lines := _lines(path)) > LONGEST_FILE]
    assert not long


def test_every_function_fits_on_a_screen() -> None:
    long = [
        f"{_told(path)}: {function.name} has {lines} lines"
        for path in SOURCES
        if _told(path) not in LONGER_FUNCTIONS
        for function in _functions(path)
        if (lines := _lines_of_code(function)) > LONGEST_FUNCTION
    ]
    assert not long


def test_no_exemption_outlives_its_reason() -> None:
    needless = [
        name for name in LONGER_FUNCTIONS if all(_lines_of_code(function) <= LONGEST_FUNCTION for function in _functions(ROOT / name))
    ]
    assert not needless


def test_every_file_begins_by_saying_what_it_is() -> None:
    assert not [_told(path) for path in SOURCES if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]


def test_no_file_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "util", "helpers", "helper", "manager", "common", "base", "misc"}
    assert not [str(path) for path in SOURCES if path.stem in drawers or path.parent.name in drawers]


def _told(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _lines_of_code(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body without its docstring: explaining a function must not make it too long."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
