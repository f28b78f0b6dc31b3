"""Usernames: unique in the district after the whole plan, compared case-folded. (docs/domain.md sections 2 and 4.)"""

from __future__ import annotations

from functools import cache

import polars as pl
from msgspec.structs import replace

from runner.composed import beyond_ascii
from runner.fields import FIELDS
from runner.frames import empty_messages
from runner.plan.barcodes import Standing, going
from runner.plan.case import Case
from runner.plan.contest import CLAIMS, HOLDERS, LOSERS, late_losers, losers
from runner.plan.judged import joined_messages, without
from runner.plan.ownership import may_write

DISABLED = "Inactive-"
_LONGEST = FIELDS["username"].max_length


def disabled_name(name: pl.Expr, number: pl.Expr) -> pl.Expr:
    """What the removal policy makes of a username: the prefix before it, cut so that the whole fits with `number` ("", "-2", "-3", ...)."""
    return (pl.lit(DISABLED) + name).str.slice(0, _LONGEST - number.str.len_chars()) + number


def still_disabled(now: pl.Expr, before: pl.Expr) -> pl.Expr:
    """Whether `now` is still what the policy made of the username `before`, and no name that somebody gave since."""
    number = now.str.extract("(-[0-9]+)$", 1)
    return ((now == disabled_name(before, pl.lit(""))) | (now == disabled_name(before, number)).fill_null(False)).fill_null(False)


def username_key(names: pl.Series) -> pl.Series:
    """The key under which two usernames are the same: Python's `str.casefold` of the composed name, made of columns; null for none.

    polars lowers letters but does not fold them (`ß` stays, where folding gives `ss`), so that what differs is replaced after lowering.
    """
    keys = pl.select(pl.when(names != "").then(names)).to_series().alias("username_key")
    if not beyond_ascii(keys).any():
        return keys.str.to_lowercase()
    letters, folded = _foldings()
    return keys.str.normalize("NFC").str.to_lowercase().str.replace_many(letters, folded)


def settle_usernames(case: Case, standing: Standing) -> tuple[Standing, pl.DataFrame]:
    """The adds and edits with the usernames that they can have, and a message for each that they cannot.

    A held record claims nothing of the others and keeps what its patron had; it is judged on the state that they leave, as its approval
    will be. Adds get their `username_key` too.
    """
    standing = replace(standing, adds=_keyed(standing.adds))
    standing, messages = _without_names(case, standing, _lost(case, standing))
    if case.kept.is_empty():
        return standing, messages
    standing, more = _without_names(case, standing, _lost_by_held(case, standing))
    return standing, joined_messages([messages, more])


def _lost(case: Case, standing: Standing) -> pl.DataFrame:
    """The usernames that records which are not held cannot have: `n`, `taken`, `rival`."""
    adds, edits = without(standing.adds, case.kept), without(standing.edits, case.kept)
    moves = _moves(case, edits)
    claims = _claims(adds, moves)
    outbid = _outbid(case, edits, claims)
    moves, claims = (_less(each, outbid) for each in (moves, claims))
    return _named(losers(claims, _holders(case, standing, claims, moves)), outbid)


def _lost_by_held(case: Case, standing: Standing) -> pl.DataFrame:
    """The same of the held ones. `standing`: what the others keep of theirs."""
    moves = _moves(case, standing.edits)
    claims = _claims(standing.adds, moves)
    held = claims.filter(pl.col("unit").is_in(case.kept["n"].implode()))
    outbid = _outbid(case, standing.edits.join(case.kept, on="n", how="semi"), held)
    moves, claims = (_less(each, outbid) for each in (moves, claims))
    asked = claims.join(held, on="key", how="semi")
    holders = _holders(replace(case, kept=case.kept.clear()), standing, asked, moves)
    return _named(late_losers(asked, holders, case.kept["n"]), outbid)


def _less(frame: pl.DataFrame, outbid: pl.DataFrame) -> pl.DataFrame:
    return frame.join(outbid, on="unit", how="anti", maintain_order="left") if outbid.height else frame


