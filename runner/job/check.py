"""One file checked: schema first, then references, then the rules between keys. Everything that is wrong is found at once."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

from runner.job.characters import MAX_BYTES
from runner.job.document import Document, dotted
from runner.job.model import District
from runner.job.references import check_references
from runner.job.rules.column_rules import check_columns
from runner.job.rules.district_rules import check_district, check_district_name
from runner.job.rules.link_rules import check_links
from runner.job.rules.pattern_rules import check_patterns
from runner.job.rules.property_rules import check_properties
from runner.job.rules.removal_rules import check_guards, check_removal
from runner.job.rules.schedule_rules import check_schedule
from runner.job.rules.source_rules import check_source
from runner.job.schema_check import check_schema
from runner.job.strict_yaml import load_yaml
from runner.job.vouched import Vouched, mark_of
from runner.job.yaml_habits import has_typographic_quotes
from runner.problems import TOP, Problem

_JOB_RULES = (check_source, check_properties, check_columns, check_schedule, check_removal, check_guards, check_patterns)


def read_document(path: Path) -> Document:
    """The file as a Document; a file that cannot be read is a problem in it, not an exception."""
    raw = _bytes(path)
    return load_yaml(path, raw) if isinstance(raw, bytes) else _unreadable(path, raw)


def still_says(document: Document) -> bool:
    """Whether its file holds the bytes that the document was read from."""
    return _bytes(document.path) == document.raw


def check_district_document(document: Document, *, must_resolve: bool, vouched: Vouched | None = None) -> None:
    """Notes everything wrong with a district file. Of one that is `vouched` for only its references are looked at."""
    _check(document, "district", (check_district,), must_resolve=must_resolve, vouched=vouched)
    if document.usable:
        check_district_name(document)


def check_job_document(document: Document, district: District | None, *, must_resolve: bool, vouched: Vouched | None = None) -> None:
    """Notes everything wrong with a job file; what it names of its district only where the district is valid."""
    _check(document, "job", _JOB_RULES, must_resolve=must_resolve, vouched=vouched)
    if document.usable:
        if district is not None:
            check_links(document, district)
        _check_file_name(document)


def _check(
    document: Document, kind: str, rules: Sequence[Callable[[Document], None]], *, must_resolve: bool, vouched: Vouched | None
) -> None:
    if not document.usable:
        return
    check_references(document, must_resolve=must_resolve)
    mark = mark_of(kind, document) if vouched is not None else ""
    if vouched is not None and not document.problems and vouched.knows(mark):
        return
    check_schema(document, kind)
    _check_quotes(document)
    for rule in rules:
        rule(document)
    if vouched is not None:
        vouched.note(mark, document)


def _check_quotes(document: Document) -> None:
    """Notes texts whose quotes are letters: they came from a word processor or a mail."""
    for at, text in document.texts():
        if len(text) > 1 and at[-1] != "description" and has_typographic_quotes(text[0]) and has_typographic_quotes(text[-1]):
            what = f"`{dotted(at)}` has typographic quotes around it, which belong to the text"
            document.problem("typographic-quotes", what, "type straight ones, or none", at=at, severity="warning")


def _check_file_name(document: Document) -> None:
    name = document.text("name")
    if name == "district":
        other = f"district.yaml is the district's own file: write another name, such as {_another_name(document.path)}"
        document.problem("name-invalid", "`name` is `district`, which no job can be called", other, at=("name",))
    elif name is not None and name != document.path.stem and document.path.suffix in (".yaml", ".yml"):
        hint = f"rename the file to {name}.yaml, so that people find it" if "/" not in name and len(name) < 64 else None
        document.problem("name-differs-from-file", "`name` is not the file's own name", hint, at=("name",), severity="warning")


def _another_name(path: Path) -> str:
    return path.stem if path.suffix in (".yaml", ".yml") and path.stem != "district" else "students"


def _bytes(path: Path) -> bytes | str:
    """What a plain file holds, a little more than is allowed at most; or why it cannot be read."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", None) or "no such name"
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return "it is not a plain file"
        return file.read(MAX_BYTES + 1)


def _unreadable(path: Path, why: str) -> Document:
    document = Document(path)
    document.note(Problem(path, TOP, "file-unreadable", f"the file cannot be read: {why}", "look at its name and its rights"))
    return document
