"""Patrons that the file asks to delete. (docs/domain.md sections 4 and 10.)"""

from __future__ import annotations

import polars as pl

from runner.plan.case import Case
from runner.plan.judged import Judged, fate, joined_fates, joined_messages, without


def judge_deletions(case: Case, rows: pl.DataFrame) -> Judged:
    """The patrons to delete: `n`, `line`, `patron`, `at`, `patron_id`, `version`. `rows`: the records with the role delete."""
    absent = rows.filter(pl.col("at").is_null())
    found = rows.filter(pl.col("at").is_not_null())
    stored = case.snapshot.patrons.select(patron_id="id", version="version")
    found = found.select("n", "line", "patron", "at").hstack(stored[found["at"]])
    barred, why = _barred(case, found)
    not_found = case.tell(absent, "delete-not-found", "note", "There is no such patron, so that nothing had to be deleted.")
    fates = joined_fates([fate(absent, "unchanged"), fate(barred, "refused")])
    return Judged(without(found, barred), fates, joined_messages([not_found, why]))


def _barred(case: Case, found: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    if found.is_empty():
        return found, joined_messages([])
    if not case.circulation_good:
        text = "Whether this patron has checkouts, fines or holds is not known: load the circulation tables, and it is tried again."
        return found, case.tell(found, "delete-has-transactions", "refused", text)
    if case.job.options.allow_delete_with_transactions:
        return found.clear(), joined_messages([])
    owing = found.join(case.reader.transactions(), on="patron_id", how="semi", maintain_order="left")
    text = "The patron has checkouts, fines, refunds or holds. Settle them first, or set options.allow_delete_with_transactions: true."
    return owing, case.tell(owing, "delete-has-transactions", "refused", text)
