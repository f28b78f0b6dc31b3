"""Where words go: the answer to stdout, the story to stderr; tables for a terminal, plain columns for everything else."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from runner.report.printable import printable

if TYPE_CHECKING:
    from runner.cli.settings import Settings

_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


class Screen:
    """One verb's mouth. Everything printed through it has its control characters escaped."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def answer(self, text: str = "", style: str | None = None) -> None:
        """One or more lines of the answer, on stdout."""
        write(sys.stdout, painted(_lines(text), style, sys.stdout) + "\n")

    def document(self, document: Mapping[str, Any]) -> None:
        """The answer as one JSON document on stdout. ASCII only, so that no character in it can act on a terminal."""
        self.settings.answered = True
        indent = 2 if sys.stdout.isatty() else None
        write(sys.stdout, json.dumps({"schema": 1, **document}, default=str, indent=indent, allow_nan=False) + "\n")

    def ready_document(self, text: str) -> None:
        """The answer as JSON text that is made already (and names its schema) on stdout."""
        self.settings.answered = True
        write(sys.stdout, text)

    def story(self, text: str, style: str | None = None) -> None:
        """A remark for the person who watches, on stderr; none under --quiet."""
        if not self.settings.quiet:
            write(sys.stderr, painted(_lines(text), style, sys.stderr) + "\n")

    def table(
        self,
        headings: Sequence[str],
        rows: Iterable[Sequence[object]],
        *,
        right: Sequence[int] = (),
        whole: Sequence[int] = (),
        indent: int = 2,
    ) -> None:
        """Rows in columns on stdout: wrapped to the width of a terminal, else plain text in which no value is ever cut.

        `right` names the columns, from 0, whose values stand to the right (numbers), `whole` those that are never wrapped."""
        cells = [[printable(str(cell)) for cell in row] for row in rows]
        if sys.stdout.isatty():
            write(sys.stdout, _drawn(headings, cells, right, whole, indent))
        else:
            write(sys.stdout, _plain(headings, cells, right, indent))

    def aside(self, headings: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[int] = ()) -> None:
        """Rows in plain columns on stderr: figures that were asked for beside the answer."""
        write(sys.stderr, _plain(headings, [[printable(str(cell)) for cell in row] for row in rows], right, 2))


def coloured(stream: TextIO) -> bool:
    """Whether colours may be sent to `stream`: NO_COLOR forbids them, FORCE_COLOR wants them, else a terminal decides."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return os.environ["FORCE_COLOR"] != "0"
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def painted(text: str, style: str | None, stream: TextIO) -> str:
    """`text` in the colour `style` (a name such as "red") where colours may be sent to `stream`."""
    if style is None or not text or not coloured(stream):
        return text
    words = text.lstrip("\n")
    return f"{text[: len(text) - len(words)]}\x1b[{_STYLES[style]}m{words}\x1b[0m"


def complain(text: str, hint: str | None = None) -> None:
    """An error on stderr: one sentence, and what to do about it. Printed under --quiet too."""
    write(sys.stderr, painted("error: ", "red", sys.stderr) + _lines(text) + "\n")
    if hint:
        write(sys.stderr, painted("hint: ", "cyan", sys.stderr) + _lines(hint) + "\n")


def write(stream: TextIO, text: str) -> None:
    """Writes and flushes `text`. What can take no more leads nowhere from then on: a reader that went away (`... | head`) and a full disk
    under stderr neither end a run half-way nor change its exit code. Raises OSError where the answer itself found no room."""
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        if stream is sys.stdout and not isinstance(error, BrokenPipeError):
            raise OSError(error.errno, error.strerror, "what was printed") from error


def _plain(headings: Sequence[str], rows: list[list[str]], right: Sequence[int], indent: int) -> str:
    lines = [list(headings), *rows] if any(headings) else rows
    widths = [max((len(line[column]) for line in lines), default=0) for column in range(len(headings))]

    def laid(line: list[str]) -> str:
        cells = [cell.rjust(width) if at in right else cell.ljust(width) for at, (cell, width) in enumerate(zip(line, widths, strict=True))]
        return (" " * indent + "  ".join(cells)).rstrip() + "\n"

    return "".join(laid(line) for line in lines)


def _drawn(headings: Sequence[str], rows: list[list[str]], right: Sequence[int], whole: Sequence[int], indent: int) -> str:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    colour = coloured(sys.stdout)
    console = Console(file=sys.stdout, color_system="auto" if colour else None, highlight=False, markup=False, emoji=False)
    table = Table(box=SIMPLE_HEAD if any(headings) else None, show_header=any(headings), pad_edge=False, padding=(0, 2, 0, 0))
    for at, heading in enumerate(headings):
        table.add_column(Text(heading), justify="right" if at in right else "left", overflow="fold", no_wrap=at in whole)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    with console.capture() as captured:
        console.print(Padding(table, (0, 0, 0, indent)))
    lines = [line.rstrip() for line in captured.get().split("\n")]
    return "".join(f"{line}\n" for line in lines if line)


def _lines(text: str) -> str:
    """`text` with its line feeds kept and everything else that could act on a terminal escaped."""
    return "\n".join(printable(line) for line in text.split("\n"))
