"""Copies of the input end with their command, or with the next one. (Promise P8.)"""

from __future__ import annotations

import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from runner.run.places import DistrictPlaces
from runner.run.work_folder import work_folder
from tests.promises.crowd import ROOT

_HOLDER = (
    "import sys\nfrom pathlib import Path\nfrom runner.run.places import DistrictPlaces\nfrom runner.run.work_folder import work_folder\n"
    "with work_folder(DistrictPlaces(Path(sys.argv[1]))) as folder:\n"
    "    (folder / 'input.raw').write_text('987-65-4320')\n    print(folder, flush=True)\n    sys.stdin.read()\n"
)


def holder(places: DistrictPlaces) -> tuple[subprocess.Popen[str], Path]:
    """A process that works in a folder of its own, and that folder."""
    command = [sys.executable, "-c", _HOLDER, str(places.root)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


@pytest.fixture
def places(tmp_path: Path) -> DistrictPlaces:
    return DistrictPlaces(tmp_path / "var" / "town")


def test_what_a_killed_command_left_is_removed_by_the_next(places: DistrictPlaces) -> None:
    process, left = holder(places)
    process.kill()
    process.communicate()
    assert (left / "input.raw").exists()
    with work_folder(places) as mine:
        assert list(places.work.iterdir()) == [mine]
    assert list(places.work.iterdir()) == []


def test_what_another_command_works_in_is_left_alone(places: DistrictPlaces) -> None:
    process, theirs = holder(places)
    with work_folder(places) as mine:
        assert {mine, theirs} == set(places.work.iterdir())
        assert (theirs / "input.raw").exists()
    process.communicate("")
    assert list(places.work.iterdir()) == []


def test_a_folder_is_private_and_goes_though_the_work_fails(places: DistrictPlaces) -> None:
    with suppress(ValueError), work_folder(places) as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        raise ValueError
    assert list(places.work.iterdir()) == []
