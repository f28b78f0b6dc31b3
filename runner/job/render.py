"""Problems for people and for programs: text with the line and a caret, one line each, JSON, or GitHub's workflow commands.

Whatever comes from a file is made printable, and what may be a secret is never shown, however the line is broken.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal

from runner.job.characters import lines_of
from runner.problems import Problem

Form = Literal["text", "concise", "json", "github"]
MASK = "***"
_WIDTH = 120
_LONGEST = 2000  # of a longer line nothing is shown: what stands in it is for programs
# A key that may hold a secret, and its value up to the end of the line or of a flow mapping's entry; references may be seen.
_SECRET_VALUE = re.compile(
    r"""(?ix)
    (["']?[\w-]{0,40}(?:password|passphrase|secret|token|credential|api_?key|private_?key)[\w-]{0,40}["']?[ ]{0,9}:\s*)
    (?!["']?\$\{(?:env|file):[^{}]*\}["']?\s*(?:[,}]|$))
    ("[^"]*"?|'[^']*'?|[^,}\s][^,}]*)"""
)
_URL_PASSWORD = re.compile(r"(://[^/\s:@]*:)(?!\$\{[^{}]*\}@)[^\s@]+(?=@)")
_KEY_BEGIN, _KEY_END = re.compile("-----BEGIN [A-Z0-9 ]*PRIVATE KEY"), re.compile("-----END [A-Z0-9 ]*PRIVATE KEY")


def render(problems: Iterable[Problem], form: Form = "text") -> str:
    """The problems in one of four forms, without a line end after the last; "" for none (JSON: an empty list)."""
    return _FORMS[form](list(problems))


def plain(problem: Problem) -> dict[str, Any]:
    """The problem as plain values for JSON; every key is always there."""
    place = problem.place
    return {
        "path": str(problem.path), "line": place.line if place else None, "column": place.column if place else None,
        "severity": problem.severity, "code": problem.code, "key": problem.key, "text": problem.text, "hint": problem.hint,
    }  # fmt: skip


def printable(text: str) -> str:
    """The text with everything that a terminal would obey or not show written as an escape."""
    return "".join(_escaped(character) if not character.isascii() or not character.isprintable() else character for character in text)


def masked_line(lines: list[str], number: int) -> str:
    """Line `number` (from 1) with everything masked that may be a secret."""
    line = lines[number - 1]
    if _inside_key(lines[:number]):
        return MASK
    return _URL_PASSWORD.sub(rf"\1{MASK}", _SECRET_VALUE.sub(rf"\1{MASK}", line))


def _text(problems: list[Problem]) -> str:
    return "\n".join(line for problem in problems for line in (_headline(problem), *_excerpt(problem), *_hint(problem)))


def _concise(problems: list[Problem]) -> str:
    return "\n".join(_headline(problem) for problem in problems)


def _json(problems: list[Problem]) -> str:
    return json.dumps({"schema": 1, "problems": [plain(problem) for problem in problems]}, ensure_ascii=True, indent=2)


def _github(problems: list[Problem]) -> str:
    return "\n".join(_command(problem) for problem in problems)


_FORMS: dict[str, Callable[[list[Problem]], str]] = {"text": _text, "concise": _concise, "json": _json, "github": _github}


def _headline(problem: Problem) -> str:
    place = f":{problem.place.line}:{problem.place.column}" if problem.place else ""
    return printable(f"{problem.path}{place}: {problem.severity} {problem.code}: {problem.text}")


def _hint(problem: Problem) -> list[str]:
    return [f"  hint: {printable(problem.hint)}"] if problem.hint else []


def _excerpt(problem: Problem) -> list[str]:
    """The line and a caret; the line alone where the mask has moved what stands after it."""
    if problem.place is None:
        return []
    try:
        with problem.path.open("rb") as file:
            lines = lines_of(file.read(1 << 18))
        line = lines[problem.place.line - 1]
        shown = masked_line(lines, problem.place.line) if len(line) <= _LONGEST else ""
    except (OSError, IndexError, ValueError):
        return []
    if not shown:
        return []
    column = problem.place.column - 1
    if problem.code == "secret-in-clear":  # an odd key may hold it: nothing after the place is shown
        shown = shown[:column] + MASK
    before = printable(shown[:column]) if shown[:column] == line[:column] else None
    start = max(0, len(before or "") - 80)
    excerpt = f"  | {printable(shown)[start : start + _WIDTH]}"
    return [excerpt] if before is None else [excerpt, f"  | {' ' * (len(before) - start)}^"]


def _command(problem: Problem) -> str:
    place = f",line={problem.place.line},col={problem.place.column}" if problem.place else ""
    told = printable(problem.text + (f"; {problem.hint}" if problem.hint else ""))
    return f"::{problem.severity} file={_property(problem.path)}{place},title={_property(problem.code)}::{_data(told)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: Path | str) -> str:
    return _data(printable(str(value))).replace(":", "%3A").replace(",", "%2C")


def _inside_key(lines: list[str]) -> bool:
    opened = False
    for line in lines:
        opened = bool(_KEY_BEGIN.search(line)) or (opened and not _KEY_END.search(line))
    return opened or bool(_KEY_END.search(lines[-1]))


def _escaped(character: str) -> str:
    if unicodedata.category(character)[0] != "C" and unicodedata.category(character) not in ("Zl", "Zp"):
        return character
    number = ord(character)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
