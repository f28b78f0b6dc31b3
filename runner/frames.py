"""The columns and dtypes of the frames that pass between the folders of the core. One place, so that they cannot drift apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

SEVERITIES = ("refused", "warning", "note")
ACTIONS = ("add", "update", "transfer", "associate", "delete", "inactivate", "reactivate")
CAUSES = ("file", "removal", "undo")
OUTCOMES = ("added", "updated", "transferred", "associated", "unchanged", "deleted", "duplicate", "refused", "held")

Severity = pl.Enum(SEVERITIES)
Action = pl.Enum(ACTIONS)
Cause = pl.Enum(CAUSES)
Outcome = pl.Enum(OUTCOMES)


def _schema(columns: Mapping[str, Any]) -> pl.Schema:
    """A schema of dtypes and dtype classes alike."""
    return pl.Schema(columns)


# A message about a row, a patron or the run. `line` is the physical line of the input, from 1; `column` is the
# name of the source column; `value` is already masked where the field is a secret; `text` is the whole sentence.
MESSAGES = _schema(
    {
        "code": pl.String,
        "severity": Severity,
        "line": pl.UInt32,
        "column": pl.String,
        "patron": pl.String,
        "field": pl.String,
        "value": pl.String,
        "text": pl.String,
    }
)

# What stands in CHANGES in a guard's place.
UNDONE_BEFORE, POSSIBLE_DUPLICATE = "undone before", "possible duplicate"

# One row per patron and cause that a plan touches. `ref` names the change inside its plan; `patron` is the district id, or
# SITE/BARCODE where there is none; `patron_id` and `version` are null for an add; `site` is the site after (before, for a delete).
CHANGES = _schema(
    {
        "ref": pl.UInt32,
        "patron_id": pl.Int64,
        "version": pl.Int64,
        "patron": pl.String,
        "line": pl.UInt32,
        "action": Action,
        "cause": Cause,
        "rule": pl.String,
        "reason": pl.String,
        "site": pl.String,
        "held": pl.Boolean,
        "guard": pl.String,
    }
)

# What a change does to each field, changed fields only; null is no value. Adds have no rows here: their values stand in Plan.adds.
VALUES = pl.Schema({"ref": pl.UInt32, "field": pl.String, "before": pl.String, "after": pl.String})

# One row per record (per line of the file that is neither skipped nor malformed). In any order, and a familiar record's patron is null,
# unless the job's report lists them all.
OUTCOME_ROWS = _schema({"line": pl.UInt32, "patron": pl.String, "patron_id": pl.Int64, "outcome": Outcome})

# Records known from an earlier run, byte for byte, about patrons who are as they were then: unchanged, with nothing to tell.
FAMILIAR = _schema({"line": pl.UInt32, "patron_id": pl.Int64, "row_hash": pl.UInt64, "site": pl.Categorical()})

# Records that this run may be told of again: `patron_id` and `version` are null where the run itself adds the patron.
SETTLED = pl.Schema({"line": pl.UInt32, "patron_id": pl.Int64, "version": pl.Int64, "row_hash": pl.UInt64, "site": pl.String})

# Rows set aside by the intake.
MALFORMED = pl.Schema({"line": pl.UInt32, "reason": pl.String})


def each_once(keys: pl.Series) -> bool:
    """Whether surely no key stands there twice. Texts are told by their hashes, which all processors make and sort; by a chance in
    millions two texts have one hash, and no is then said without need."""
    told = keys.hash() if keys.dtype == pl.String else keys
    return told.n_unique() == keys.len()


def repeated(keys: pl.Series) -> pl.Series:
    """Whether each key stands there more than once (Boolean). Counting tells much sooner that none does, which is the rule."""
    if each_once(keys):
        return pl.repeat(False, keys.len(), dtype=pl.Boolean, eager=True).alias(keys.name)
    return keys.is_duplicated()


def found_at(ids: pl.Series, among: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Where each of `ids` stands in `among`, which ascends and has each id once, and whether it does (another place where not)."""
    if among.is_empty():
        return pl.zeros(ids.len(), dtype=pl.Int64, eager=True), pl.repeat(False, ids.len(), dtype=pl.Boolean, eager=True)
    last = among.len() - 1
    if among[-1] - among[0] != last:
        at = among.search_sorted(ids).clip(0, last)
        return at, (among.gather(at) == ids).fill_null(False)
    at = ids - among[0]  # no id is left out between them: each stands where its number says
    found = at.is_between(0, last).fill_null(False)
    return at if found.all() else at.clip(0, last), found


def as_text(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with its Categorical columns as String (runner.mapping.repeating)."""
    return frame.with_columns(pl.col(pl.Categorical).cast(pl.String))


def empty_messages() -> pl.DataFrame:
    """A frame of MESSAGES without rows."""
    return pl.DataFrame(schema=MESSAGES)


def note(code: str, text: str) -> pl.DataFrame:
    """One note (frames.MESSAGES) that is of no line."""
    return messages_from(pl.DataFrame({"line": [None]}, schema={"line": pl.UInt32}), code, "note", text)


def messages_from(
    rows: pl.DataFrame | pl.LazyFrame,
    code: str,
    severity: str,
    text: pl.Expr | str,
    *,
    field: pl.Expr | str | None = None,
    column: pl.Expr | str | None = None,
    value: pl.Expr | None = None,
    patron: pl.Expr | None = None,
    line: pl.Expr | None = None,
) -> pl.DataFrame:
    """One message (frames.MESSAGES) per row of `rows`; `text`, `field` and `column` given as str are constants.

    Without `line` the rows' own `line` is used. Values must be masked by the caller where the field is a secret.
    """

    def constant(given: pl.Expr | str | None) -> pl.Expr:
        return given if isinstance(given, pl.Expr) else pl.lit(given, dtype=pl.String)

    # In one piece: polars 2.1 panics in pl.format where a filter leaves the first piece of a column empty.
    whole = rows.rechunk().lazy() if isinstance(rows, pl.DataFrame) else rows
    made = whole.select(
        code=pl.lit(code, dtype=pl.String),
        severity=pl.lit(severity, dtype=Severity),
        line=(line if line is not None else pl.col("line")).cast(pl.UInt32),
        column=constant(column),
        patron=constant(patron),
        field=constant(field),
        value=constant(value),
        text=constant(text),
    )
    return made.collect()
