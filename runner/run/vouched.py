"""The marks of job files that were found without any problem, kept between runs: `var/<district>/checked.json`. (runner.job.vouched)"""

from __future__ import annotations

import json
from contextlib import suppress

from runner.errors import RunnerError
from runner.job.vouched import Vouched
from runner.report.write import write_files
from runner.run.places import DistrictPlaces, make_private

_NAME = "checked.json"


def read_vouched(places: DistrictPlaces) -> Vouched:
    """What is known of the district's files; nothing where nothing can be read."""
    try:
        return Vouched(frozenset(json.loads((places.root / _NAME).read_text("utf-8"))))
    except (OSError, ValueError, TypeError):
        return Vouched()


def keep_vouched(places: DistrictPlaces, vouched: Vouched) -> None:
    """Keeps the marks of the files that were read now, where they are others. A disk that says no costs the next run some time."""
    if vouched.found != vouched.known:
        with suppress(OSError, RunnerError):
            write_files(make_private(places.root), {_NAME: json.dumps(sorted(vouched.found))})
