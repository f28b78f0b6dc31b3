"""The lines stage: what each physical line of a clean text is, found in one pass of polars over the whole file.

Nearly all lines are plain records and are settled here; the rest are `odd` and are looked at one by one (irregular.py).
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from runner.intake.grammar import Grammar

PLAIN, BLANK, ODD = 0, 1, 2


def scan_lines(path: Path) -> pl.LazyFrame:
    """The lines of a clean text, as they are: `text` String, one row for each physical line, without its line end."""
    return pl.scan_lines(path, name="text", glob=False)


def survey(path: Path, grammar: Grammar, header_line: str) -> pl.DataFrame:
    """One row for each physical line of the file, header included.

    `bytes` UInt32 (without the line end); `kind` UInt8: PLAIN (a whole record of the right number of cells), BLANK (no value) or
    ODD (anything else: part of a record over several lines, malformed, unseen characters, perhaps the header again);
    `beyond_ascii` Boolean.
    """
    text = pl.col("text")
    plain = text.str.contains(grammar.line)
    if not grammar.counted:
        unquoted = text.str.replace_all('"[^"]*"', "")
        plain &= unquoted.str.count_matches(grammar.delimiter, literal=True) == grammar.cells - 1
    if header_line:
        plain &= ~text.str.ends_with(header_line)
    kind = pl.when(text.str.contains(grammar.blank)).then(BLANK).when(plain).then(PLAIN).otherwise(ODD)
    length = text.str.len_bytes()
    found = scan_lines(path).select(bytes=length, kind=kind.cast(pl.UInt8), beyond_ascii=length != text.str.len_chars())
    return found.collect(engine="streaming")
