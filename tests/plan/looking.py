"""The switch over all fast paths, and whom the planner is shown in tests: everybody, or those alone whom the records can concern."""

from __future__ import annotations

import polars as pl
import pytest

from runner.fast_paths import pays
from runner.job.model import Job, PatronProperties
from runner.mapping.records import Records
from runner.plan.narrow import Finder, concerned, narrow

MANY = 1_000_000  # more rows than any test has: the whole store is looked at unless fast paths are forced on


# Shares of lines and of patrons beyond which a run goes the long way: a handful of either is soon beyond them.
SHARES = (
    "runner.intake.survey._MOST_STRANGERS",
    "runner.run.read_patrons._MOST_CONCERNED",
    "runner.run.read_patrons._FEW_RECORDS",
)


def switch(patch: pytest.MonkeyPatch, setting: str) -> None:
    """Forces every fast path on, or off."""
    patch.setenv("RUNNER_FAST_PATHS", setting)
    for share in SHARES if setting == "on" else ():
        patch.setattr(share, 1.0)


def looked_at(job: Job, records: Records, reader: Finder) -> pl.Series | None:
    """What a run would give make_plan as `among` (runner.run.read_patrons), all of `records` being new to it."""
    if not pays(records.frame.height, MANY):
        return None
    assert isinstance(job.properties, PatronProperties)
    ids = concerned(records.frame, reader, by_district_id=job.properties.match_by == "district_id")
    return ids if narrow(job, records) else None
