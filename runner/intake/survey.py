"""The lines stage: what each physical line of a clean text is, found in one pass of polars over the whole file.

Nearly all lines are plain records and are settled here; the rest are `odd` and are looked at one by one (irregular.py). A line that an
earlier run of the same job knew as a plain record is one tonight: what a line is depends on its bytes, the header and the delimiter alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
from msgspec import Struct

from runner.intake.alignment import positions_among
from runner.intake.grammar import Grammar
from runner.intake.spans import spans_of, write_spans

PLAIN, BLANK, ODD = 0, 1, 2
# With more strangers than this share it is cheaper to look at every line.
_MOST_STRANGERS = 0.5


class Known(Struct, frozen=True):
    """The plain lines of an earlier input. `header`: its column names; `hashes`: UInt64, each line once; `seed`: of the hashes."""

    header: tuple[str, ...]
    hashes: pl.Series
    seed: int


def scan_lines(path: Path) -> pl.LazyFrame:
    """The lines of a clean text, as they are: `text` String, one row for each physical line, without its line end."""
    return pl.scan_lines(path, name="text", glob=False)


def survey(path: Path, grammar: Grammar, header_line: str, *, seed: int | None = None) -> pl.DataFrame:
    """One row for each physical line of the file, header included.

    `bytes` UInt32 (without the line end); `kind` UInt8: PLAIN (a whole record of the right number of cells), BLANK (no value) or
    ODD (anything else: part of a record over several lines, malformed, unseen characters, perhaps the header again);
    `beyond_ascii` Boolean; `start` UInt64 (offset of the first byte); with a `seed` also `hash` UInt64.
    """
    return _placed(_told(scan_lines(path).select(*_measures(seed), kind=_kind(grammar, header_line))))


def survey_strangers(
    path: Path, grammar: Grammar, header_line: str, known: Known, folder: Path, *, lines_before: int
) -> pl.DataFrame | None:
    """The same as `survey`, with `known` UInt32: the line's position in `known.hashes`, null for a stranger.

    Only strangers are looked at. None where most lines are strangers.
    """
    found = _placed(_told(scan_lines(path).select(*_measures(known.seed))))
    found = found.with_columns(positions_among(found["hash"], known.hashes).alias("known"))
    strange = found["known"].is_null()
    strangers = int(strange.sum())
    if strangers > _MOST_STRANGERS * found.height + lines_before:
        return None
    kinds = _kinds(path, found, strange, folder, grammar, header_line)
    known_kinds = pl.zeros(found.height, dtype=pl.UInt8, eager=True).alias("kind")
    return found.with_columns(known_kinds.scatter(strange.arg_true(), kinds) if strangers else known_kinds)


def _kinds(text: Path, found: pl.DataFrame, strange: pl.Series, folder: Path, grammar: Grammar, header_line: str) -> pl.Series:
    """The kinds of the strange lines."""
    path = folder / "input.strangers"
    try:
        write_spans(text, spans_of(found.filter(strange).with_columns(kept=True)), path)
        return scan_lines(path).select(kind=_kind(grammar, header_line)).collect()["kind"]
    finally:
        path.unlink(missing_ok=True)  # the file may be looked at once more


def _told(asked: pl.LazyFrame) -> pl.DataFrame:
    """What was asked of every line, in one piece: it comes in hundreds, and whatever is done with them costs more than joining them."""
    return asked.collect(engine="streaming").rechunk()


def _measures(seed: int | None) -> Iterator[pl.Expr]:
    text = pl.col("text")
    length = text.str.len_bytes()
    yield length.alias("bytes")
    yield (length != text.str.len_chars()).alias("beyond_ascii")
    if seed is not None:
        yield text.hash(seed).alias("hash")


def _kind(grammar: Grammar, header_line: str) -> pl.Expr:
    text = pl.col("text")
    plain = text.str.contains(grammar.line)
    if not grammar.counted:
        unquoted = text.str.replace_all('"[^"]*"', "")
        plain &= unquoted.str.count_matches(grammar.delimiter, literal=True) == grammar.cells - 1
    if header_line:
        plain &= ~text.str.ends_with(header_line)
    return pl.when(text.str.contains(grammar.blank)).then(BLANK).when(plain).then(PLAIN).otherwise(ODD).cast(pl.UInt8)


def _placed(found: pl.DataFrame) -> pl.DataFrame:
    return found.with_columns(start=(pl.col("bytes").cast(pl.UInt64) + 1).cum_sum().shift(1, fill_value=0))
