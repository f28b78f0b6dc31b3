"""A plan beside another one of the same file, made later: what of the first the second would not do any more."""

from __future__ import annotations

import polars as pl

from runner.plan.model import Plan

_NUMBERS, _TEXTS = ("patron_id", "version", "line"), ("patron", "action", "cause", "rule", "site")
_SAME = ("held", *_NUMBERS, *_TEXTS)


def no_longer(plan: Plan, now: Plan) -> pl.Series:
    """Patrons (String, as reports name them) of changes of `plan` that `now` does not make, holds where `plan` does not, or makes with
    other values. What is held is compared as well: an approval will do it. What `now` does besides is no matter: it is for another plan.

    A version tells whether a patron's own row moved, and nothing of who else has a key, what it has borrowed, where it was seen, what was
    undone, or whether this is the same store at all: whoever plans anew knows all of that."""
    mine, theirs = (_told(each) for each in (plan, now))
    gone = mine.join(theirs, on=_SAME, how="anti", nulls_equal=True)
    values = [*_SAME, "field", "before", "after"]
    other = _valued(plan, mine).join(_valued(now, theirs), on=values, how="anti", nulls_equal=True)
    return pl.concat([gone["patron"], other["patron"]]).unique().sort()


def baseline_of(plan: Plan, now: Plan) -> pl.Series:
    """The row hashes (UInt64) of the next baseline where `plan` is applied and `now` is what would be done by rights: nothing, so that the
    next incremental looks at every row, where `now` does more; else those that both leave as they should be."""
    mine, theirs = (_told(each) for each in (plan, now))
    if theirs.join(mine, on=_SAME, how="anti", nulls_equal=True).height:
        return plan.applied_hashes.clear()
    return plan.applied_hashes.filter(plan.applied_hashes.is_in(now.applied_hashes.implode()))


def _told(plan: Plan) -> pl.DataFrame:
    """`ref` and _SAME of the changes; words as texts, for a plan may come from a file."""
    texts = (pl.col(name).cast(pl.String) for name in _TEXTS)
    return plan.changes.select("ref", "held", *_NUMBERS, *texts)


def _valued(plan: Plan, changes: pl.DataFrame) -> pl.DataFrame:
    return plan.values.join(changes, on="ref").select(*_SAME, *(pl.col(name).cast(pl.String) for name in ("field", "before", "after")))
