"""What PyYAML complains about, in our words: its own texts quote the file and speak of tokens."""

from __future__ import annotations

from pathlib import Path

import yaml

from runner.job.yaml_habits import better_said
from runner.problems import Place, Problem

# A part of PyYAML's text, our code, our sentence, what to type. The first that fits is taken.
_FAULTS: tuple[tuple[str, str, str, str], ...] = (
    ("found character '\\t'", "yaml-tab", "a tab stands here; YAML wants spaces", "replace the tab by spaces"),
    ("mapping values are not allowed", "yaml-syntax", "a second colon, or a key that stands too far right",
     'put a value with ": " in it in quotes, or line the key up with its neighbours'),
    ("unexpected end of stream", "yaml-syntax", "a quote is opened here and never closed", "close the quote on the same line"),
    ("unexpected document separator", "yaml-syntax", "a quote is opened here and never closed", "close the quote on the same line"),
    ("expected ',' or '}'", "yaml-syntax", "a { } is not closed, or has braces inside a text without quotes",
     'close it, put commas between its parts, and quotes around texts with braces: "P {StudentID}"'),
    ("expected ',' or ']'", "yaml-syntax", "a [ ] is not closed", "close it, and put commas between its parts"),
    ("expected <block end>", "yaml-syntax", "this line is not in line with the ones above", "keys of one section begin in one column"),
    ("could not find expected ':'", "yaml-syntax", "a key without a colon", "write `key: value`"),
    ("expected alphabetic or numeric", "yaml-syntax", "a text that begins with * or & needs quotes", "put it in quotes"),
    ("unknown escape character", "yaml-syntax", "an escape in double quotes that YAML does not know", "use single quotes: 'like this'"),
    ("escape sequence", "yaml-syntax", "an escape in double quotes that is not complete", "use single quotes: 'like this'"),
    ("that cannot start any token", "yaml-syntax", "a text that begins with this character needs quotes", "put it in quotes"),
    ("found undefined tag handle", "yaml-tag", "tags are not allowed", "delete the word that begins with !"),
    ("while parsing a tag", "yaml-tag", "tags are not allowed", "delete the word that begins with !"),
    ("while scanning a tag", "yaml-tag", "tags are not allowed", "delete the word that begins with !"),
    ("%YAML", "yaml-documents", "lines that begin with % are not allowed", "delete the line and the --- after it"),
    ("%TAG", "yaml-documents", "lines that begin with % are not allowed", "delete the line and the --- after it"),
    ("directive", "yaml-documents", "lines that begin with % are not allowed", "delete the line and the --- after it"),
    ("expected '<document start>'", "yaml-syntax", "this line does not belong to what is above", "see where it begins"),
    ("expected the node content", "yaml-syntax", "a bracket is not closed, or a value is missing", "close it, or use quotes"),
    ("block scalar", "yaml-syntax", "after | or > only a line end may stand", "put the text on the lines below"),
)  # fmt: skip
_OTHERWISE = ("", "yaml-syntax", "this is not YAML", "look at quotes, brackets and the column in which the line begins")
_BEGINNING_HELPS = ("while scanning a quoted scalar found unexpected", "while scanning a simple key")  # more than the end


def fault_of(error: yaml.YAMLError, path: Path, text: str) -> Problem:
    """A problem in our words at the place that helps most."""
    said = f"{getattr(error, 'context', '') or ''} {getattr(error, 'problem', '') or ''}"
    _, code, sentence, hint = next((fault for fault in _FAULTS if fault[0] in said), _OTHERWISE)
    mark = getattr(error, "problem_mark", None)
    if mark is None or said.startswith(_BEGINNING_HELPS):
        mark = getattr(error, "context_mark", None) or mark
    if mark is None:
        return Problem(path, None, code, sentence, hint)
    if code == "yaml-syntax" and (better := better_said(text, said, mark.index)) is not None:
        place, sentence, hint = better
        return Problem(path, place or Place(mark.line + 1, mark.column + 1), code, sentence, hint)
    if code == "yaml-syntax" and _tab_before(text, mark.index):
        code, sentence, hint = _FAULTS[0][1:]
    opened = getattr(error, "context_mark", None)
    if "while parsing a flow" in said and opened is not None and opened.line < mark.line:
        hint = f"it opens in line {opened.line + 1}: {hint}"
    return Problem(path, Place(mark.line + 1, mark.column + 1), code, sentence, hint)


def _tab_before(text: str, index: int) -> bool:
    """Whether only blanks and a tab stand before the place on its line, or a tab right there."""
    start = max(text.rfind("\n", 0, index), text.rfind("\r", 0, index)) + 1
    lead = text[start:index]
    return text[index : index + 1] == "\t" or ("\t" in lead and not lead.strip())
