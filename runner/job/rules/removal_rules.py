"""Rules of `removal` and `guards`. (docs/domain.md sections 6 and 7.)"""

from __future__ import annotations

from decimal import Decimal

from runner.job.document import Document, Keys, dotted

_OPTION = ("options", "allow_delete_with_transactions")


def check_removal(document: Document) -> None:
    """Notes what is wrong between the keys of `removal`, and between them and `options`."""
    if "removal" not in document.data:
        return
    if document.get("kind") == "circulation":
        text = "`removal` belongs to patrons jobs; a circulation load removes nobody"
        document.problem("not-for-circulation", text, "move it to the patrons job", at=("removal",), on="key")
        return
    removal = document.mapping("removal")
    if removal and "inactivate" not in removal and "delete" not in removal:
        text = "`removal` has neither `inactivate` nor `delete`, so it does nothing"
        document.problem("removal-does-nothing", text, "add a step, or delete the section", at=("removal",), on="key", severity="warning")
    _check_scope(document)
    _check_transactions(document)
    fines = document.get("removal", "delete", "inactive", "only_if", "fines_below")
    if isinstance(fines, Decimal) and fines != round(fines, 2):
        at = ("removal", "delete", "inactive", "only_if", "fines_below")
        document.problem("out-of-range", f"`{dotted(at)}` has more than two decimals", "write an amount such as 5.00", at=at)


def check_guards(document: Document) -> None:
    """Notes guards that could never trip."""
    if "guards" in document.data and document.get("kind") == "circulation":
        document.problem("not-for-circulation", "`guards` belong to patrons jobs", "delete the section", at=("guards",), on="key")
        return
    for name in document.mapping("guards"):
        if name != "fields":
            _check_limit(document, ("guards", name))
    for name in document.mapping("guards", "fields"):
        _check_limit(document, ("guards", "fields", name))


def _check_limit(document: Document, at: Keys) -> None:
    limit = document.get(*at)
    if isinstance(limit, dict) and "number" not in limit and "percent" not in limit:
        text = f"`{dotted(at)}` has neither `number` nor `percent`, so it would never trip"
        document.problem("guard-without-limit", text, "write percent: 5, number: 100, or both", at=at, on="key")


def _check_scope(document: Document) -> None:
    scope = document.get("removal", "scope")
    if isinstance(scope, dict) and not any(scope.values()):
        hint = "name patron types, access levels or personas, or write scope: everyone"
        document.problem("removal-without-scope", "`removal.scope` names nobody", hint, at=("removal", "scope"))


def _check_transactions(document: Document) -> None:
    at: Keys = ("removal", "delete", "with_transactions")
    by_state = document.get("removal", "delete", "inactive", "only_if") == "anything"
    by_age = isinstance(document.get(*at), dict)
    if document.get(*_OPTION) is not True:
        for asked, place in ((by_state, ("removal", "delete", "inactive", "only_if")), (by_age, at)):
            if asked:
                text = f"`{dotted(place)}` deletes patrons that still have books or fines, and the job does not allow that"
                hint = "write options: {allow_delete_with_transactions: true} if that is meant"
                document.problem("needs-allow-delete", text, hint, at=place)
    if by_state and by_age:
        text = f"`only_if: anything` covers everything that `{dotted(at)}` would delete"
        document.problem("anything-covers-all", text, "delete one of the two", at=at, on="key")
