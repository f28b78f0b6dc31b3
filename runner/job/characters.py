"""The bytes of a YAML file as text, with control and invisible characters found before anybody is deceived by them."""

from __future__ import annotations

import re
import unicodedata

from runner.job.document import Document
from runner.problems import TOP, Place, Problem

MAX_BYTES = 256 * 1024
MAX_FOUND = 20  # a binary file would give one problem per byte
_LINE_END = re.compile(r"\r\n|\r|\n")
_SUSPECT = re.compile("[^\t\n\r\x20-\x7e]")  # everything but plain ASCII is looked at


def decode(document: Document) -> str | None:
    """The file's text (UTF-8, or UTF-16 with a byte order mark); None after noting why there is none."""
    raw = document.raw
    if len(raw) > MAX_BYTES:
        hint = "split the file; a long value map belongs into the file that is fed"
        document.note(
            Problem(document.path, TOP, "file-too-big", f"the file has more than {MAX_BYTES:,} bytes, and no more are read", hint)
        )
        return None
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode(encoding, "replace")
        text_of = f"byte {error.start + 1} of the file is not {'UTF-16' if encoding == 'utf-16' else 'UTF-8'}"
        document.note(Problem(document.path, _place(before, len(before)), "not-utf8", text_of, "save the file as UTF-8"))
        return None
    return text if _is_plain(document, text) else None


def lines_of(raw: bytes) -> list[str]:
    """The file's lines for showing, whatever its encoding and line ends."""
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return _LINE_END.split(raw[:MAX_BYTES].decode(encoding, "replace"))


def suspects(text: str) -> list[tuple[int, str, str]]:
    """Characters that nobody can see: index, code and name of each, at most MAX_FOUND."""
    found = []
    for match in _SUSPECT.finditer(text):
        code = code_of(match.group())
        if code is not None:
            found.append((match.start(), code, f"U+{ord(match.group()):04X}"))
            if len(found) == MAX_FOUND:
                break
    return found


def code_of(character: str) -> str | None:
    """`control-character`, `invisible-character`, or None for a character that can be seen."""
    category = unicodedata.category(character)
    if category in ("Cc", "Cs") or ord(character) & 0xFFFE == 0xFFFE:
        return "control-character"
    if category in ("Cf", "Zl", "Zp") or (category == "Zs" and character != " "):
        return "invisible-character"
    return None


def _is_plain(document: Document, text: str) -> bool:
    found = suspects(text)
    for index, code, name in found:
        what = "a control character" if code == "control-character" else "a character that cannot be seen"
        hint = "type an ordinary blank" if unicodedata.category(text[index]) == "Zs" else "delete it"
        hint += ', or write it as an escape such as "\\u00a0" inside double quotes if it is meant'
        document.note(Problem(document.path, _place(text, index), code, f"here stands {what} ({name})", hint))
    return not found


def _place(text: str, index: int) -> Place:
    ends = [match.end() for match in _LINE_END.finditer(text, 0, index)]
    return Place(len(ends) + 1, index - (ends[-1] if ends else 0) + 1)
