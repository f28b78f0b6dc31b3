"""Rules of column names: by header name with a header, by position from 1 without."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runner.job.braces import column_hint
from runner.job.document import Document, Keys, dotted
from runner.job.template import TemplateFault, columns_of, parse_template

_TEMPLATES = ("template", "then", "else")


def check_columns(document: Document) -> None:
    """Notes columns that are named in a way that `source.format.header` does not allow."""
    header = document.get("source", "format", "header")
    for at, column in columns_named(document):
        if header is False:
            if not str(column).isdecimal() or int(column) < 1:
                text = f"`{dotted(at)}` names a column by a word, but the file has no header"
                document.problem("column-not-a-position", text, "write its position, counted from 1", at=at)
        elif isinstance(column, int):
            text = f"`{dotted(at)}` is a number, but the file has a header"
            document.problem("column-needs-quotes", text, f'write "{column}" if the header says so, or set header: false', at=at)
        elif at[-1] not in _TEMPLATES and "map" not in at and (hint := column_hint(column)):
            document.problem("braces-in-column", f"`{dotted(at)}` is a column's name with braces", hint, at=at, severity="warning")


def columns_named(document: Document) -> Iterator[tuple[Keys, Any]]:
    """Every source column that the mapping names, with its place."""
    for name, value in document.mapping("properties", "fields").items():
        at: Keys = ("properties", "fields", name)
        if isinstance(value, (str, int)) and not isinstance(value, bool):
            yield at, value
        else:
            yield from _inside(at, value)
    for rule in ("skip_when", "delete_when", "associate_when"):
        yield from _inside(("properties", rule), document.get("properties", rule))


def _inside(at: Keys, value: Any) -> Iterator[tuple[Keys, Any]]:
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _inside((*at, index), inner)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _of_key((*at, key), key, inner)


def _of_key(at: Keys, key: str, inner: Any) -> Iterator[tuple[Keys, Any]]:
    if key == "column" and isinstance(inner, (str, int)) and not isinstance(inner, bool):
        yield at, inner
    elif key == "first_of" and isinstance(inner, list):
        yield from (((*at, index), column) for index, column in enumerate(inner) if isinstance(column, (str, int)))
    elif key == "map" and isinstance(inner, dict):
        for name, result in inner.items():
            yield from _of_template((*at, name), result)
    elif key in _TEMPLATES:
        yield from _of_template(at, inner)
    else:
        yield from _inside(at, inner)


def _of_template(at: Keys, text: Any) -> Iterator[tuple[Keys, Any]]:
    if isinstance(text, str):
        try:
            yield from ((at, column) for column in columns_of(parse_template(text)))
        except TemplateFault:
            return
