"""What people really did where YAML only sees that something does not fit: quotes, blanks after colons, hyphens, typographic quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from runner.problems import Place

_TYPOGRAPHIC = re.compile("[\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb]")
STRAIGHT = "these are typographic quotes, which are letters to YAML: type straight ones"
_NO_BLANK = re.compile(r"\s*(?:- )?[A-Za-z_]\w*:[^\s:/]")
_CLOSED = (
    "something stands behind a closing quote",
    'quote the whole value; inside \'single quotes\' an apostrophe is written twice, inside "double quotes" a quote is \\"',
)
_NOT_CLOSED = ("a quote is opened here and never closed", "close the quote on the same line")


def has_typographic_quotes(text: str) -> bool:
    """Whether the text has quotes as word processors and mail programs write them."""
    return _TYPOGRAPHIC.search(text) is not None


def better_said(text: str, said: str, index: int) -> tuple[Place | None, str, str] | None:
    """Place (None: where YAML saw it), sentence and hint for a fault that YAML noticed at `index`; None where it is what it says."""
    line = _line_at(text, index)
    if "expected <block end>" in said or "mapping values are not allowed" in said:
        quoted = _quoted_before(text, index)
        if quoted is not None and quoted.end_mark.line > quoted.start_mark.line:
            return Place(quoted.start_mark.line + 1, quoted.start_mark.column + 1), *_NOT_CLOSED
        if quoted is not None and not text[quoted.end_mark.index : index].strip():
            return None, *_CLOSED
    if has_typographic_quotes(line):
        return None, "this cannot be read as it stands", STRAIGHT
    if "found '-'" in said:
        return None, "a hyphen begins a list, and here stands a key of the section above", "take the hyphen away"
    if "could not find expected ':'" in said and _NO_BLANK.match(line):
        return None, "a blank is missing after the colon", "write `key: value`"
    return None


def _line_at(text: str, index: int) -> str:
    start = max(text.rfind("\n", 0, index), text.rfind("\r", 0, index)) + 1
    return re.split("[\r\n]", text[start:], maxsplit=1)[0]


def _quoted_before(text: str, index: int) -> yaml.ScalarToken | None:
    """The quoted text that ends before `index` on the same line, if the last thing there is one."""
    last = None
    for token in _tokens(text):
        if token.start_mark.index >= index:
            break
        last = token
    if isinstance(last, yaml.ScalarToken) and last.style in ("'", '"') and not re.search("[\r\n]", text[last.end_mark.index : index]):
        return last
    return None


def _tokens(text: str) -> Iterator[yaml.Token]:
    """The file's words, as far as they can be told apart."""
    try:
        yield from yaml.scan(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return
