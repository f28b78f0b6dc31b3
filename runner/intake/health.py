"""The part of the file health gate that remembers: is this file like the last one that was accepted? (docs/domain.md section 7.)

A file that is suddenly short, or whose keys suddenly look different, is more often a broken export than news. A person may take it
once (`--accept-input`); a file that is empty, undecodable or without its columns never comes this far.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import polars as pl

from runner.errors import FileRefused
from runner.frames import MESSAGES
from runner.intake import refusals
from runner.intake.rows import InputHistory, KeyShape

# A pattern that this share of a key column's values had is expected again of at least that share.
HAD = 0.95
EXPECTED = 0.5
_KEPT_PATTERNS = 10
_BLANK = ""


def key_shapes(frame: pl.DataFrame | pl.LazyFrame, columns: Sequence[str]) -> tuple[KeyShape, ...]:
    """The commonest length-and-kind patterns of the values in each key column, with their shares of the rows.

    Takes String `columns`; null and "" are the pattern "". A digit is shown as 9, a letter as A, anything else as itself: P1000001 is
    A9999999. A column without rows has no patterns.
    """
    values = frame.lazy().select(columns).collect()
    return tuple(shape_of(column, [patterns_of(values[column])]) for column in columns)


def shape_of(column: str, patterns: Sequence[pl.Series]) -> KeyShape:
    """The shape of a key column from the patterns of its values (String or Categorical), in one part or several."""
    parts = [part.drop_nulls().rename("pattern").value_counts(name="len") for part in patterns]
    counted = pl.concat(part.with_columns(pl.col("pattern").cast(pl.String)) for part in parts).group_by("pattern").agg(pl.col("len").sum())
    blank, total = sum(part.null_count() for part in patterns), sum(part.len() for part in patterns)
    top = counted.sort(["len", "pattern"], descending=[True, False]).head(_KEPT_PATTERNS)
    blanks = {_BLANK: blank / total} if blank else {}
    return KeyShape(column, {**{pattern: count / total for pattern, count in top.iter_rows()}, **blanks})


def patterns_of(values: pl.Series) -> pl.Series:
    """The pattern of each value (String), null for null and "". Digits alone, nearly all keys as a rule, need only their length."""
    value = pl.col("value")
    frame = values.alias("value").to_frame().with_columns(length=pl.when(value.str.contains(r"^[0-9]+$")).then(value.str.len_bytes()))
    lengths = frame["length"].unique().drop_nulls()
    nines = pl.DataFrame(
        {"length": lengths, "nines": ["9" * length for length in lengths]}, schema={"length": pl.UInt32, "nines": pl.String}
    )
    known = frame.join(nines, on="length", how="left", maintain_order="left")
    if known["nines"].null_count() == known["value"].null_count():
        return known["nines"].alias("pattern")
    spelled = value.str.slice(0, 60).str.replace_all(r"\p{Nd}", "9").str.replace_all(r"\p{L}", "A")
    return known.select(pattern=pl.when(pl.col("nines").is_not_null()).then("nines").when(value != "").then(spelled))["pattern"]


def check_health(
    rows: int,
    history: InputHistory | None,
    shapes: Sequence[KeyShape],
    *,
    sha256: str,
    min_rows_percent: float,
    sites: Collection[str] | None = None,
    malformed: int = 0,
    accept: str | None = None,
    allow_shrunk: bool = False,
) -> pl.DataFrame:
    """Messages (frames.MESSAGES) on how the file compares with the last accepted one; empty where all is as usual.

    `rows` counts good rows, as `history.rows` does, and `malformed` the others; `shapes` are today's key_shapes. `sites`: the district's
    short names where records are matched by their site, else None. `accept`: why a person takes the file as it is (`--accept-input`), so
    that what would have refused it becomes a warning. `allow_shrunk`: fewer rows are a warning (circulation files in summer). Without a
    history nothing is compared. Raises FileRefused: file-shrunk, file-reshaped, site-gone.
    Messages: input-unchanged (note), input-shrunk, input-reshaped, input-site-gone (warnings).
    """
    if history is None:
        return pl.DataFrame(schema=MESSAGES)
    found = []
    if history.sha256 == sha256:
        found.append(_message("input-unchanged", "note", "the file is the same, byte for byte, as the last one that was accepted"))
    if not rows * 100 >= min_rows_percent * history.rows:
        refusal = refusals.shrunk(rows, history.rows, min_rows_percent, malformed)
        found.append(_told(refusal, "input-shrunk", "" if accept is None and allow_shrunk else accept))
    for refusal in _reshaped(history.key_shapes, shapes):
        found.append(_told(refusal, "input-reshaped", accept))
    for site, count in _gone(history, sites):
        found.append(_told(refusals.site_gone(site, count), "input-site-gone", accept))
    return pl.DataFrame(found, schema=MESSAGES, orient="row")


def _gone(history: InputHistory, sites: Collection[str] | None) -> list[tuple[str, int]]:
    """Sites of the last file that the district has under no such name any more, and how many rows they had. Matched by another name of
    the same site everybody there would be new."""
    if sites is None or history.sites is None:
        return []
    return sorted((site, count) for site, count in history.sites.items() if count and site not in sites)


def _reshaped(before: Sequence[KeyShape], now: Sequence[KeyShape]) -> list[FileRefused]:
    """Blank keys are expected in the share that they had: a column that is suddenly empty is as broken as one with other values."""
    today = {shape.column: shape.patterns for shape in now if shape.patterns}
    found = []
    for shape in before:
        filled = 1 - shape.patterns.get(_BLANK, 0.0)
        usual = max(shape.patterns.keys() - {_BLANK}, key=lambda pattern: (shape.patterns[pattern], pattern), default=None)
        if usual is None or shape.column not in today or shape.patterns[usual] < HAD * filled:
            continue
        share = today[shape.column].get(usual, 0.0)
        if not share >= EXPECTED * filled:
            found.append(refusals.reshaped(shape.column, usual, shape.patterns[usual], share))
    return found


def _told(refusal: FileRefused, code: str, accepted: str | None) -> dict[str, str]:
    if accepted is None:
        raise refusal
    return _message(code, "warning", f"{refusal.text}; it was taken all the same{f' ({accepted})' if accepted else ''}")


def _message(code: str, severity: str, text: str) -> dict[str, str]:
    return {"code": code, "severity": severity, "text": text}
