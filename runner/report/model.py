"""What a report is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

import polars as pl
from msgspec import Struct, field

# The counts of a run's JSON document, in its order.
COUNTS = (
    *("rows_read", "skipped", "malformed", "records_read", "added", "updated", "transferred", "associated", "unchanged", "deleted"),
    *("duplicate", "refused", "held", "warnings", "inactivated", "reactivated", "removed"),
)

# Undoing and approving are runs too, but no nights to compare a night with.
NIGHTS = ("full", "incremental")

Subject = Literal["patrons", "checkouts", "fines", "holds"]


class PastRun(Struct, frozen=True):
    """One earlier run of the job, for medians and sparklines, newest first."""

    run: str
    status: str
    kind: str
    started_at: datetime
    counts: Mapping[str, int]


class Provenance(Struct, frozen=True):
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


class RunReport(Struct, frozen=True):
    """One run as data. Times are UTC; `zone` names the district's zone for showing them.

    `counts`, `removal`, `held` are those of the run's JSON document. `changes` frames.CHANGES, `values` frames.VALUES (changed fields of
    all but adds), `messages` frames.MESSAGES, `outcomes` frames.OUTCOME_ROWS. `adds`: `ref` and a String column per field of each new
    patron, null is empty (Plan.adds as it is; other columns are ignored; a frame without columns means none).
    `blocked`: what patrons were kept for: `patron`, `site`, `reason` String. `advice`: sentences. `failure`: one sentence for a failed run;
    for a run that is stored, and of which not all could be written, what follows "but".
    `note`: whose word an approval is and on what, or what an undo undoes.
    `summary` is the job's option, errors_and_warnings or all. `timings`: seconds by step. `subject`: what the job loads.
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
    adds: pl.DataFrame = field(default_factory=pl.DataFrame)
    subject: Subject = "patrons"
    note: str | None = None
