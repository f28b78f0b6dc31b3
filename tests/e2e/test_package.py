"""What is shipped: the wheel has the schemas and templates inside, and an editable install finds the same."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHIPPED = ("runner", "schemas", "templates", "pyproject.toml", "setup.py", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy to build from, so that nothing is left in the checkout."""
    source = tmp_path_factory.mktemp("source")
    for name in SHIPPED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, source / name)
    return source


@pytest.fixture(scope="module")
def wheel(source: Path) -> Path:
    """The wheel that pip builds without fetching anything."""
    made = source / "dist"
    _run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "-w", str(made), str(source))
    return next(made.glob("*.whl"))


def test_a_wheel_holds_every_module_schema_and_template(wheel: Path, source: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    wanted = {f"runner/{path.relative_to(source / 'runner').as_posix()}" for path in (source / "runner").rglob("*.py")}
    for folder in ("schemas", "templates"):
        files = [path for path in (source / folder).rglob("*") if path.is_file()]
        wanted |= {f"runner/{folder}/{path.relative_to(source / folder).as_posix()}" for path in files}
    assert wanted <= inside


def test_a_wheel_holds_nothing_else(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"runner"}


def test_schemas_and_templates_are_found_from_the_wheel_in_any_folder(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    python = str(tmp_path / "venv" / "bin" / "python")
    _run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel))
    assert _found_by(python, tmp_path) == _found_by(sys.executable, tmp_path)


def _found_by(python: str, folder: Path) -> str:
    program = (
        "from importlib.resources import files\n"
        "for package in ('runner.schemas', 'runner.templates'):\n"
        "    seen = [files(package)]\n"
        "    while seen:\n"
        "        place = seen.pop()\n"
        "        if place.is_file() and '.pyc' not in place.name: print(place.name, len(place.read_bytes()))\n"
        "        elif place.is_dir() and place.name != '__pycache__': seen += sorted(place.iterdir(), key=lambda entry: entry.name)\n"
    )
    found = _run(python, "-c", program, folder=folder)
    assert "job.schema.json" in found
    assert "summary.html.j2" in found
    return found


def _run(*words: str, folder: Path | None = None) -> str:
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
