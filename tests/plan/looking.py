"""Whom the planner is shown in tests: everybody, or, with every fast path forced on, those alone whom the records can concern."""

from __future__ import annotations

import polars as pl

from runner.fast_paths import pays
from runner.job.model import Job, PatronProperties
from runner.mapping.records import Records
from runner.plan.narrow import Finder, concerned, narrow

MANY = 1_000_000  # more rows than any test has: the whole store is looked at unless fast paths are forced on


def looked_at(job: Job, records: Records, reader: Finder) -> pl.Series | None:
    """What a run would give make_plan as `among` (runner.run.read_patrons), all of `records` being new to it."""
    if not pays(records.frame.height, MANY):
        return None
    assert isinstance(job.properties, PatronProperties)
    ids = concerned(records.frame, reader, by_district_id=job.properties.match_by == "district_id")
    return ids if narrow(job, records) else None
