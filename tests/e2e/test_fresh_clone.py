"""The first command of somebody who has just cloned the repository, on a machine with Python and nothing else."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(400), pytest.mark.xdist_group("clone")]


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository's files as they are now, without anything that was made from them."""
    folder = tmp_path_factory.mktemp("clone") / "runner with a space"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="session")
def first_demo(clone: Path) -> str:
    """What `make demo` prints as the very first command."""
    return _make(clone, "demo")


def test_make_alone_says_what_there_is_to_make(clone: Path) -> None:
    told = _make(clone)
    assert all(word in told for word in ("setup", "demo", "test", "check", "plan", "run", "serve", "bench", "lint", "docs"))
    assert not (clone / ".venv").exists()


def test_make_demo_as_the_first_command_shows_both_nights(clone: Path, first_demo: str) -> None:
    pages = [line for line in first_demo.splitlines() if line.endswith("summary.html")]
    assert len(pages) == 10
    assert all((clone / page).is_file() for page in pages), pages


def test_the_second_night_shows_leavers_and_something_held(first_demo: str) -> None:
    second = first_demo.split("Second night")[1]
    students = next(line for line in second.splitlines() if line.strip().startswith("demo/students"))
    for outcome in ("added", "updated", "transferred", "deleted", "refused", "inactivated", "removed"):
        assert re.search(rf"[1-9][0-9,]* {outcome}\b", students), (outcome, students)
    staff = next(line for line in second.splitlines() if line.strip().startswith("demo/staff"))
    assert re.search(r"\d held", staff), staff


@pytest.mark.usefixtures("first_demo")
def test_make_demo_again_tells_the_same_and_spares_other_districts(clone: Path, first_demo: str) -> None:
    other = clone / "var" / "springfield"
    other.mkdir()
    (other / "patrons.db").write_text("somebody's")
    again = _make(clone, "demo")
    assert _counts(again) == _counts(first_demo)
    assert (other / "patrons.db").read_text() == "somebody's"


@pytest.mark.usefixtures("first_demo")
def test_make_check_and_make_plan_work_in_a_clone(clone: Path) -> None:
    assert "0 errors" in _make(clone, "check")
    assert "demo/students" in _make(clone, "plan", "JOB=demo/students")


def test_an_old_python_is_told_so_in_words(clone: Path, tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2" && exit 0\nexit 1\n')
    old.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", clone / "deploy" / "make_venv.sh", tmp_path / "venv"],
        env={"PATH": f"{tmp_path}:/nowhere", "PYTHON": "python3"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert "needs Python 3.11 or newer, and this machine has Python 3.9.2" in done.stderr


def test_a_python_without_venv_is_told_so_in_words(clone: Path, tmp_path: Path) -> None:
    bare = tmp_path / "python3"
    bare.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.11.2" && exit 0\ncase "$2" in *ensurepip*) exit 1;; esac\nexit 0\n')
    bare.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", clone / "deploy" / "make_venv.sh", tmp_path / "venv"],
        env={"PATH": f"{tmp_path}:/nowhere", "PYTHON": "python3"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert "apt install python3-venv" in done.stderr


def _make(folder: Path, *words: str) -> str:
    """What a make target prints, in a shell that knows nothing of this one's virtual environment."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("RUNNER_", "VIRTUAL_ENV", "MAKE", "PYTHON"))}
    python = f"PYTHON={Path(sys.base_prefix) / 'bin' / 'python3'}"
    done = subprocess.run(["make", *words, python], cwd=folder, env=inherited, capture_output=True, text=True, timeout=380, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _counts(told: str) -> list[str]:
    return [line for line in told.splitlines() if line.strip().startswith("demo/")]
