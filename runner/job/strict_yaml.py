"""A strict YAML 1.2 loader on PyYAML's events: plain data with a place for every key and value, and problems instead of exceptions.

Only `true` and `false` are booleans, only plain decimal numbers are numbers (those with a point are exact Decimals), everything else is
text: `12:30`, `NO`, `0123` and `2026-03-08` stay what was typed. Keys are always the text that was typed. Nothing is constructed from
tags, anchors or aliases; nothing grows beyond the file's own size.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from runner.job.braces import doubled_hint, unquoted
from runner.job.characters import code_of, decode
from runner.job.document import Document, Keys, dotted
from runner.job.scalars import NULLS, meaning_of
from runner.job.yaml_faults import fault_of
from runner.problems import TOP, Place, Problem

MAX_DEPTH = 20
MAX_VALUES = 20_000
# Printable letters of the first plane and line feeds. Tabs, other line ends, question marks and the rest the two take differently.
_PLAIN = re.compile("[\\n\\x20-\\x3e\\x40-\\x7e\\xa0-\\u2027\\u202a-\\ud7ff\\ue000-\\ufefe]*")
_MOST_BRACKETS = 5_000  # more are no district, and would be read twice before they are refused


def load_yaml(path: Path, raw: bytes) -> Document:
    """The file as a Document; never raises for anything in the bytes. (docs/promises.md I7.)"""
    document = Document(path, raw)
    text = decode(document)
    if text is not None:
        _Builder(document).build(text)
    return document


def _by_libyaml(text: str) -> list[Event] | None:
    """The events as libyaml sees them, where PyYAML has it: ten times faster for a large district.

    None for whatever it complains about, and where the two are known to differ: PyYAML's own parser then has the word, and its places."""
    parser = getattr(yaml, "CSafeLoader", None)
    if parser is None or not _PLAIN.fullmatch(text) or text.count("[") + text.count("{") > _MOST_BRACKETS:
        return None
    try:
        events = list(yaml.parse(text, Loader=parser))
    except (yaml.YAMLError, ValueError, OverflowError, TypeError):
        return None
    for event in events:
        if isinstance(event, ScalarEvent):
            if event.style in ("|", ">") or not (event.style or event.value):
                return None  # what may follow a block's mark, and where a missing value is missing, the two see differently
            event.style = event.style or None  # libyaml calls a plain scalar's style ""
    return events


class _Stop(Exception):
    """The rest of the file is not worth reading; the problem is noted."""


class _Frame:
    """An open collection. `path` is None below something that is thrown away.

    In a mapping `waiting` says that a key was read and its value comes next; `key` is None where both are thrown away."""

    __slots__ = ("key", "made", "path", "single", "start", "waiting")

    def __init__(self, made: dict[str, Any] | list[Any], path: Keys | None, start: Event) -> None:
        self.made = made
        self.path = path
        self.start = start
        self.waiting = False
        self.key: str | None = None
        self.single: str | None = None  # the only key so far, while its value is missing: an unquoted {Column}


