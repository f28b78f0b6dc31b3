"""What the mapping gives: records with every value in one of three states."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
from msgspec import Struct, field

from runner.frames import as_text


class Records(Struct, frozen=True):
    """The records of one input.

    `frame`, one row per record, skipped rows left out:
      `line` UInt32; `row_hash` UInt64 (over the cells of the columns that the job names, the password cell left out);
      one String column per mapped target field except `password`: null absent, "" blank, text filled and canonical (runner.fields);
        of a large first load some are Categorical instead (runner.mapping.repeating);
      `site` is a canonical short name or null; `refusal` String: null, or the code that refuses the record whatever the store says;
      `status_given` String: the text as it came, where `status` is mapped (an unknown text makes `status` "");
      `barcode_too_long` Boolean: the barcode is then null (refused on add, untouched on update);
      `delete_asked`, `associate_asked` Boolean (the job's rules; false without a rule).
    `passwords`: `line` UInt32, `password` String (clear, in memory only; "" blank); absent ones have no row.
    `messages`: frames.MESSAGES, of records and of malformed rows; `patron` may be null (the plan fills it in).
    `familiar`: runner.frames.FAMILIAR (and more), the records that are not in `frame` because they are known to leave their patrons as
    they are; None where every record was mapped.
    `map_more` gives the records of other lines, mapped when asked for.
    `long_barcodes`: `line`, `value` of the records with `barcode_too_long`, for messages.
    `fingerprint` hashes the mapping (properties, format, district sites and lists, this program's mapping version).
    """

    frame: pl.DataFrame
    passwords: pl.DataFrame
    messages: pl.DataFrame
    rows_read: int
    skipped: int
    malformed: int
    fingerprint: str
    long_barcodes: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema={"line": pl.UInt32, "value": pl.String}))
    familiar: pl.DataFrame | None = None
    map_more: Callable[[pl.Series], pl.DataFrame] | None = None

    def of_lines(self, lines: pl.Series) -> pl.DataFrame:
        """The records (columns of `frame`, texts as String) that begin on `lines`; a familiar one is mapped now."""
        found = as_text(self.frame.filter(pl.col("line").is_in(lines.implode())))
        more = lines.filter(~lines.is_in(found["line"].implode()))
        return pl.concat([found, self.map_more(more)]) if self.map_more is not None and more.len() else found
