"""Fields that staff locked: the policy leaves them as they are, and says so. A locked status keeps its patron from being inactivated.

A lock keeps a field and not a patron: whoever is deleted by policy is deleted with locked fields. (docs/domain.md section 3.)
"""

from __future__ import annotations

import polars as pl

from runner.frames import messages_from
from runner.job.model import Inactivate
from runner.plan.judged import joined_messages
from runner.plan.ownership import locked_words

_LEAVES = pl.col("action") == "inactivate"
_LEFT = {"homeroom": "homeroom", "username": "username", "password": "password_mac"}


def locked(field: str) -> str:
    """The column of `held_back` that tells whether the field of that name stays as it is."""
    return f"locked:{field}"


def held_back(decided: pl.DataFrame, setting: Inactivate | None, locks: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The decisions without those that a locked status forbids, with `locked:F` (Boolean) for homeroom, username and password; and a
    note (frames.MESSAGES) on each field that the policy would have changed.

    `decided`: runner.policy.decide.Decisions.frame with `password_mac`; `locks`: runner.plan.ownership.locks_in_force."""
    stays = decided.filter(stays_active(locks))
    going = decided.filter(~stays_active(locks)).with_columns(_among(locks, name).fill_null(False).alias(locked(name)) for name in _LEFT)
    would = _would_change(setting)
    kept = [going.filter(_LEAVES & pl.col(locked(name)) & pl.col(_LEFT[name]).is_not_null()) for name in would]
    notes = [_notes(rows, name, locks) for name, rows in zip(("status", *would), (stays, *kept), strict=True)]
    return going, joined_messages(notes)


def stays_active(locks: pl.DataFrame) -> pl.Expr:
    """Whether a locked status forbids the decision (`action`, `patron_id`)."""
    return _LEAVES & _among(locks, "status")


def _among(locks: pl.DataFrame, name: str) -> pl.Expr:
    return pl.col("patron_id").is_in(locks.filter(field=name)["patron_id"].implode())


def _would_change(setting: Inactivate | None) -> list[str]:
    """The fields besides the status that an inactivation changes."""
    if setting is None:
        return []
    return [*(["homeroom"] if setting.clear_homeroom else []), *(["username", "password"] if setting.disable_login else [])]


def _notes(rows: pl.DataFrame, name: str, locks: pl.DataFrame) -> pl.DataFrame:
    told = rows.select("patron_id", "patron").join(locks.filter(field=name), on="patron_id").with_columns(line=pl.lit(None, pl.UInt32))
    text = pl.format("{}, so that the removal policy left it as it is.", locked_words(pl.lit(name)))
    return messages_from(told, "field-locked", "note", text, field=name, patron=pl.col("patron"))
