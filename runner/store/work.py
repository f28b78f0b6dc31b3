"""What the steps of one apply share."""

from __future__ import annotations

import polars as pl
from msgspec import Struct

from runner.plan.model import Plan
from runner.store.commit import Commit
from runner.store.session import Session

UPDATING = ("update", "transfer", "associate", "inactivate", "reactivate")


class Work(Struct, frozen=True):
    """One apply inside its transaction.

    `plan`: the commit's plan less held and moved changes. `now`: the commit's time as the store's text. `run_number`: the run's
    number in the journal. `added`: `ref` UInt32, `patron_id` Int64, the ids given to new patrons, in the order of `plan.adds`.
    `empty`: whether the store had no patron before. `first_change`: the journal id of the first change.
    `former`: of an undo, `patron_id` and the bookkeeping columns to put back ("" empties).
    """

    session: Session
    commit: Commit
    plan: Plan
    now: str
    run_number: int
    added: pl.DataFrame
    empty: bool
    first_change: int
    former: pl.DataFrame | None = None

    def touched(self) -> pl.DataFrame:
        """Existing patrons that are changed and stay: `patron_id`, `version` Int64, one row each."""
        changed = self.plan.changes.filter(pl.col("patron_id").is_not_null() & pl.col("action").is_in(UPDATING))
        gone = self.plan.deletes.select("patron_id")
        return changed.select("patron_id", "version").unique("patron_id", maintain_order=True).join(gone, on="patron_id", how="anti")
