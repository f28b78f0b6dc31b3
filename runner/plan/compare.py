"""Which matched records could change something: a cheap look at every row, so that only few need a careful one."""

from __future__ import annotations

import polars as pl
from msgspec import Struct

from runner.composed import alike
from runner.plan.case import AUTOASSIGN, KEPT_WHEN_BLANK, SITE_DEFAULTS, Case
from runner.plan.passwords import wanted_mac

# A blank one of these keeps the old value with a message, or becomes the site's default.
_LOOK_WHEN_BLANK = (*KEPT_WHEN_BLANK, *SITE_DEFAULTS)


class Close(Struct, frozen=True):
    """The `rows` that need a careful look, and the mapped `fields` that may change in any of them: the others are as the store has them."""

    rows: pl.DataFrame
    fields: tuple[str, ...]


def differing(case: Case, rows: pl.DataFrame, bases: pl.DataFrame) -> Close:
    """The rows (base records that matched somebody) that differ from the store, or that need a message or a new base."""
    frame = case.frame if rows.height == case.frame.height else case.frame[rows["n"]]
    ids = case.snapshot.column("id").gather(rows["at"])
    touched = frame["barcode_too_long"] | policy_inactivated(case, rows["at"]) | _new_password(case, rows, ids, bases)
    fields: list[str] = []
    for name in case.mapped:
        if case.writes(name) in ("on_create", "never") or name == _key(case, name):
            continue
        differs = _differs(case, name, frame[name], rows["at"])
        if case.writes(name) == "if_source_changed":
            differs = differs | _changed_source(name, frame[name], ids, bases)
        if differs.any():
            touched = touched | differs
            fields.append(name)
    return Close(rows.filter(touched), tuple(fields))


def _key(case: Case, name: str) -> str | None:
    """The field itself when matching says that it is equal. A site may differ where a secondary association matched."""
    return name if name == ("district_id" if case.by_district_id else "barcode") else None


def _differs(case: Case, name: str, given: pl.Series, positions: pl.Series) -> pl.Series:
    was = case.snapshot.column(name).gather(positions)
    blank = (given == "").fill_null(False)
    if not blank.any():
        differs = given.is_not_null() & given.ne_missing(was)
    elif name in _LOOK_WHEN_BLANK:
        return blank | (given.is_not_null() & given.ne_missing(was))
    else:
        differs = (blank & was.is_not_null()) | (~blank & given.is_not_null() & given.ne_missing(was))
    differs = _unless_alike(differs, given, was)
    if name == "barcode" and case.by_district_id:
        return differs & ~((given == AUTOASSIGN).fill_null(False) & was.is_not_null())
    return differs


def policy_inactivated(case: Case, positions: pl.Series) -> pl.Series:
    """Whether each patron (by position in the snapshot) is one whom the removal policy inactivated."""
    patrons = case.snapshot.patrons
    inactivated = (patrons["status"] == "Inactive") & (patrons["status_cause"] == "removal")
    return inactivated.fill_null(False).gather(positions)


def _new_password(case: Case, rows: pl.DataFrame, ids: pl.Series, bases: pl.DataFrame) -> pl.Series:
    if case.macs.is_empty():
        return pl.repeat(False, rows.height, dtype=pl.Boolean, eager=True)
    macs = rows.select("n").join(case.macs, on="n", how="left", maintain_order="left")
    wanted = macs.select(wanted_mac(pl.col("mac"))).to_series()
    another = wanted.ne_missing(case.snapshot.column("password_mac").gather(rows["at"]))
    nameless = case.snapshot.column("username").gather(rows["at"]).is_null()  # it is told every time that a password needs a username
    if case.writes("password") == "if_source_changed":
        another = another | _changed_source("password", macs["mac"], ids, bases)
    return macs["mac"].is_not_null() & (another | nameless)


def _changed_source(name: str, given: pl.Series, ids: pl.Series, bases: pl.DataFrame) -> pl.Series:
    """An `if_source_changed` field needs a careful look wherever its base is missing or another, though the store has the same value."""
    known = bases.filter(pl.col("field") == name).select("patron_id", "base")
    base = ids.to_frame("patron_id").join(known, on="patron_id", how="left", maintain_order="left")["base"]
    return _unless_alike(given.is_not_null() & given.ne_missing(base), given, base)


def _unless_alike(differs: pl.Series, given: pl.Series, was: pl.Series) -> pl.Series:
    """`differs`, but for the same letters in another form."""
    return differs & ~alike(given, was, differs) if differs.any() else differs
