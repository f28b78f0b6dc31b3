"""What a report may show: secrets never, field values unless district.yaml says `reports: {values: false}`, ids and field names always."""

from __future__ import annotations

import polars as pl

from runner.fields import FIELDS

MASK = "***"
HIDDEN = "(hidden)"
KEPT_FOR = "kept for what the patron has borrowed or owes"
_SECRETS = [field.name for field in FIELDS.values() if field.kind == "secret"]
_RULES = {
    "inactivate": "not seen, added or edited for longer than the policy allows",
    "graduated_seniors": "a graduated senior without transactions",
    "inactive": "inactive for long enough, and the policy's condition holds",
    "with_transactions": "has transactions, and the policy's limit is reached",
}


def veiled_values(values: pl.DataFrame, show: bool) -> pl.DataFrame:
    """frames.VALUES with secrets as `***` and, unless `show`, every other value as `(hidden)`. Null, no value, stays null."""
    return values.with_columns(_veiled(name, show) for name in ("before", "after"))


def veiled_messages(messages: pl.DataFrame, show: bool) -> pl.DataFrame:
    """frames.MESSAGES with secrets masked and, unless `show`, values hidden, where a sentence quotes the value too."""
    masked = messages.with_columns(_veiled("value", show).alias("shown"))
    secret = pl.col("value").is_not_null() & (pl.col("value") != pl.col("shown")) & (pl.col("value").str.len_chars() > 0)
    cut = pl.col("text").str.split(pl.col("value")).list.join(pl.col("shown"))
    return masked.with_columns(text=pl.when(secret).then(cut).otherwise("text"), value="shown").drop("shown")


def veiled_changes(changes: pl.DataFrame, show: bool) -> pl.DataFrame:
    """frames.CHANGES; unless `show`, a reason, which names grades and dates, becomes the rule in general words."""
    if show:
        return changes
    return changes.with_columns(reason=pl.col("rule").replace_strict(_RULES, default=None, return_dtype=pl.String))


def _veiled(column: str, show: bool) -> pl.Expr:
    value = pl.col(column)
    shown = value if show else pl.lit(HIDDEN)
    return pl.when(value.is_null()).then(None).when(pl.col("field").is_in(_SECRETS)).then(pl.lit(MASK)).otherwise(shown).alias(column)
