"""The examples of a job (`<job>_test.yaml` beside it): rows, and the records that are expected of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from runner.errors import InvalidFiles
from runner.fields import FIELDS
from runner.job.check import read_document
from runner.job.document import Document
from runner.job.near import did_you_mean
from runner.job.schema_check import check_schema
from runner.problems import Problem

_ANSWERS = ("refused", "skipped")
_CIRCULATION = ("item_barcode", "due_date", "amount")


class Example(Struct, frozen=True):
    """One row and what is expected of it. `store` is None for a new patron; `fields` maps target fields to text, or None for absent;
    `refused` is a message's code; exactly one of `fields`, `refused`, `skipped` is set. `line` is where it stands in its file."""

    name: str
    line: int
    row: Mapping[str, str]
    store: Mapping[str, str | None] | None
    fields: Mapping[str, str | None] | None
    refused: str | None
    skipped: bool


def load_examples(path: Path) -> tuple[Example, ...]:
    """The examples of a file. Raises InvalidFiles with every problem."""
    document = _checked(path)
    if document.has_errors():
        raise InvalidFiles(f"{path} is not valid", "put it right, then type `runner check`", problems=tuple(document.problems))
    return tuple(_example(document, index) for index, _ in enumerate(document.items("examples")))


def check_examples(path: Path) -> list[Problem]:
    """Every problem of a file of examples."""
    return _checked(path).problems


def _checked(path: Path) -> Document:
    document = read_document(path)
    if not document.usable:
        return document
    check_schema(document, "test")
    seen: set[str] = set()
    for index, _ in enumerate(document.items("examples")):
        name = document.text("examples", index, "name")
        if name is not None and name in seen:
            document.problem(
                "duplicate-item", "an example of this name stands above", "give it another name", at=("examples", index, "name")
            )
        seen.add(name or "")
        _check_names(document, index)
    return document


def _check_names(document: Document, index: int) -> None:
    expect = document.mapping("examples", index, "expect")
    answers = [key for key in _ANSWERS if key in expect]
    if answers and len(expect) > 1:
        text = f"`{answers[0]}` stands alone: such a record has no values"
        document.problem("exactly-one", text, "keep it, or the fields", at=("examples", index, "expect"))
    known = (*FIELDS, *_CIRCULATION)
    for part in ("store", "expect"):
        for name in document.mapping("examples", index, part):
            if name not in (*known, *_ANSWERS):
                hint = did_you_mean(name, known) or "see docs/job-reference.md for the fields"
                document.problem("unknown-key", f"`{name}` is not a field", hint, at=("examples", index, part, name), on="key")


def _example(document: Document, index: int) -> Example:
    data: dict[str, Any] = document.items("examples")[index]
    place = document.place(("examples", index))
    expect = data["expect"]
    answered = any(key in expect for key in _ANSWERS)
    return Example(
        name=data["name"],
        line=place.line if place else 1,
        row=data["row"],
        store=data.get("store"),
        fields=None if answered else expect,
        refused=expect.get("refused"),
        skipped=expect.get("skipped", False),
    )