class _Builder:
    """Turns events into data, one event at a time, without recursion."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.frames: list[_Frame] = []
        self.count = 0
        self.documents = 0
        self.root: Any = None

    def build(self, text: str) -> None:
        try:
            for event in self._events(text):
                self._take(event)
        except _Stop:
            return
        self._finish()

    def _events(self, text: str) -> Iterator[Event]:
        quick = _by_libyaml(text)
        if quick is not None:
            yield from quick
            return
        try:
            yield from yaml.parse(text, Loader=yaml.SafeLoader)
        except yaml.YAMLError as error:
            self.document.note(fault_of(error, self.document.path, text))
            raise _Stop from None
        except (ValueError, OverflowError, IndexError, TypeError, AttributeError, KeyError, RecursionError):
            # PyYAML lets such through, for instance chr() of an escape beyond Unicode. What it says may quote the file.
            self.document.note(
                Problem(self.document.path, TOP, "yaml-syntax", "the file is not YAML", "look for odd escapes in double quotes")
            )
            raise _Stop from None

    def _take(self, event: Event) -> None:
        if isinstance(event, DocumentStartEvent):
            self._document(event)
        elif isinstance(event, (MappingStartEvent, SequenceStartEvent)):
            self._check_node(event)
            self._open(event)
        elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
            self._close()
        elif isinstance(event, ScalarEvent):
            self._check_node(event)
            self._scalar(event)
        elif isinstance(event, AliasEvent):
            text = "anchors, aliases and merge keys are not allowed"
            self._note("yaml-anchor", event, text, "write the value out; a text that begins with * needs quotes")
            self._value(event, None, known=False)

    def _document(self, event: DocumentStartEvent) -> None:
        self.documents += 1
        if event.version or event.tags:
            self._note("yaml-documents", event, "lines that begin with % are not allowed", "delete the line and the --- after it")
        if self.documents > 1:
            self._note("yaml-documents", event, "a second document begins here; a file holds one", "make a file of its own of it")
            raise _Stop

    def _check_node(self, event: Any) -> None:
        self.count += 1
        if self.count > MAX_VALUES:
            self._note("yaml-too-many-values", event, f"the file holds more than {MAX_VALUES:,} values", "split the file")
            raise _Stop
        if event.anchor:
            text = "anchors, aliases and merge keys are not allowed"
            self._note("yaml-anchor", event, text, "write the value out where it is needed; a text that begins with & needs quotes")
        if event.tag:
            self._note(
                "yaml-tag", event, "tags are not allowed", "delete the word that begins with !; a text that begins with ! needs quotes"
            )

    def _open(self, event: Any) -> None:
        if len(self.frames) >= MAX_DEPTH:
            self._note(
                "yaml-too-deep",
                event,
                f"the file is nested deeper than {MAX_DEPTH} levels",
                "no key needs that: look for brackets too many",
            )
            raise _Stop
        made: dict[str, Any] | list[Any] = {} if isinstance(event, MappingStartEvent) else []
        if self._at_key():
            braces = isinstance(event, MappingStartEvent) and event.flow_style
            hint = doubled_hint(self.frames[-1].path) if braces else "write a word"
            code = "unquoted-braces" if braces else "key-not-text"
            self._note(code, event, "braces without quotes make a mapping" if braces else "a key must be text", hint)
            self._drop_entry()
            path = None
        else:
            path = self._value(event, made, known=not event.tag)
        self.frames.append(_Frame(made, path, event))

    def _close(self) -> None:
        frame = self.frames.pop()
        if frame.single is not None and getattr(frame.start, "flow_style", False) and len(frame.made) == 1 and frame.path:
            self._note("unquoted-braces", frame.start, *unquoted(frame.path, frame.single))
            self.document.unknown.add(frame.path)

    def _scalar(self, event: ScalarEvent) -> None:
        if self._at_key():
            self._key(event)
            return
        usable = self._check_characters(event)
        frame = self.frames[-1] if self.frames else None
        if frame is not None and isinstance(frame.made, dict):
            missing = event.value == "" and event.style is None
            frame.single = frame.key if missing and not frame.made else None
        self._value(event, meaning_of(event), known=usable and not event.tag)

    def _key(self, event: ScalarEvent) -> None:
        frame = self.frames[-1]
        assert isinstance(frame.made, dict)
        self._check_characters(event)
        plain = event.style is None
        frame.waiting, frame.key = True, event.value
        if plain and event.value in NULLS:
            self._note("key-not-text", event, "a key must be text", 'write a word, or put it in quotes: "null"')
            self._drop_entry()
        elif plain and event.value == "<<":
            self._note("yaml-anchor", event, "anchors, aliases and merge keys are not allowed", "write the keys out")
            self._drop_entry()
        elif event.value in frame.made:
            at = (*(frame.path or ()), event.value)
            first = self.document.keys.get(at)
            where = f" (first in line {first.line})" if first else ""
            self._note(
                "duplicate-key", event, f"`{_shown(event.value)}` stands here a second time{where}", "keep one of the two", key=dotted(at)
            )
            frame.key = None
        elif frame.path is not None:
            self.document.keys[(*frame.path, event.value)] = _place(event)

    def _value(self, event: Event, value: Any, *, known: bool) -> Keys | None:
        """Puts a value where it belongs; gives its path, None where it is thrown away."""
        if not self.frames:
            self.root = value
            self.document.values[()] = _place(event)
            return ()
        frame = self.frames[-1]
        if isinstance(frame.made, list):
            part: str | int = len(frame.made)
            frame.made.append(value)
        elif not frame.waiting:  # an alias as a key
            self._drop_entry()
            return None
        else:
            frame.waiting = False
            if frame.key is None:
                return None
            part = frame.key
            frame.made[part] = value
        if frame.path is None:
            return None
        path = (*frame.path, part)
        self.document.values[path] = _place(event)
        if not known:
            self.document.unknown.add(path)
        return path

    def _check_characters(self, event: ScalarEvent) -> bool:
        """Whether a text can be used: escapes make what the file itself may not hold (NUL, half a surrogate). Whoever writes the escape of
        another character that nobody sees means it: a column may be named so."""
        if event.value.isascii() and event.value.isprintable():
            return True
        for character in event.value:
            if character not in "\t\n\r" and code_of(character) == "control-character":
                text = f"this text holds a character that cannot be shown (U+{ord(character):04X})"
                self._note("control-character", event, text, "leave it out")
                return False
        return True

    def _at_key(self) -> bool:
        return bool(self.frames) and isinstance(self.frames[-1].made, dict) and not self.frames[-1].waiting

    def _drop_entry(self) -> None:
        """The key just read cannot be used: its value is thrown away, and nothing more is said of the mapping it stands in."""
        frame = self.frames[-1]
        frame.waiting, frame.key = True, None
        if frame.path:
            self.document.unknown.add(frame.path)

    def _note(self, code: str, event: Event, text: str, hint: str, key: str | None = None) -> None:
        self.document.note(Problem(self.document.path, _place(event), code, text, hint, key))

    def _finish(self) -> None:
        if isinstance(self.root, dict):
            self.document.data = self.root
            self.document.usable = True
        elif self.documents == 0 or self.root is None:
            self.document.note(
                Problem(self.document.path, TOP, "empty-file", "the file says nothing", "`runner new` writes one to begin with")
            )
        else:
            place = self.document.values.get(())
            self.document.note(
                Problem(self.document.path, place, "not-a-mapping", "the file must be keys with values", "begin with `version: 1`")
            )


def _place(event: Event) -> Place:
    mark = event.start_mark
    assert mark is not None  # only hand-made events have none
    return Place(mark.line + 1, mark.column + 1)


def _shown(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
