"""What the jobs of one district may not have in common: a name, and better not a circulation table."""

from __future__ import annotations

from collections.abc import Iterable

from runner.job.document import Document


def check_together(documents: Iterable[Document]) -> None:
    """Notes a problem in each job file that has the name of another one, or loads the table that another one loads."""
    names: dict[str, Document] = {}
    tables: dict[str, Document] = {}
    for document in documents:
        if (name := document.text("name")) is not None and (first := names.setdefault(name, document)) is not document:
            _note_name(document, f"a job of this name is in {first.path.name} already")
            _note_name(first, f"a job of this name is in {document.path.name} as well")
        if (table := _loaded(document)) is not None and (first := tables.setdefault(table, document)) is not document:
            _note_table(document, first, table)
            _note_table(first, document, table)


def _note_name(document: Document, text: str) -> None:
    document.problem("duplicate-job", text, "give one of the two another name", at=("name",))


def _loaded(document: Document) -> str | None:
    """The table that the job's loads replace; None where it loads none, or is switched off."""
    loads = document.get("kind") == "circulation" and document.get("enabled") is not False
    return document.text("properties", "table") if loads else None


def _note_table(document: Document, other: Document, table: str) -> None:
    text = f"{other.path.name} loads {table} too, and each load replaces the whole table: the rows of the other one are gone"
    hint = "let one job load one file with the rows of all sites, or switch one of the two off: enabled: false"
    document.problem("table-loaded-twice", text, hint, at=("properties", "table"), severity="warning")
