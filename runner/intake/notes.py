"""Notes on the file as a whole: what was dropped, what looks odd, what the job leaves out. None of them quotes a cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from mmap import mmap

import polars as pl

from runner.counted import counted
from runner.frames import MESSAGES
from runner.intake.clean_text import CleanText
from runner.intake.grammar import LOST
from runner.intake.header import Header
from runner.intake.irregular import Findings
from runner.intake.letters import judge

_SAMPLE = 5_000  # lines beyond ASCII that are looked at, spread over the file

Note = dict[str, str | int | None]


def notes_of(
    clean: CleanText,
    data: bytes | mmap,
    lines: pl.DataFrame,
    findings: Findings,
    header: Header,
    wanted: Sequence[str],
    warnings: Sequence[str],
) -> pl.DataFrame:
    """The notes (frames.MESSAGES): source-warning, no-final-line-end, dos-end-of-file, extra-columns, mojibake-suspected,
    letters-decomposed, invisible-characters. `warnings` are the source's own sentences."""
    notes = source_warnings(warnings)
    notes += _on_the_end(clean, lines.height)
    notes += _on_columns(header, wanted)
    notes += _on_letters(data, lines)
    notes += _on_unseen(findings)
    return pl.DataFrame(notes, schema=MESSAGES, orient="row")


def source_warnings(warnings: Sequence[str]) -> list[Note]:
    """A source's own sentences as notes."""
    return [_note("source-warning", "warning", text) for text in warnings]


def _note(code: str, severity: str, text: str, *, line: int | None = None, value: str | None = None) -> Note:
    return {"code": code, "severity": severity, "line": line, "column": None, "patron": None, "field": None, "value": value, "text": text}


def _on_the_end(clean: CleanText, lines: int) -> Iterator[Note]:
    if clean.dos_end_dropped:
        yield _note("dos-end-of-file", "note", "the file ended with the end mark of old DOS programs (0x1A), which was dropped", line=lines)
    if not clean.ends_with_newline:
        text = "the last line has no line end: the file may have been cut off, and its last value may be short"
        yield _note("no-final-line-end", "warning", text, line=lines)


def _on_columns(header: Header, wanted: Sequence[str]) -> Iterator[Note]:
    extra = [name for name in header.names if name not in set(wanted)]
    if extra and header.line_text:
        named = ", ".join(repr(name) if name else "one without a name" for name in extra[:20])
        more = f" and {len(extra) - 20} more" if len(extra) > 20 else ""
        are = "which is" if len(extra) == 1 else "which are"
        yield _note("extra-columns", "note", f"the job does not use {len(extra)} of the file's columns, {are} left out: {named}{more}")


def _on_letters(data: bytes | mmap, lines: pl.DataFrame) -> Iterator[Note]:
    beyond = lines.select("start", "bytes").filter(lines["beyond_ascii"])
    sample = beyond.gather_every(max(1, beyond.height // _SAMPLE))
    letters = judge(data[start : start + length].decode() for start, length in sample.iter_rows())
    if letters.suspect:
        text = (
            f"{letters.odd:,} of {letters.seen:,} letters beyond plain English look wrong, as when a file is read with another encoding "
            "than it was written with; compare a few names, and check source.format.encoding"
        )
        yield _note("mojibake-suspected", "warning", text, value=" ".join(letters.samples))
    if letters.in_pieces:
        text = "some letters came as a plain letter and a separate accent; they are compared as one and kept as they came"
        yield _note("letters-decomposed", "note", text)


def _on_unseen(findings: Findings) -> Iterator[Note]:
    lost = [line for line, characters in findings.unseen if LOST in characters]
    if lost:
        text = f"{_rows(len(lost))} with U+FFFD, which stands for a letter that was lost before the file came here; have it exported again"
        yield _note("mojibake-suspected", "warning", text, line=lost[0] + 1, value=LOST)
    unseen = [(line, characters.replace(LOST, "")) for line, characters in findings.unseen if characters != LOST]
    if unseen:
        text = f"{_rows(len(unseen))} with characters that nobody can see, or that turn the writing direction; they were kept as they came"
        codes = " ".join(f"U+{ord(character):04X}" for character in sorted({c for _, characters in unseen for c in characters})[:20])
        yield _note("invisible-characters", "warning", text, line=unseen[0][0] + 1, value=codes)


def _rows(count: int) -> str:
    return f"there {'is' if count == 1 else 'are'} {counted(count, 'row', 'rows')}"
