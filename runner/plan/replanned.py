"""A plan beside another one of the same file, made later: what of the first the second would not do any more."""

from __future__ import annotations

import polars as pl

from runner.plan.model import Plan

_NUMBERS, _TEXTS = ("patron_id", "version", "line"), ("patron", "action", "cause", "rule", "site")
_SAME = (*_NUMBERS, *_TEXTS)


def no_longer(plan: Plan, now: Plan) -> pl.Series:
    """Patrons (String, as reports name them) of changes of `plan` that are not held and that `now` does not make, holds, or makes with
    other values. What `now` does besides is no matter: it is for another plan.

    A version tells whether a patron's own row moved, and nothing of who else has a key, what it has borrowed, where it was seen, what was
    undone, or whether this is the same store at all: whoever plans anew knows all of that."""
    mine, theirs = (_told(each) for each in (plan, now))
    gone = mine.join(theirs, on=_SAME, how="anti", nulls_equal=True)
    values = [*_SAME, "field", "before", "after"]
    other = _valued(plan, mine).join(_valued(now, theirs), on=values, how="anti", nulls_equal=True)
    return pl.concat([gone["patron"], other["patron"]]).unique().sort()


def _told(plan: Plan) -> pl.DataFrame:
    """`ref` and _SAME of the changes that are not held; words as texts, for a plan may come from a file."""
    texts = (pl.col(name).cast(pl.String) for name in _TEXTS)
    return plan.changes.filter(~pl.col("held")).select("ref", *_NUMBERS, *texts)


def _valued(plan: Plan, changes: pl.DataFrame) -> pl.DataFrame:
    return plan.values.join(changes, on="ref").select(*_SAME, *(pl.col(name).cast(pl.String) for name in ("field", "before", "after")))
