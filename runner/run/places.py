"""Where things lie: the folders that people write in and the ones that the machine makes."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from runner.errors import RunnerError, StoreError
from runner.job.model import District

_ELSEWHERE = "move it out of the way, or name another folder with --var"


class DistrictPlaces(Struct, frozen=True):
    """The machine's folders of one district, below `var/<district>/`; every folder is 0700."""

    root: Path

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def work(self) -> Path:
        return self.root / "work"

    @property
    def lines(self) -> Path:
        return self.root / "lines"

    @property
    def key_file(self) -> Path:
        return self.root / "keys" / "fingerprints.key"

    def run_folder(self, run: str) -> Path:
        return self.runs / run

    def store_address(self, district: District) -> Path | str:
        """The embedded store's file, or the address of a database server. Raises RunnerError when a secret cannot be read, StoreError
        where it is no address."""
        given = district.store if isinstance(district.store, str) else district.store.reveal()
        return self.store_at(given, district.path.parent)

    def store_at(self, given: str, folder: Path) -> Path | str:
        """The same for what a district.yaml in `folder` says of its store. Raises StoreError where it is no address."""
        if given == "sqlite":
            return self.root / "patrons.db"
        if given.startswith("sqlite:///"):
            return (folder / given.removeprefix("sqlite:///")).resolve()
        if not given.startswith(("postgresql://", "postgres://")):
            # A reference is followed at the moment of use, so that no schema has seen what it stands for: `host=... password=...`, say.
            # Taken for a path it would become the name of a file, for all to read.
            from runner.store.faults import NO_ADDRESS

            raise StoreError(*NO_ADDRESS, code="store-address")
        return given


class Places(Struct, frozen=True):
    """`jobs` holds what people write, `var` what the machine makes."""

    jobs: Path
    var: Path

    def for_district(self, key: str) -> DistrictPlaces:
        return DistrictPlaces(self.var / key)


def make_private(folder: Path) -> Path:
    """The folder, made with its parents where missing; every folder that this makes is 0700. Raises RunnerError where a link that leads
    nowhere or a file stands in the way, OSError when the disk says no."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        try:
            each.mkdir(mode=0o700, exist_ok=True)
        except (FileExistsError, NotADirectoryError, FileNotFoundError):
            raise _blocked(each) from None
        each.chmod(0o700)
    if not folder.is_dir():
        raise _blocked(folder)
    return folder


def refuse_a_link(folder: Path) -> None:
    """Raises RunnerError where `folder`, of which this program removes what is over, is a link: it may lead to what is somebody else's."""
    if folder.is_symlink():
        text = f"{folder} is a link to {folder.readlink()}, where what this program removes may be somebody else's"
        raise RunnerError(text, "delete the link; a whole district's folder may be one, or name another folder with --var", code="machine")


def close_to_others(folder: Path) -> None:
    """Takes the right to write from others where the folder, a district's or one in it, belongs to this account: whoever has it can put
    another store, key or link in place of ours. One that everybody shares, as /tmp, stays as it is."""
    about = folder.stat()
    if about.st_mode & 0o022 and about.st_uid == os.geteuid() and not about.st_mode & stat.S_ISVTX:
        with suppress(OSError):  # some shares know no modes
            folder.chmod(stat.S_IMODE(about.st_mode) & ~0o022)


def _blocked(folder: Path) -> RunnerError:
    return RunnerError(*in_the_way(folder) or (f"the folder {folder} cannot be made", "name another folder with --var"), code="machine")


def in_the_way(folder: Path) -> tuple[str, str] | None:
    """What stands where the folder or one of its parents should be, and what to do; None where nothing does."""
    for each in (*reversed(folder.parents), folder):
        if each.is_symlink() and not each.exists():
            return f"{each} is a link to {each.readlink()}, which does not exist", "is that disk mounted? Mount it, or put the link right"
        if each.exists() and not each.is_dir():
            return f"{each} is a file, where a folder must be", _ELSEWHERE
    return None
