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
from runner.job.secret import SECRET_WORDS
from runner.problems import Problem

Form = Literal["text", "concise", "json", "github"]
MASK = "***"
_WIDTH = 120
_LONGEST = 2000  # of a longer line nothing is shown: what stands in it is for programs
# What else somebody may write in the place of `password`: the key is not known then, and its value no less a secret.
_NEARLY = "pass|psw|pword"
# A key that may hold a secret; `null_tokens` has the word in it and holds none.
_SECRET_KEY = rf"""(?ix)
    (?<![\w-])["']?(?!null_tokens\b)[\w-]*(?:{SECRET_WORDS}|{_NEARLY})[\w-]*["']?[ ]{{0,9}}:"""
_SECRET_ABOVE = re.compile(_SECRET_KEY + r"\s*(?:\#.*)?$")
# Its value up to the end of the line or of a flow mapping's entry; references may be seen.
_SECRET_VALUE = re.compile(
    _SECRET_KEY
    + r"""\s*
    (?!["']?\$\{(?:env|file):[^{}]*\}["']?\s*(?:[,}]|$))
    (?P<secret>"[^"]*"?|'[^']*'?|[^,}\s][^,}]*)"""
)
_URL_PASSWORD = re.compile(r"://[^/\s:@]*:(?!\$\{[^{}]*\}@)(?P<secret>[^\s@]+)(?=@)")
# Of a web address what follows the host: who has it can post to a webhook, or tell a watcher that all is well.
_URL_PATH = re.compile(r"""https?://[^/\s"',{}]*/(?!\S*\$\{)(?P<secret>[^\s"',{}]+)""", re.IGNORECASE)
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
    return _masked(lines, number, 0)[0]


def _masked(lines: list[str], number: int, column: int) -> tuple[str, int]:
    """Line `number` masked, and where in it stands what stood at `column` (from 0): at a mask's beginning what is behind the mask."""
    line = lines[number - 1]
    if _inside_key(lines[:number]):
        return MASK, 0
    spans = sorted(found.span("secret") for pattern in (_SECRET_VALUE, _URL_PASSWORD, _URL_PATH) for found in pattern.finditer(line))
    if _below_secret_key(lines[:number]):
        spans = [(len(line) - len(line.lstrip()), len(line))]
    shown, at, moved = "", 0, column
    for start, end in spans:
        if start < at:  # inside of one that is masked already
            at = max(at, end)
            continue
        shown += line[at:start] + MASK
        if column >= start:
            moved = len(shown) + (column - end if column >= end else -len(MASK))
        at = end
    return shown + line[at:], moved


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
    """The line and a caret below the place."""
    if problem.place is None or not problem.path.is_file():  # one that is no plain file could hold us up
        return []
    try:
        with problem.path.open("rb") as file:
            lines = lines_of(file.read(1 << 18))
        line = lines[problem.place.line - 1]
        shown, column = _masked(lines, problem.place.line, problem.place.column - 1) if len(line) <= _LONGEST else ("", 0)
    except (OSError, IndexError, ValueError):
        return []
    if not shown:
        return []
    if problem.code == "secret-in-clear":  # an odd key may hold it: nothing after the place is shown
        shown = shown[:column] + MASK
    before = len(printable(shown[:column]))
    start = max(0, before - 80)
    return [f"  | {printable(shown)[start : start + _WIDTH]}", f"  | {' ' * (before - start)}^"]


def _command(problem: Problem) -> str:
    place = f",line={problem.place.line},col={problem.place.column}" if problem.place else ""
    told = printable(problem.text + (f"; {problem.hint}" if problem.hint else ""))
    return f"::{problem.severity} file={_property(problem.path)}{place},title={_property(problem.code)}::{_data(told)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: Path | str) -> str:
    return _data(printable(str(value))).replace(":", "%3A").replace(",", "%2C")


def _below_secret_key(lines: list[str]) -> bool:
    """Whether the last of `lines` belongs to the value of a key that may hold a secret, by how far the lines are indented."""
    *above, last = lines
    depth = _depth(last) + last.lstrip().startswith("-")  # a list may stand right below its key
    for line in reversed(above):
        if depth and line.strip() and _depth(line) < depth:
            if len(line) > _LONGEST or _begins_secret(line):
                return True
            depth = _depth(line)
    return False


def _begins_secret(line: str) -> bool:
    """Whether the value of a key that may hold a secret begins on the line, or below it, and may go on in the next."""
    open_ended = not line.rstrip().endswith("}")
    return open_ended and bool(_SECRET_ABOVE.search(line) or _SECRET_VALUE.search(line))


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


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
