"""A file that comes again, byte for byte: what was found in it then is told again, and no line is read that somebody else remembers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl
from msgspec import Struct

from runner.frames import MESSAGES
from runner.intake.clean_text import CleanText, Progress, clean_text
from runner.intake.irregular import Findings
from runner.intake.notes import source_warnings
from runner.intake.read import InputFile, Surveyed, header_of
from runner.job.model import Format

# More lines than these are read sooner than kept.
MOST_LINES = 2_000
_LINE = pl.Schema(
    {"line": pl.UInt32, "start": pl.UInt64, "bytes": pl.UInt32, "kept": pl.Boolean, "begins": pl.Boolean, "alone": pl.Boolean}
)


class Told(Struct, frozen=True):
    """What a survey found in a file, few plain values that can be kept as JSON.

    `first`: the physical line below the header; `height`: how many stand there; `lines`: of those that nobody else remembers, the
    columns of runner.intake.good_rows.row_lines but hashes; `ours` and what follows: of runner.intake.clean_text.CleanText."""

    first: int
    height: int
    rows_read: int
    lines: list[tuple[int, int, int, bool, bool, bool]]
    malformed: list[tuple[int, str]]
    notes: list[dict[str, str | int | None]]
    ours: bool
    size: int
    ends_with_newline: bool
    dos_end_dropped: bool
    delimiter: str

    def remembered(self) -> pl.Series:
        """The physical lines that somebody else remembers (UInt32), in file order."""
        every = pl.int_range(self.first, self.first + self.height, dtype=pl.UInt32, eager=True).alias("line")
        if not self.lines:
            return every
        return every.filter(~every.is_in(pl.Series([each[0] for each in self.lines], dtype=pl.UInt32).implode()))


def told_of(surveyed: Surveyed, remembered: pl.Series) -> Told | None:
    """What is to be told of the file when it comes again; None where too many of its lines are not among the `remembered` (UInt32)."""
    lines, clean = surveyed.lines, surveyed.clean
    strange = lines.height - remembered.len()
    if not lines.height or strange > MOST_LINES:
        return None
    others = lines.filter(~pl.col("line").is_in(remembered.implode())) if strange else lines.clear()
    notes = surveyed.notes.filter(pl.col("code") != "source-warning").cast({"severity": pl.String})
    return Told(
        lines["line"][0],
        lines.height,
        surveyed.rows_read,
        others.select(_LINE.names()).rows(),
        surveyed.findings.malformed,
        notes.to_dicts(),
        clean.ours,
        clean.size,
        clean.ends_with_newline,
        clean.dos_end_dropped,
        clean.delimiter,
    )


def survey_again(
    fetched: InputFile, fmt: Format, wanted: Sequence[str], told: Told, *, folder: Path, progress: Progress | None = None
) -> Surveyed:
    """The file that `told` is about, with the lines alone that nobody else remembers. The file must be the same, byte for byte."""
    if told.ours:
        clean = clean_text(fetched.path, fmt.encoding, fmt.delimiter, folder=folder, progress=progress)
    else:
        clean = CleanText(fetched.path, False, told.size, told.ends_with_newline, told.dos_end_dropped, told.delimiter)
    notes = pl.DataFrame([*source_warnings(fetched.warnings), *told.notes], schema=MESSAGES, orient="row")
    lines = pl.DataFrame(told.lines, schema=_LINE, orient="row")
    findings = Findings(malformed=told.malformed)
    return Surveyed(clean, header_of(clean, fmt, wanted), fmt, lines, findings, notes, told.rows_read, True, every_line=False)
