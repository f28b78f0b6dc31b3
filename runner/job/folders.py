"""Where jobs may lie: the districts' folders below a jobs folder, and the files in them that are a job's or the district's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

DISTRICT_FILE = "district.yaml"
_MISTAKEN = "district.yml"  # what people write for it
_ENDINGS = (".yaml", ".yml")
_OF_THE_DISK = "lost+found"  # root's own folder at the top of a disk


def without_dots(folder: Path) -> Path:
    """The same folder, where it is named by `.` or `..`: what it is called and what lies beside it can be read off the name then."""
    return folder.resolve() if not folder.name or ".." in folder.parts else folder


def district_key(folder: Path) -> str:
    """What the district in this folder is called wherever jobs are named."""
    return without_dots(folder).name


def district_folders(root: Path) -> list[Path]:
    """The folders below the jobs folder that are meant to be districts', by name. Raises OSError where it cannot be looked into."""
    return [path for path in sorted(root.iterdir()) if _may_be_districts(path) and path.is_dir() and is_districts(path)]


def is_districts(folder: Path) -> bool:
    """Whether the folder is meant to be a district's; one that may not be looked into may be."""
    return is_closed(folder) or (folder / DISTRICT_FILE).exists() or bool(job_files(folder) or not_read(folder))


def is_closed(folder: Path) -> bool:
    """Whether it is there and this account may not look into it."""
    return folder.exists() and not os.access(folder, os.R_OK | os.X_OK)


def job_files(folder: Path) -> list[Path]:
    """The job files of a district's folder, by name: no district.yaml, no examples, no dot files, nothing an editor left behind. Of a
    folder that is closed none; raises OSError where there is no such folder."""
    return sorted(path for path in _inside(folder) if _is_job_file(path))


def not_read(folder: Path) -> list[Path]:
    """Files that somebody may take for a job's or the district's, and that are neither: `students.YAML`, `students.yaml.txt`,
    `district.yml`."""
    named = [path for path in sorted(_inside(folder)) if meant_as(path) != path.name or path.name == _MISTAKEN]
    return [path for path in named if not _is_left_behind(path.name) and not path.is_dir()]


def meant_as(path: Path) -> str:
    """The name that a file of a district's folder was meant to have: an ending in capitals, or one behind it that editors add."""
    stem = path.name[:-4] if path.name.casefold().endswith(tuple(f"{ending}.txt" for ending in _ENDINGS)) else path.name
    named = Path(stem)
    if named.suffix.casefold() not in _ENDINGS or (named.name == path.name and named.suffix in _ENDINGS):
        return path.name
    return f"{named.stem}.yaml"


def may_be_jobs(root: Path) -> Iterator[Path]:
    """Every file below the jobs folder that may be a job's or a district's. What is gone, or cannot be looked into, has none."""
    for folder in filter(_may_be_districts, _seen_in(root)):
        yield from (path for path in _seen_in(folder) if path.suffix in _ENDINGS and not _is_left_behind(path.name))


def names_a_file(word: str) -> bool:
    """Whether somebody who types this means a file, and no job or district by its name."""
    return word.endswith(_ENDINGS)


def _may_be_districts(folder: Path) -> bool:
    return not folder.name.startswith(".") and folder.name != _OF_THE_DISK


def _inside(folder: Path) -> list[Path]:
    return [] if is_closed(folder) else list(folder.iterdir())


def _seen_in(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:  # no folder, or none that may be looked into
        return []


def _is_job_file(path: Path) -> bool:
    name = path.name
    if not name.endswith(_ENDINGS) or _is_left_behind(name) or path.stem.endswith("_test"):
        return False
    return name not in (DISTRICT_FILE, _MISTAKEN) and not path.is_dir()


def _is_left_behind(name: str) -> bool:
    """Whether the name is that of a dot file, or of what an editor leaves behind."""
    return name.startswith((".", "#", "~"))
