"""Who may write a field: the job's `write`, and staff locks. (docs/domain.md section 3.)

Columns of an edit: `given:F` what the record says (three states), `was:F` what the store has, `stand:F` what stays where the record does
not write (the store's value, or what comes back with a reactivation or a promoted association), `to:F` what the plan leaves.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from runner.mapping.fingerprint import field_fingerprint
from runner.plan.case import AUTOASSIGN, KEPT_WHEN_BLANK, Case
from runner.plan.judged import joined_messages
from runner.plan.reader import Reader


def owned(case: Case, name: str, wanted: pl.Expr) -> pl.Expr:
    """`wanted` where the job may write the field, else what stands."""
    return pl.when(_writes(case, name, wanted)).then(wanted).otherwise(f"stand:{name}")


def may_write(case: Case, name: str) -> pl.Expr:
    """Whether the job would write a given value of the field at all: what messages about blank values depend on."""
    match case.writes(name):
        case "always":
            return pl.lit(True)
        case "if_empty":
            return _stored(name).is_null()
        case "if_source_changed":
            return _source_changed(name) | _baseless(name)
        case _:
            return pl.lit(False)


def bases(case: Case) -> pl.DataFrame:
    """The valid bases of `if_source_changed`: `patron_id`, `field`, `base` (a blank one is "")."""
    prints = {name: field_fingerprint(case.job, field) for name, field in case.maps.items() if field.write == "if_source_changed"}
    if not prints:
        return pl.DataFrame(schema={"patron_id": pl.Int64, "field": pl.String, "base": pl.String})
    now = pl.DataFrame({"field": list(prints), "fingerprint": list(prints.values())}, schema={"field": pl.String, "fingerprint": pl.String})
    sent = case.reader.sent(case.job.key).join(now, on=["field", "fingerprint"], how="semi")
    return sent.select("patron_id", "field", base=pl.col("value").fill_null(""))


def with_base(edits: pl.DataFrame, known: pl.DataFrame, name: str) -> pl.DataFrame:
    """The edits with `base:F`, null where there is none."""
    own = known.filter(pl.col("field") == name).select("patron_id", pl.col("base").alias(f"base:{name}"))
    return edits.join(own, on="patron_id", how="left", maintain_order="left")


def staff_edits_kept(case: Case, edits: pl.DataFrame, name: str) -> pl.DataFrame:
    """Notes for values that differ from the store's while there is no base to tell who changed them. What would not be written in any
    case (a blank last name, barcode or status; `autoassign`) is no such value."""
    given, stored = pl.col(f"given:{name}"), _stored(name)
    text = (
        "The store has another value, and none that this job sent under its present mapping is known, so that the store's was taken for a "
        "staff edit and kept. It is written when the source changes."
    )
    differs = given.is_not_null() & _baseless(name) & stored.is_not_null() & pl.when(given != "").then(given).ne_missing(stored)
    if name in KEPT_WHEN_BLANK:
        differs &= (given != "") & ((given != AUTOASSIGN) | pl.lit(name != "barcode"))
    return _kept(case, edits.filter(differs), name, text)


def inactive_kept(case: Case, edits: pl.DataFrame) -> pl.DataFrame:
    """Notes for patrons that staff inactivated and that only a filled status Active opens again."""
    return _kept(case, edits, "status", "Staff inactivated this patron; only the status Active from the file opens it again.")


def _kept(case: Case, rows: pl.DataFrame, name: str, text: str) -> pl.DataFrame:
    return case.tell(rows, "staff-edit-kept", "note", text, field=name, value=pl.col(f"given:{name}"))


def new_bases(case: Case, edits: pl.DataFrame) -> pl.DataFrame:
    """The bases that this plan sets, once the edits are final: `n`, `patron_id`, `field`, `value`, `fingerprint`.

    A field that a staff lock held back, or a username that somebody else has, keeps its old base, so that it is written once it can be.
    """
    parts = [pl.DataFrame(schema={"n": pl.UInt32, "patron_id": pl.Int64, "field": pl.String, "value": pl.String, "fingerprint": pl.String})]
    for name, field in case.maps.items():
        if field.write != "if_source_changed" or f"given:{name}" not in edits.columns:
            continue
        given = pl.col(f"given:{name}")
        held_back = pl.col(f"locked:{name}") if f"locked:{name}" in edits.columns else pl.lit(False)
        sent = edits.filter(given.is_not_null() & given.ne_missing(pl.col(f"base:{name}")) & ~held_back)
        fingerprint = pl.lit(field_fingerprint(case.job, field))
        parts.append(sent.select("n", "patron_id", field=pl.lit(name), value=given, fingerprint=fingerprint))
    return pl.concat(parts)


def locks_in_force(reader: Reader, today: date) -> pl.DataFrame:
    """The staff locks on the local date `today`: `patron_id`, `field`, `reason`, `owner`, `until` (Date), each field of a patron once."""
    return in_force(reader.locks(), today).unique(["patron_id", "field"], keep="first", maintain_order=True)


def in_force(locks: pl.DataFrame, today: date) -> pl.DataFrame:
    """Those of `locks` (`until` Date) that hold on `today`: a lock holds through its last day."""
    return locks.filter(pl.col("until").is_null() | (pl.col("until") >= today))


def locked_words(name: pl.Expr) -> pl.Expr:
    """Who locked the field `name`, until when and why: the beginning of a sentence. Asks for `reason`, `owner`, `until`."""
    ends = pl.when(pl.col("until").is_null()).then(pl.lit("until it is unlocked")).otherwise(pl.format("until {}", "until"))
    owner, reason = pl.col("owner").fill_null("staff"), pl.col("reason").fill_null("no reason given")
    return pl.format("{} is locked by {} {} ({})", name, owner, ends, reason)


class Locks:
    """The staff locks in force on the run's local date."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._active = locks_in_force(case.reader, case.district.today(case.now))
        self.fields = set(self._active["field"].unique())
        self._notes: list[pl.DataFrame] = []

    def hold_back(self, edits: pl.DataFrame, name: str) -> pl.DataFrame:
        """The edits with a locked field as it was, `locked:F` where that held something back."""
        if name not in self.fields or edits.is_empty():
            return edits
        locks = self._active.filter(pl.col("field") == name)
        changes = pl.col(f"to:{name}").ne_missing(pl.col(f"was:{name}"))
        if name == "barcode":
            changes |= pl.col("number")
        locked = pl.col("patron_id").is_in(locks["patron_id"].implode()) & changes
        edits = edits.with_columns(locked.alias(f"locked:{name}"))
        held = edits.filter(f"locked:{name}")
        self._notes.append(self.notes(held.with_columns(wanted=f"to:{name}").join(locks.drop("field"), on="patron_id"), name))
        back = [pl.when(f"locked:{name}").then(f"was:{name}").otherwise(f"to:{name}").alias(f"to:{name}")]
        if name == "barcode":
            back.append((pl.col("number") & ~pl.col("locked:barcode")).alias("number"))
        return edits.with_columns(*back)

    def locked(self, name: str) -> pl.DataFrame:
        """The locks on one field: `patron_id`, `reason`, `owner`, `until`."""
        return self._active.filter(pl.col("field") == name).drop("field")

    def notes(self, held: pl.DataFrame, name: str) -> pl.DataFrame:
        """One note for each row of `held`: `line`, `patron`, `wanted`, `reason`, `owner`, `until`."""
        text = pl.format("{}, so that the file's value was held back.", locked_words(pl.lit(name)))
        return self._case.tell(held, "field-locked", "note", text, field=name, value=pl.col("wanted"))

    def messages(self) -> pl.DataFrame:
        """The notes of everything that was held back so far."""
        return joined_messages(self._notes)


def _writes(case: Case, name: str, wanted: pl.Expr) -> pl.Expr:
    """Whether the job may write `wanted` to the field."""
    stored = _stored(name)
    match case.writes(name):
        case "always":
            return pl.lit(True)
        case "if_empty":
            return stored.is_null()
        case "if_source_changed":
            # An equal value changes nothing, and is given all the same: that is how a record keeps its patron Inactive.
            return _source_changed(name) | stored.eq_missing(wanted) | (_baseless(name) & stored.is_null())
        case _:
            return pl.lit(False)


def _stored(name: str) -> pl.Expr:
    """What a given value is compared with: what stands, but never the status that is to come back, for a given one wins over it."""
    return pl.col("was:status" if name == "status" else f"stand:{name}")


def _source_changed(name: str) -> pl.Expr:
    base = pl.col(f"base:{name}")
    return base.is_not_null() & (base != pl.col(f"given:{name}")).fill_null(False)


def _baseless(name: str) -> pl.Expr:
    return pl.col(f"base:{name}").is_null()
