"""Two districts that name one store: each would take the other's patrons for its own, and neither's keys would fit."""

from __future__ import annotations

from collections.abc import Iterable

from runner.job.document import Document
from runner.job.folders import district_key

SHARED_HINT = "one store holds one district: name another file or database, or another schema in the search path (docs/store.md)"


def shared_with(other: str) -> str:
    """What is wrong with a district's store that is the district `other`'s too."""
    return f"the district {other} has the same store"


def check_shared_stores(districts: Iterable[Document]) -> None:
    """Notes a problem in each district file whose store another one names as well."""
    owners: dict[str, Document] = {}
    for document in districts:
        named = named_store(document)
        if named is None:
            continue
        first = owners.setdefault(named, document)
        if first is not document:
            _note(document, first)
            _note(first, document)


def named_store(document: Document) -> str | None:
    """The store as written, a file by its whole path; None for a district's own embedded one."""
    store = document.text("store") if document.usable else None
    if store is None or "://" not in store:
        return None
    folder, file = document.path.parent, store.removeprefix("sqlite:///")
    return str((folder / file).resolve()) if file != store else store


def _note(document: Document, other: Document) -> None:
    document.problem("store-shared", shared_with(district_key(other.path.parent)), SHARED_HINT, at=("store",))
