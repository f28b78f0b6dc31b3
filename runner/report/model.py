"""What a report is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl


@dataclass(frozen=True, slots=True)
class PastRun:
    """One earlier run of the job, for medians and sparklines, newest first."""

    run: str
    status: str
    kind: str
    started_at: datetime
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Provenance:
    """What ran: file hashes, commit, versions. `commit` is None outside a repository; it ends in "+" where the tree was changed."""

    job_sha256: str
    district_sha256: str
    commit: str | None
    input_name: str
    input_sha256: str | None
    input_size: int | None
    input_modified: datetime | None
    versions: Mapping[str, str]
    user: str
    host: str


@dataclass(frozen=True, slots=True)
class RunReport:
    """One run as data. Times are UTC; `zone` names the district's zone for showing them.

    `counts`, `removal`, `held` are those of the run's JSON document. `changes` frames.CHANGES, `values` frames.VALUES (adds' values included when
    `add_values` is True), `messages` frames.MESSAGES, `outcomes` frames.OUTCOME_ROWS.
    `blocked`: what patrons were kept for: `patron`, `site`, `reason` String. `advice`: sentences. `failure`: one sentence for a failed run.
    """

    run: str
    job: str
    district_name: str
    description: str
    zone: str
    kind: str
    compared_as: str
    status: str
    started_at: datetime
    finished_at: datetime | None
    clock_fixed: bool
    counts: Mapping[str, int]
    removal: Mapping[str, object] | None
    held: Sequence[Mapping[str, object]]
    messages: pl.DataFrame
    changes: pl.DataFrame
    values: pl.DataFrame
    outcomes: pl.DataFrame
    blocked: pl.DataFrame
    history: Sequence[PastRun]
    provenance: Provenance
    show_values: bool
    summary: str
    advice: Sequence[str]
    failure: str | None
    timings: Mapping[str, float]
