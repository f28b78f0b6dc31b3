"""A tale told twice: the oracle's decisions and the real ones, and where they differ."""

from __future__ import annotations

from collections.abc import Iterator

from tests.oracle.policy import decisions, kept_for_debts
from tests.oracle.policy_drive import decided, told
from tests.oracle.policy_stories import Tale


def differences(tale: Tale) -> list[str]:
    """What differs; empty where both agree."""
    try:
        return list(_differences(tale))
    except Exception as error:  # whatever it raises is a finding
        return [f"raises {type(error).__name__}: {str(error)[:300]}"]


def _differences(tale: Tale) -> Iterator[str]:
    real = decided(tale)
    mine = decisions(tale.borrowers, tale.settings, tale.today, deletions=tale.deletions)
    theirs = told(real.frame)
    by_id = {one.id: one for one in tale.borrowers}
    for number in sorted({*mine, *theirs}):
        one = (mine[number].action, mine[number].rule) if number in mine else None
        if one != theirs.get(number):
            yield f"decision: {one}, the product says {theirs.get(number)}: {by_id[number]} on {tale.today}, {tale.settings}"
    if len(theirs) != real.frame.height:
        yield "somebody gets two decisions"
    kept = kept_for_debts(tale.borrowers, tale.settings, tale.today) if tale.deletions else set()
    blocked = sorted(real.blocked["patron"])
    if blocked != sorted(str(by_id[number].values["district_id"]) for number in kept):
        yield f"kept for debts: {sorted(kept)}, the product says {blocked}"
    if real.frame["reason"].null_count() or real.blocked["reason"].null_count():
        yield "a decision has no reason"
