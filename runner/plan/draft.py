"""The changes that the records ask for, before anybody contests a barcode or a username."""

from __future__ import annotations

import polars as pl
from msgspec import Struct
from msgspec.structs import replace

from runner.frames import POSSIBLE_DUPLICATE
from runner.plan.adds import judge_adds, twin_messages, twins
from runner.plan.associations import at_home, judge_associations, stranded
from runner.plan.barcodes import Standing
from runner.plan.case import Case
from runner.plan.compare import differing, policy_inactivated
from runner.plan.deletions import judge_deletions
from runner.plan.edits import judge_edits
from runner.plan.judged import fate, joined_fates, joined_messages, without
from runner.plan.ownership import bases


class Draft(Struct, frozen=True):
    """`case` with every record that is held; what stands so far; `fates` of the records that do not; `messages`. `suspects` are the adds
    with a twin: `line`, `patron`, `twin`, told only of those that are added or held in the end."""

    case: Case
    standing: Standing
    fates: pl.DataFrame
    messages: pl.DataFrame
    suspects: pl.DataFrame


def draft(case: Case, rows: pl.DataFrame) -> Draft:
    """What the records (runner.plan.roles) ask for."""
    matched = pl.col("at").is_not_null()
    adds = judge_adds(case, rows.filter((pl.col("role") == "base") & ~matched))
    suspects = twins(case, adds.frame)
    if case.properties.on_possible_duplicate == "hold":
        case = _held(case, suspects.select("n", guard=pl.lit(POSSIBLE_DUPLICATE)))
    known = bases(case)
    links = judge_associations(case, rows.filter(pl.col("role") == "associate"), adds.fates)
    close = differing(case, rows.filter((pl.col("role") == "base") & matched), known)
    edits = judge_edits(case, replace(close, rows=_with_returning(case, close.rows, rows, links.frame)), known)
    deletes = judge_deletions(case, rows.filter(pl.col("role") == "delete"))
    moves = edits.frame.filter("moves")
    left, why = stranded(case, links.frame, moves)
    steps = (adds, edits, links, deletes)
    return Draft(
        case=_held(case, _held_with_others(case, links.frame, moves)),
        standing=Standing(adds.frame, edits.frame, without(links.frame, left), deletes.frame),
        fates=joined_fates([*(step.fates for step in steps), fate(left, "refused")]),
        messages=joined_messages([*(step.messages for step in steps), why]),
        suspects=suspects,
    )


def _with_returning(case: Case, close: pl.DataFrame, rows: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """`close`, and the associations that bring back a patron whom the policy inactivated, where the file has no other row about it. Of
    several the one at the first site by name does."""
    back = links.drop_nulls("at").filter(policy_inactivated(case, links["at"].drop_nulls()))
    if back.is_empty():
        return close
    others = rows.filter(pl.col("role").is_in(["base", "delete"]))
    alone = back.join(others, on="at", how="anti").sort("to:site").unique("at", keep="first", maintain_order=True)
    return pl.concat([close, rows.join(alone, on="n", how="semi")]).sort("n")


def suspicions(drafted: Draft, standing: Standing) -> pl.DataFrame:
    """The messages about possible duplicates among the adds that still stand."""
    return twin_messages(drafted.case, drafted.suspects.join(standing.adds.select("n"), on="n", how="semi"))


def _held_with_others(case: Case, links: pl.DataFrame, moves: pl.DataFrame) -> pl.DataFrame:
    """The associations that can only be made with a record that is held: their patron's add, or the transfer that leaves their site."""
    owned = links.join(case.kept.rename({"n": "owner"}), on="owner").select("n", "guard")
    staying = moves.join(case.kept, on="n").select("at", "guard")
    return pl.concat([owned, at_home(case, links).join(staying, on="at").select("n", "guard")])


def _held(case: Case, more: pl.DataFrame) -> Case:
    """The case with more held records; a record keeps the first guard that holds it."""
    if more.is_empty():
        return case
    return replace(case, kept=pl.concat([case.kept, more]).unique("n", keep="first", maintain_order=True))
