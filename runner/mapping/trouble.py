"""What may be wrong with a value: one description from which the flag, the correction and the message are made."""

from __future__ import annotations

import polars as pl
from msgspec import Struct

from runner.frames import messages_from
from runner.job.model import FieldMap
from runner.mapping.columns import column_label
from runner.mapping.given import given_name
from runner.messages import severity_of

_SHOWN = 200


class Trouble(Struct, frozen=True):
    """One code that one field may meet. All expressions stand on the working frame of a batch.

    `when`: Boolean, null counts as false. `text`: the message, a whole sentence without the value itself (the report may have to
    hide values). `instead`: what the field becomes where `when` holds; None leaves it. `value`: what to show; None shows the
    mapped value. `silent` makes the correction without a message. `likely`: one Boolean for the whole batch, cheap to get; where it is
    not true, no row has the trouble and `when` is not asked.
    """

    code: str
    target: str
    when: pl.Expr
    text: str | pl.Expr
    instead: pl.Expr | None = None
    value: pl.Expr | None = None
    silent: bool = False
    likely: pl.Expr | None = None


def trouble_messages(flagged: pl.DataFrame, trouble: Trouble, field: FieldMap | None) -> pl.DataFrame:
    """frames.MESSAGES for the rows that have the trouble. Long values are cut for showing, a password is never shown."""
    value = trouble.value if trouble.value is not None else pl.col(given_name(trouble.target))
    if field is None:
        value = pl.lit(None, dtype=pl.String)
    elif trouble.target == "password":
        value = pl.lit("***")
    else:
        value = pl.when(value.str.len_chars() > _SHOWN).then(pl.concat_str(value.str.slice(0, _SHOWN), pl.lit("..."))).otherwise(value)
    return messages_from(
        flagged,
        trouble.code,
        severity_of(trouble.code),
        trouble.text,
        field=trouble.target,
        column=column_label(field) if field else None,
        value=value,
    )
