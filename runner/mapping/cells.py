"""The cells of a row as the mapping sees them: one line, trimmed, null tokens blank."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from msgspec import Struct

_RAW = "\x1fas written "
_FEW = 8


class Cells(Struct, frozen=True):
    """How one field or rule reads cells. `trimmed` False: the job switched `trim` off, so blanks around the text count.

    The expressions stand on a frame made by `clean` and are never null: a cell is "" or text.
    """

    null_tokens: tuple[str, ...] = ()
    trimmed: bool = True

    def text(self, name: str) -> pl.Expr:
        """The cell as it stands in the file, null tokens included; a cell of blanks alone is ""."""
        if self.trimmed:
            return pl.col(name)
        return pl.when(pl.col(name) == "").then(pl.lit("")).otherwise(pl.col(_RAW + name))

    def value(self, name: str) -> pl.Expr:
        """The cell's text, "" for a null token."""
        if not self.null_tokens:
            return self.text(name)
        return pl.when(self._is_token(name)).then(pl.lit("")).otherwise(self.text(name))

    def is_blank(self, name: str) -> pl.Expr:
        """Whether the cell holds nothing but white space, or a null token."""
        empty = pl.col(name) == ""
        return empty | self._is_token(name) if self.null_tokens else empty

    def _is_token(self, name: str) -> pl.Expr:
        """Tokens compare exactly, blanks around them aside. A few comparisons are faster than a set."""
        tokens = [token.strip() for token in self.null_tokens]
        if len(tokens) > _FEW:
            return pl.col(name).is_in(tokens)
        return pl.any_horizontal([pl.col(name) == token for token in tokens])


def clean(batch: pl.DataFrame, columns: Sequence[str], untrimmed: Sequence[str]) -> pl.DataFrame:
    """`line` and `columns` (String) trimmed of Unicode white space, with line ends inside cells turned into a blank.

    `untrimmed` columns also stay as written, for fields that switched `trim` off. Zero-width characters are text: a key that
    has one differs from the key without. (docs/domain.md section 2: every field is one line.)
    """
    if _may_hold_line_ends(batch):
        batch = batch.with_columns(pl.col(*columns).str.replace_all(r"\r\n|\r|\n", " ")) if columns else batch
    return batch.select(
        "line",
        *(pl.col(name).str.strip_chars() for name in columns),
        *(pl.col(name).alias(_RAW + name) for name in untrimmed),
    )


def _may_hold_line_ends(batch: pl.DataFrame) -> bool:
    """Whether any cell can span lines. A row with a line end in a cell makes the next row start more than one line later,
    so regular line numbers prove that there is none, at no cost; the last row has no next one and is looked at."""
    lines = batch.get_column("line")
    if bool((lines.diff() != 1).any()):
        return True
    last = batch.tail(1).select(pl.exclude("line").str.contains("[\r\n]"))
    return any(last.row(0)) if last.height else False
