"""From one fetched file to its good rows: the walk through the intake, and the part of the file health gate that needs no history.

bytes -> clean text -> header -> survey of the lines -> the irregular ones -> good rows
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import islice
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Protocol

import polars as pl
from msgspec import Struct

from runner.errors import FileRefused
from runner.frames import MALFORMED
from runner.intake import refusals
from runner.intake.clean_text import CleanText, Progress, clean_text
from runner.intake.good_rows import good_rows, row_lines
from runner.intake.grammar import Grammar, grammar
from runner.intake.header import HEADER_WITHIN, Header, read_header
from runner.intake.irregular import MOST_MALFORMED, MOST_MALFORMED_SHARE, Findings, examine
from runner.intake.notes import notes_of
from runner.intake.plain_text import plain_text
from runner.intake.rows import Rows
from runner.intake.survey import ODD, Known, survey, survey_strangers
from runner.job.model import Format

_HEADER_BYTES = 4_000_000


class InputFile(Protocol):
    """What the intake must know of a fetched file; the intake knows no sources."""

    @property
    def path(self) -> Path: ...
    @property
    def warnings(self) -> tuple[str, ...]: ...
    @property
    def odd_bytes(self) -> bool | None:
        """Whether the file has one of runner.intake.odd_bytes; None where nobody looked."""


class Surveyed(Struct, frozen=True):
    """A file whose lines are known for what they are, before any cell is parsed. Valid while the run's folder stands.

    `lines`: runner.intake.good_rows.row_lines, with `hash` where one was asked for and `known` where lines of an earlier input were given
    and are of use; `beside_known` says so. Without `every_line` they are some of the lines below the header, and only rows that begin on
    these can be asked for.
    """

    clean: CleanText
    header: Header
    fmt: Format
    lines: pl.DataFrame
    findings: Findings
    notes: pl.DataFrame
    rows_read: int
    beside_known: bool
    every_line: bool = True

    def rows(self, wanted: Sequence[str], *, folder: Path, only: pl.Series | None = None, part: str = "rows") -> Rows:
        """The good rows, or those that begin on the lines `only` (UInt32) alone, with the `wanted` columns.

        `part` names the text that may be written for them. Counts, malformed rows and notes are those of the whole file."""
        marked = self.lines if only is None else self._of_rows(only)
        every_line = self.every_line and marked.height == self.lines.height
        path, delimiter = folder / f"input.{part}", self.fmt.delimiter
        frame = good_rows(self.clean, marked, self.header, wanted, delimiter=delimiter, path=path, every_line=every_line)
        return Rows(frame, _malformed(self.findings), self.rows_read, self.header.names, self.notes)

    def _of_rows(self, begun: pl.Series) -> pl.DataFrame:
        """`lines` with `kept` for the rows alone that begin on the lines `begun`; without the other lines where each of them is a row."""
        if self.every_line and begun.len():
            rows: pl.DataFrame = self.lines[begun.unique().sort() - self.lines["line"][0]]
            if rows["alone"].all():
                return rows
        # A row over several lines comes with all of them: each line belongs to the last row that began.
        owner = pl.when("begins").then("line").forward_fill()
        return self.lines.with_columns(kept=pl.col("kept") & owner.is_in(begun.implode()))


def read_rows(
    fetched: InputFile,
    fmt: Format,
    wanted: Sequence[str],
    *,
    folder: Path,
    progress: Progress | None = None,
    allow_header_only: bool = False,
) -> Rows:
    """The good rows of the file with the `wanted` columns alone, what was set aside, and notes on the file as a whole.

    Takes and raises what `survey_file` does."""
    return survey_file(fetched, fmt, wanted, folder=folder, progress=progress, allow_header_only=allow_header_only).rows(
        wanted, folder=folder
    )


def survey_file(
    fetched: InputFile,
    fmt: Format,
    wanted: Sequence[str],
    *,
    folder: Path,
    progress: Progress | None = None,
    allow_header_only: bool = False,
    seed: int | None = None,
    known: Known | None = None,
) -> Surveyed:
    """The file's lines, and the part of the file health gate that needs no history.

    `fetched.path` is read and never changed; texts made on the way are written to `folder` (0600) and must stay until the frame
    has been collected. `progress` is called with (bytes done, bytes in all). `allow_header_only` takes a file without rows. With a `seed`
    each line has a hash; with `known` lines only the others are looked at closely.
    Raises FileRefused: file-empty, file-header-only, file-not-text, file-nul, file-undecodable, file-line-too-long,
    file-header-broken, file-columns-missing, file-columns-duplicate, file-quote-unclosed, file-malformed-rows.
    (docs/domain.md section 7.)
    """
    look = partial(_surveyed, fetched, fmt, wanted, folder=folder, allow_header_only=allow_header_only, seed=seed, known=known)
    plain = plain_text(fetched.path, fmt.encoding, fmt.delimiter, odd_bytes=fetched.odd_bytes)
    if plain is not None:
        # What is wrong with a file, and where, only the closer look says.
        with suppress(FileRefused, pl.exceptions.PolarsError, UnicodeDecodeError):
            found = look(plain)
            if progress:
                progress(plain.size, plain.size)
            return found
    return look(clean_text(fetched.path, fmt.encoding, fmt.delimiter, folder=folder, progress=progress))


def _surveyed(
    fetched: InputFile,
    fmt: Format,
    wanted: Sequence[str],
    clean: CleanText,
    *,
    folder: Path,
    allow_header_only: bool,
    seed: int | None,
    known: Known | None,
) -> Surveyed:
    header = header_of(clean, fmt, wanted)
    records = grammar(clean.delimiter, len(header.names))
    with _mapped(clean.path) as data:
        lines = None
        if known is not None and known.header == header.signature:
            lines = survey_strangers(clean.path, records, header.line_text, known, folder, lines_before=header.lines_before)
        beside_known = lines is not None
        if lines is None:
            lines = survey(clean.path, records, header.line_text, seed=seed)
        findings = _findings(data, lines, records, header, fmt)
        notes = notes_of(clean, data, lines, findings, header, wanted, fetched.warnings)
    below = row_lines(lines, findings, header)
    rows_read = int(below["begins"].sum()) + len(findings.malformed)
    if not rows_read and not allow_header_only:
        raise refusals.header_only()
    _refuse_if_mostly_malformed(findings, rows_read)
    return Surveyed(clean, header, fmt, below, findings, notes, rows_read, beside_known)


def header_of(clean: CleanText, fmt: Format, wanted: Sequence[str]) -> Header:
    """The header of a clean text. Raises FileRefused: file-header-broken, file-columns-missing, file-columns-duplicate."""
    return read_header(_first_lines(clean.path, fmt.skip_rows), fmt, clean.delimiter, wanted)


def _first_lines(path: Path, skip_rows: int) -> list[str]:
    """The first lines without their ends, those that the job skips as empty ones; few enough to hold in memory."""
    found, size = [], 0
    with path.open(encoding="utf-8", newline="\n") as text:
        for number, line in enumerate(islice(text, skip_rows + HEADER_WITHIN)):
            found.append("" if number < skip_rows else line.removesuffix("\n"))
            size += len(found[-1])
            if size > _HEADER_BYTES:
                break
    return found


@contextmanager
def _mapped(path: Path) -> Iterator[mmap]:
    with path.open("rb") as file:
        data = mmap(file.fileno(), 0, access=ACCESS_READ)
    try:
        yield data
    finally:
        # An exception under way may still hold a match on the map; it is unmapped then when that goes, and hides no refusal.
        with suppress(BufferError):
            data.close()


def _findings(data: mmap, lines: pl.DataFrame, records: Grammar, header: Header, fmt: Format) -> Findings:
    odd = (
        lines.select(pl.int_range(pl.len(), dtype=pl.UInt32).alias("line"), "start", "kind")
        .slice(header.lines_before)
        .filter(pl.col("kind") == ODD)
        .select("line", "start")
    )
    return examine(data, odd.iter_rows(), records, header.names if fmt.header else (), lines.height)


def _refuse_if_mostly_malformed(findings: Findings, rows_read: int) -> None:
    malformed = len(findings.malformed)
    if malformed > MOST_MALFORMED and malformed > MOST_MALFORMED_SHARE * rows_read:
        raise refusals.too_many_malformed(malformed, f"{rows_read:,} rows", findings.malformed[0][0] + 1, findings.malformed[0][1])


def _malformed(findings: Findings) -> pl.DataFrame:
    return pl.DataFrame([(line + 1, reason) for line, reason in findings.malformed], schema=MALFORMED, orient="row")
