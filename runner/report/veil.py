"""What a report may show: secrets never, field values unless district.yaml says `reports: {values: false}`, ids and field names always."""

from __future__ import annotations

import polars as pl

from runner.fields import FIELDS
from runner.messages import MESSAGES

MASK = "***"
HIDDEN = "(hidden)"
KEPT_FOR = "kept for what the patron has borrowed or owes, or for a record that was refused"
_NO_CHANCE = 4
# Messages whose sentence tells a second value, the barcode that was given instead.
_GENERAL = {code: MESSAGES[code].effect for code in ("barcode-autoassigned",)}
_SECRETS = [field.name for field in FIELDS.values() if field.kind == "secret"]
RULES_IN_GENERAL = {
    "inactivate": "not seen, added or edited for longer than the policy allows",
    "graduated_seniors": "a graduated senior without transactions",
    "inactive": "inactive for long enough, and the policy's condition holds",
    "with_transactions": "has transactions, and the policy's limit is reached",
}


def veiled_values(values: pl.DataFrame, show: bool) -> pl.DataFrame:
    """frames.VALUES with secrets as `***` and, unless `show`, every other value as `(hidden)`. Null, no value, stays null."""
    return values.with_columns(_veiled(name, show) for name in ("before", "after"))


def veiled_messages(messages: pl.DataFrame, show: bool) -> pl.DataFrame:
    """frames.MESSAGES with secrets masked and, unless `show`, values hidden, in the sentence that quotes the value too.

    Sentences name other patrons by their keys, which stay; the few that tell a further value become the catalog's general words.
    """
    masked = messages.with_columns(_veiled("value", show).alias("shown"))
    quoted = pl.col("value").is_not_null() & (pl.col("value") != pl.col("shown")) & (pl.col("value").str.len_chars() > 0)
    general = pl.col("text") if show else pl.col("code").replace_strict(_GENERAL, default=pl.col("text"), return_dtype=pl.String)
    return masked.with_columns(text=pl.when(quoted).then(_without_value(general)).otherwise(general), value="shown").drop("shown")


def veiled_changes(changes: pl.DataFrame, show: bool) -> pl.DataFrame:
    """frames.CHANGES; unless `show`, a reason, which names grades and dates, becomes the rule in general words."""
    if show:
        return changes
    return changes.with_columns(reason=pl.col("rule").replace_strict(RULES_IN_GENERAL, default=None, return_dtype=pl.String))


def _without_value(text: pl.Expr) -> pl.Expr:
    """The sentence with the value cut out: as a word of its own, and anywhere once it is too long to be part of a key by chance."""
    value, shown = pl.col("value"), pl.col("shown")
    cut = pl.concat_str(pl.lit(" "), text)
    for end in (" ", ".", ",", ";", ":", ")"):
        cut = cut.str.split(pl.concat_str(pl.lit(" "), value, pl.lit(end))).list.join(pl.concat_str(pl.lit(" "), shown, pl.lit(end)))
    anywhere = cut.str.split(value).list.join(shown)
    return pl.when(value.str.len_chars() >= _NO_CHANCE).then(anywhere).otherwise(cut).str.strip_prefix(" ")


def _veiled(column: str, show: bool) -> pl.Expr:
    value = pl.col(column)
    shown = value if show else pl.lit(HIDDEN)
    return pl.when(value.is_null()).then(None).when(pl.col("field").is_in(_SECRETS)).then(pl.lit(MASK)).otherwise(shown).alias(column)
