"""A problem of a file, told the way compilers tell it: place, code, sentence, the line with a caret, what to type instead."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from runner.problems import Problem
from runner.report.printable import printable


def as_text(problem: object) -> str:
    """`path:line:column: error CODE: ...`, then the line with a caret and the hint (docs/interface.md section 4)."""
    known = cast(Problem, problem)
    lines = [as_line(known), *_shown(known)]
    if known.hint:
        lines.append(f"  hint: {printable(known.hint)}")
    return "\n".join(lines)


def as_line(problem: Problem) -> str:
    """The first line of `as_text` alone, for editors and grep."""
    place = f":{problem.place.line}:{problem.place.column}" if problem.place else ""
    return printable(f"{problem.path}{place}: {problem.severity} {problem.code}: {problem.text}")


def as_github(problem: Problem) -> str:
    """A workflow command that GitHub shows beside the line of a pull request."""
    place = f",line={problem.place.line},col={problem.place.column}" if problem.place else ""
    told = problem.text + (f" ({problem.hint})" if problem.hint else "")
    return f"::{problem.severity} file={_property(problem.path)}{place},title={_property(problem.code)}::{_data(told)}"


def as_document(problem: object) -> dict[str, Any]:
    """The problem as plain values for JSON; every key is always there."""
    known = cast(Problem, problem)
    return {
        "path": str(known.path),
        "line": known.place.line if known.place else None,
        "column": known.place.column if known.place else None,
        "severity": known.severity,
        "code": known.code,
        "key": known.key,
        "text": known.text,
        "hint": known.hint,
    }


def _shown(problem: Problem) -> list[str]:
    """The line of the file with a caret below; nothing where the file or the line cannot be read."""
    if problem.place is None or problem.code == "secret-in-clear":
        return []
    try:
        # `splitlines` would also break at form feeds and U+2028, which YAML does not count as lines.
        lines = Path(problem.path).read_bytes()[: 1 << 18].decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
        raw = lines[problem.place.line - 1].rstrip("\r").removeprefix("\ufeff")
    except (OSError, IndexError):
        return []
    before, after = raw[: problem.place.column - 1], raw[problem.place.column - 1 :]
    start, shown = printable(before.replace("\t", " "))[-60:], printable(after.replace("\t", " "))[:80]
    return [f"  | {start}{shown}", f"  | {' ' * len(start)}^"]


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: object) -> str:
    return _data(str(value)).replace(":", "%3A").replace(",", "%2C")
