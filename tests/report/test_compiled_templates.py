"""Templates are compiled once, and compiling them is never why a report is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from runner.report.environment import new_environment

COMPILE = """
import sys
from pathlib import Path
from runner.report.environment import new_environment
folder = Path(sys.argv[1])
made = new_environment(folder, lambda name: (folder / name).read_text(), autoescape=lambda name: True, finalize=lambda x: x, filters={})
print(made.get_template("page.j2").render(name="<Ann>"))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "page.j2").write_text("Hello {{ name }}", encoding="utf-8")
    return tmp_path


def rendered(folder: Path, **environment: str) -> str:
    usual = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", COMPILE, str(folder)], capture_output=True, text=True, check=True, env={**usual, **environment}
    )
    return done.stdout.strip()


def test_what_was_compiled_is_kept_beside_the_templates(folder: Path) -> None:
    assert rendered(folder) == "Hello &lt;Ann&gt;"
    (kept,) = (folder / "__pycache__").iterdir()
    before = kept.stat().st_mtime_ns
    assert rendered(folder) == "Hello &lt;Ann&gt;"
    assert kept.stat().st_mtime_ns == before


def test_a_template_that_changed_is_compiled_again(folder: Path) -> None:
    rendered(folder)
    (folder / "page.j2").write_text("Good night {{ name }}", encoding="utf-8")
    assert rendered(folder) == "Good night &lt;Ann&gt;"


def test_a_folder_that_cannot_be_written_is_done_without(folder: Path) -> None:
    (folder / "__pycache__").write_text("in the way", encoding="utf-8")
    assert rendered(folder) == "Hello &lt;Ann&gt;"


def test_what_is_damaged_is_compiled_again(folder: Path) -> None:
    rendered(folder)
    (kept,) = (folder / "__pycache__").iterdir()
    kept.write_bytes(kept.read_bytes()[:-20])
    assert rendered(folder) == "Hello &lt;Ann&gt;"


def test_nothing_is_kept_where_python_keeps_nothing(folder: Path) -> None:
    assert rendered(folder, PYTHONDONTWRITEBYTECODE="1") == "Hello &lt;Ann&gt;"
    assert not (folder / "__pycache__").exists()


def test_an_unknown_name_is_an_error(folder: Path) -> None:
    made = new_environment(
        folder, lambda name: (folder / name).read_text(encoding="utf-8"), autoescape=lambda _: True, finalize=lambda x: x, filters={}
    )
    with pytest.raises(Exception, match="'name' is undefined"):
        made.get_template("page.j2").render()
