"""Rules of `properties`: what matching needs, what a table has, and which fields need each other."""

from __future__ import annotations

from runner.job.document import Document
from runner.job.near import listed
from runner.job.rules.condition_rules import check_condition
from runner.job.rules.field_rules import check_field

_FIELDS = ("properties", "fields")
_KEY_OF = {"district_id": "district_id", "site_and_barcode": "barcode"}
# Per circulation table: what must be mapped besides the key, and what may be.
_TABLES = {
    "checkouts": (("site", "item_barcode"), ("due_date",)),
    "fines": (("site", "amount"), ()),
    "holds": (("site", "item_barcode"), ()),
}


def check_properties(document: Document) -> None:
    """Notes what is wrong with the mapping as a whole and with each of its fields and rules."""
    for name in document.mapping(*_FIELDS):
        check_field(document, (*_FIELDS, name))
    for rule in ("skip_when", "delete_when", "associate_when"):
        check_condition(document, ("properties", rule))
    _check_key(document)
    if document.get("kind") == "circulation":
        _check_table(document)
    elif document.mapping(*_FIELDS):
        _check_patrons(document)


def _check_key(document: Document) -> None:
    key = _KEY_OF.get(str(document.get("properties", "match_by")))
    if key and document.mapping(*_FIELDS) and key not in document.mapping(*_FIELDS):
        text = f"records are matched by `{key}`, and no column is mapped to it"
        document.problem("key-not-mapped", text, f"write {key}: COLUMN under fields", at=("properties", "match_by"))


def _check_patrons(document: Document) -> None:
    fields = document.mapping(*_FIELDS)
    if "password" in fields and "username" not in fields:
        text = "`password` is mapped and `username` is not; a password is only written with a username"
        document.problem("password-needs-username", text, "map username too", at=(*_FIELDS, "password"), on="key")
    missing = [name for name in ("barcode", "last_name") if name not in fields]
    if missing and "key-not-mapped" not in {problem.code for problem in document.problems}:
        text = (
            f"new patrons cannot be added, for {listed(missing).replace(' or ', ' and ')} {'is' if len(missing) == 1 else 'are'} not mapped"
        )
        hint = "map it to add patrons; leave it for a job that only updates"
        document.problem("cannot-add", text, hint, at=_FIELDS, on="key", severity="warning")


def _check_table(document: Document) -> None:
    table = document.get("properties", "table")
    fields = document.mapping(*_FIELDS)
    if not isinstance(table, str) or table not in _TABLES or not fields:
        return
    needed, more = _TABLES[table]
    for name in needed:
        if name not in fields and name != "site":  # the schema asks for the site
            document.problem(
                "missing-key",
                f"{table} need `{name}`, and no column is mapped to it",
                f"write {name}: COLUMN under fields",
                at=(*_FIELDS, name),
                on="key",
            )
    for name in fields:
        if name in ("item_barcode", "due_date", "amount") and name not in (*needed, *more):
            document.problem(
                "field-not-in-table", f"{table} have no `{name}`", "delete the line, or see `table`", at=(*_FIELDS, name), on="key"
            )
