"""What one transaction is to write, and what it did."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Literal

import polars as pl
from msgspec import Struct, field

from runner.intake.rows import InputHistory
from runner.plan.model import Plan

HASHES = pl.Schema({"ref": pl.UInt32, "password_hash": pl.String, "password_mac": pl.String})
UNDONE = pl.Schema({"patron": pl.String, "action": pl.String, "field": pl.String, "after": pl.String})
TRANSACTIONS = pl.Schema({"patron_id": pl.Int64, "transactions": pl.String})
MOVED = pl.Schema({"ref": pl.UInt32, "patron_id": pl.Int64, "patron": pl.String, "line": pl.UInt32})


class RanOn(Struct, frozen=True):
    """What a run was made of: its input as people know it, that file's SHA-256 (hex), size in bytes and time, and the commit of the job's
    folder, None where it is in no repository."""

    input_name: str
    input_sha256: str
    input_size: int
    input_modified: datetime
    source_commit: str | None


class RunEnd(Struct, frozen=True):
    """A run's last row. `counts`, `removal` and `held` are those of the run's JSON document; `note` is one sentence; `ran_on` is None for a
    run that read no input, or none to its end."""

    status: str
    finished_at: datetime
    counts: Mapping[str, int] | None = None
    removal: Mapping[str, object] | None = None
    held: tuple[Mapping[str, object], ...] = ()
    note: str | None = None
    compared_as: str | None = None
    ran_on: RanOn | None = None


class Written(Struct, frozen=True):
    """What a transaction writes: `plan` as applied; `added`: `ref`, `patron_id` of the patrons added;
    `versions`: `patron_id`, `version` Int64 of the patrons changed, as they will be; `moved`: lines of records that were left out."""

    plan: Plan
    added: pl.DataFrame
    versions: pl.DataFrame
    moved: pl.Series


class Former(Struct, frozen=True):
    """What is known of a baseline without reading it. `hashes`: UInt64, the row hashes that it was made of, each as often as it was
    given; `gone`: those of them that are not the last `again` of the plan's applied hashes; the others are these."""

    hashes: pl.Series
    gone: pl.Series
    again: int


class JobState(Struct, frozen=True):
    """What a job remembers for its next run.

    `baseline`: "replace" it with the plan's applied hashes, "extend" it by them (an approval), or "keep" it.
    `row_hashes` gives `line` UInt32, `row_hash` UInt64 of this run's records, so that those of patrons left out as moved can be taken out
    again; asked only then.
    `lines` is called beside the transaction, by another thread, and gives what to note of the input's lines for Reader.lines_note (None:
    nothing); without it the former note stays. `seen_at`: when the plan's seen patrons were seen; None leaves what was seen as it is.
    `input`: None keeps the former history. `former` is called beside the transaction too; None where the baseline has to be read.
    """

    job: str
    fingerprint: str
    hash_version: str
    row_hashes: Callable[[], pl.DataFrame]
    seen_at: datetime | None
    input: InputHistory | None
    baseline: Literal["replace", "extend", "keep"] = "replace"
    lines: Callable[[Written], str | None] | None = None
    former: Callable[[], Former] | None = None


class Applied(Struct, frozen=True):
    """`moved`: the changes that were left out because their patron moved between plan and apply (MOVED); `plan`: what was applied.

    `added`: `ref` UInt32, `patron_id` Int64 of the patrons added. `run_number`: the run's number in the journal.
    """

    plan: Plan
    moved: pl.DataFrame
    added: pl.DataFrame
    run_number: int


class Commit(Struct, frozen=True, kw_only=True):
    """Everything that one run writes in its one transaction.

    `run_id` was given to Store.start_run. Held changes in `plan` are never applied. `hashes`: HASHES, made outside the transaction.
    `on_moved`: "refuse" the whole commit (PlanStale), or "leave_out" the moved patrons. `end` gives the run's last row from the plan as
    applied and the changes left out (MOVED). `other_runs`: last rows of runs that this one supersedes or approves, by id.
    `approves`: the run whose held actions this commit applies. `allowed_again`: UNDONE rows of `job_state.job` that were approved.
    `transactions`: TRANSACTIONS as they were when the plan was made; a patron whose transactions are others now has moved.
    `also_moved`: Int64 ids of patrons of whom the committer knows that they have. `today`: the
    district's date, by which staff locks are in force (None: that of `now` in UTC); whoever has a field locked that the plan changes moved.
    `before_statement` is called with each statement's SQL (tests put faults there).
    """

    run_id: str
    plan: Plan
    now: datetime
    on_moved: Literal["refuse", "leave_out"]
    end: Callable[[Plan, pl.DataFrame], RunEnd]
    job_state: JobState | None = None
    hashes: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=HASHES))
    other_runs: Mapping[str, RunEnd] = field(default_factory=dict)
    approves: str | None = None
    allowed_again: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=UNDONE))
    transactions: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=TRANSACTIONS))
    also_moved: pl.Series = field(default_factory=lambda: pl.Series("patron_id", [], dtype=pl.Int64))
    today: date | None = None
    before_statement: Callable[[str], None] | None = None
