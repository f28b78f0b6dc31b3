"""The last version of a job that could be used, kept so that a broken edit does not stop the nightly run.

One file per job, `var/<district>/last-good/<job>.json`, holds the job file and its district's as they were, so that the two always
belong together. Paths inside them go on to mean the place of the original file.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

from runner.errors import NotFound
from runner.job.folders import DISTRICT_FILE
from runner.job.hashes import content_hash
from runner.job.load import load_kept
from runner.job.model import Job
from runner.report.write import write_files
from runner.run.places import DistrictPlaces


def keep_last_good(job: Job, places: DistrictPlaces) -> None:
    """Keeps the job's two files where they are new, unless an edit has come in between. Raises OSError."""
    raws = {job.path: job.sha256, job.district.path: job.district.sha256}
    kept = _kept(places, job.name)
    if kept.is_file() and _hashes(kept) == list(raws.values()):
        return
    contents = [path.read_bytes() for path in raws]
    if [content_hash(raw) for raw in contents] != list(raws.values()):
        return  # edited meanwhile: the next look at the folder decides about it
    job_raw, district_raw = (base64.b64encode(raw).decode("ascii") for raw in contents)
    document = {"path": str(job.path), "job": job_raw, "district": district_raw, "hashes": list(raws.values())}
    write_files(kept.parent, {kept.name: json.dumps(document)})


def load_last_good(places: DistrictPlaces, name: str, *, must_resolve: bool = True) -> Job:
    """The job as it last could be used; with `must_resolve` only where its references can be followed now.

    Raises NotFound where none was kept, InvalidFiles where even that cannot be used now."""
    kept = _kept(places, name)
    try:
        document = json.loads(kept.read_text("utf-8"))
        path, job, district = Path(document["path"]), base64.b64decode(document["job"]), base64.b64decode(document["district"])
    except (OSError, ValueError, KeyError, TypeError):
        raise NotFound(f"no good version of {places.root.name}/{name} was kept", "put its file right: `runner check`") from None
    return load_kept(path, job, path.parent / DISTRICT_FILE, district, must_resolve=must_resolve)


def kept_jobs(places: DistrictPlaces) -> Iterator[tuple[str, Path]]:
    """Every job that has a version kept: its name and the job file that it came from."""
    for kept in sorted((places.root / "last-good").glob("*.json")):
        try:
            yield kept.stem, Path(json.loads(kept.read_text("utf-8"))["path"])
        except (OSError, ValueError, KeyError, TypeError):
            continue


def is_gone(path: Path) -> bool:
    """Whether a job's file is no more. One in a folder that may not be looked into is not gone."""
    try:
        path.stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False


def forget_last_good(places: DistrictPlaces, name: str) -> None:
    """Drops the version kept of a job whose file is gone."""
    _kept(places, name).unlink(missing_ok=True)


def _kept(places: DistrictPlaces, name: str) -> Path:
    return places.root / "last-good" / f"{name}.json"


def _hashes(kept: Path) -> object:
    try:
        return json.loads(kept.read_text("utf-8"))["hashes"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
