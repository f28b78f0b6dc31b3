"""Copies of the input end with their command, or with the next one. (Promise P8.)"""

from __future__ import annotations

import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from runner.errors import RunnerError
from runner.run.places import DistrictPlaces, make_private
from runner.run.work_folder import clear_left_behind, work_folder
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


def test_what_a_link_leads_to_is_not_removed_as_left_behind(places: DistrictPlaces, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "run-of-the-mill").mkdir(parents=True)
    make_private(places.root)
    places.work.symlink_to(elsewhere)
    with pytest.raises(RunnerError, match="is a link"), work_folder(places):
        raise AssertionError
    clear_left_behind(places)
    assert list(elsewhere.iterdir()) == [elsewhere / "run-of-the-mill"]


def test_a_folder_that_others_could_write_to_is_closed_to_them(places: DistrictPlaces) -> None:
    places.work.mkdir(parents=True)
    places.work.chmod(0o777)
    with work_folder(places):
        assert stat.S_IMODE(places.work.stat().st_mode) == 0o755