def _named(lost: pl.DataFrame, outbid: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([lost, outbid]).rename({"unit": "n", "key": "taken"})


def _without_names(case: Case, standing: Standing, lost: pl.DataFrame) -> tuple[Standing, pl.DataFrame]:
    """The adds and edits less the usernames that are `lost`, and why."""
    if lost.is_empty():
        return standing, empty_messages()
    adds, edits = standing.adds, standing.edits
    messages = pl.concat([_in_use(adds, lost, case), _in_use_of_edits(edits, lost, case)])
    beaten = pl.col("n").is_in(lost["n"].implode())
    if "username" in adds.columns:
        adds = adds.with_columns(pl.when(~beaten).then(name).alias(name) for name in ("username", "username_key"))
    if "to:username" in edits.columns:
        edits = _without_name(case, edits, beaten)
    return replace(standing, adds=adds, edits=edits), messages


def _keyed(adds: pl.DataFrame) -> pl.DataFrame:
    return adds.with_columns(username_key(adds["username"])) if "username" in adds.columns else adds


def _outbid(case: Case, edits: pl.DataFrame, claims: pl.DataFrame) -> pl.DataFrame:
    """The returning login names that a record of somebody else asks for (contest.LOSERS): such a name is not free, so that it comes back
    to nobody and is no rival of the record."""
    back = edits.filter("back") if "to:username" in edits.columns else edits.clear()
    if back.is_empty():
        return pl.DataFrame(schema=LOSERS)
    units = back.filter((pl.col("to:username") == pl.col("username_before")) & ~_asked(case))["n"]
    returning = pl.col("unit").is_in(units.implode())
    rivals = claims.filter(~returning).select("key", rival="label").sort("rival").unique("key", keep="first", maintain_order=True)
    return claims.filter(returning).join(rivals, on="key").select(*LOSERS)


def _asked(case: Case) -> pl.Expr:
    """Whether the record asks for the name of `to:username`: where the job may not write it, it was only to come back."""
    return (may_write(case, "username") & (pl.col("given:username") == pl.col("to:username"))).fill_null(False)


def _without_name(case: Case, edits: pl.DataFrame, beaten: pl.Expr) -> pl.DataFrame:
    """The edits whose username was lost keep the old one. One that the record asks for was held back, so that it does not count as sent
    (ownership.new_bases); one that was only to come back says nothing of what the record sent."""
    before = pl.col("locked:username") if "locked:username" in edits.columns else pl.lit(False)
    kept = pl.when(beaten).then("was:username").otherwise("to:username")
    return edits.with_columns(kept.alias("to:username"), (before | (beaten & _asked(case))).alias("locked:username"))


def _claims(adds: pl.DataFrame, moves: pl.DataFrame) -> pl.DataFrame:
    asked = moves.filter(pl.col("key").is_not_null()).select(*CLAIMS)
    if "username" not in adds.columns:
        return asked
    claims = adds.select(unit="n", key="username_key", label="patron")
    return pl.concat([claims.filter(pl.col("key").is_not_null()) if claims["key"].has_nulls() else claims, asked])


def _moves(case: Case, edits: pl.DataFrame) -> pl.DataFrame:
    """Edits that change the key of a username: `unit`, `key` (null: the name is cleared), `label`, `at`."""
    if "to:username" not in edits.columns:
        return pl.DataFrame(schema={**CLAIMS, "at": pl.UInt32})
    before = case.snapshot.column("username_key").gather(edits["at"])
    moves = edits.select("at", unit="n", key=username_key(edits["to:username"]), before=before, label="patron")
    return moves.filter(pl.col("key").ne_missing(pl.col("before"))).select("unit", "key", "label", "at")


def _holders(case: Case, standing: Standing, claims: pl.DataFrame, moves: pl.DataFrame) -> pl.DataFrame:
    if claims.is_empty() or case.snapshot.patrons.is_empty():
        return pl.DataFrame(schema=HOLDERS)
    keys = case.snapshot.column("username_key")
    stored = pl.DataFrame({"key": keys}).with_row_index("at").filter(pl.col("key").is_not_null())
    stored = stored.join(claims, on="key", how="semi")
    stored = stored.join(going(case, standing), on="at", how="anti")
    stored = stored.join(moves.filter(pl.col("key").is_null()), on="at", how="anti")
    stored = stored.join(moves.select("at", "unit"), on="at", how="left")
    return stored.select("key", "unit", label=case.snapshot.keys().gather(stored["at"])).select(*HOLDERS)


def _in_use(adds: pl.DataFrame, lost: pl.DataFrame, case: Case) -> pl.DataFrame:
    if "username" not in adds.columns:
        return empty_messages()
    return _message(adds.select("n", "line", "patron", username="username").join(lost, on="n"), case)


def _in_use_of_edits(edits: pl.DataFrame, lost: pl.DataFrame, case: Case) -> pl.DataFrame:
    if "to:username" not in edits.columns:
        return empty_messages()
    beaten = edits.join(lost, on="n").with_columns(username="to:username")
    text = pl.format(
        "The login name {} that this patron had before its inactivation now belongs to patron {}. Give one of them another login name.",
        "username",
        "rival",
    )
    unrestored = beaten.filter(~_asked(case))
    restored = case.tell(unrestored, "login-not-restored", "warning", text, field="username", value=pl.col("username"))
    return pl.concat([_message(beaten.filter(_asked(case)), case), restored])


def _message(beaten: pl.DataFrame, case: Case) -> pl.DataFrame:
    text = pl.format(
        "The username {} belongs to patron {} or is claimed by its record; only the username was left out. Give one of them another.",
        "username",
        "rival",
    )
    return case.tell(beaten, "username-in-use", "warning", text, field="username", value=pl.col("username"))


@cache
def _foldings() -> tuple[list[str], list[str]]:
    """Lower letters that folding still changes, and what it makes of them."""
    pairs = {chr(code): chr(code).casefold() for code in range(0x80, 0x20000) if chr(code).casefold() != chr(code).lower()}
    lowered = {letter.lower(): folded for letter, folded in pairs.items() if len(letter.lower()) == 1}
    return list(lowered), list(lowered.values())
