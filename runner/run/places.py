"""Where things lie: the folders that people write in and the ones that the machine makes."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from runner.job.model import District


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
        """The embedded store's file, or the address of a database server. Raises RunnerError when a secret cannot be read."""
        given = district.store if isinstance(district.store, str) else district.store.reveal()
        return self.store_at(given, district.path.parent)

    def store_at(self, given: str, folder: Path) -> Path | str:
        """The same for what a district.yaml in `folder` says of its store."""
        if given == "sqlite":
            return self.root / "patrons.db"
        if given.startswith("sqlite:///"):
            return (folder / given.removeprefix("sqlite:///")).resolve()
        return given


class Places(Struct, frozen=True):
    """`jobs` holds what people write, `var` what the machine makes."""

    jobs: Path
    var: Path

    def for_district(self, key: str) -> DistrictPlaces:
        return DistrictPlaces(self.var / key)


def make_private(folder: Path) -> Path:
    """The folder, made with its parents where missing; every folder that this makes is 0700."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)
        each.chmod(0o700)
    return folder
