"""What becomes of each field of a patron that is there: blanks, ownership, locks. (docs/domain.md sections 2, 3 and 6.)"""

from __future__ import annotations

from datetime import date

from tests.oracle.facts import Patron, Rules, Said, Values
from tests.oracle.letters import as_it_stands, one_form
from tests.oracle.records import Record

KEPT_WHEN_BLANK = {"barcode": "barcode-blank-kept", "last_name": "last-name-blank-kept", "status": "status-unknown-kept"}


def written(record: Record, patron: Patron, before: Values, names: list[str], rules: Rules, today: date) -> tuple[Values, list[Said]]:
    """The values of the fields `names` that the record may write, and what is said. `before` has the values that it would replace.

    Barcodes and usernames in it are wishes still: others may have them.
    """
    wishes: Values = {}
    said: list[Said] = []
    for name in names:
        value = record.get(name)
        if name not in rules.fields or value is None or (name, value) == ("barcode", "autoassign"):
            continue
        if value == "" and name in KEPT_WHEN_BLANK:
            if _owned(name, rules.fields[name].write, value, before.get(name), patron) != "leave":
                said.append(Said(record.line, KEPT_WHEN_BLANK[name], name))
            continue
        old = before.get(name)
        new = as_it_stands(value, old) or None
        verdict = _owned(name, rules.fields[name].write, value, old, patron)
        if name == "status" and old == "Inactive" and patron.status_cause == "staff" and new != "Active" and verdict == "write":
            verdict = "keep"
        if new == old or verdict == "leave":
            continue
        if verdict == "keep":
            said.append(Said(record.line, "staff-edit-kept", name))
        elif locked(patron, name, today):
            said.append(Said(record.line, "field-locked", name))
        else:
            wishes[name] = new
    return wishes, said


def bases(record: Record, names: list[str], rules: Rules) -> dict[str, str]:
    """What the job has sent for the fields that it only writes when the source changed."""
    return {
        name: str(record.get(name))
        for name in names
        if name in rules.fields and rules.fields[name].write == "if_source_changed" and record.get(name) is not None
    }


def locked(patron: Patron, name: str, today: date) -> bool:
    """A lock holds on its last day too."""
    if name not in patron.locks:
        return False
    until = patron.locks[name]
    return until is None or today <= until


def ownership(name: str, record: Record, patron: Patron, rules: Rules) -> str:
    """What the field's `write` says to the record's value: write, leave or keep."""
    return _owned(name, rules.fields[name].write, str(record.get(name)), patron.values.get(name), patron)


def known_base(name: str, patron: Patron) -> bool:
    """Whether the job knows what it last sent for the field."""
    return patron.bases.get(name, ("", False))[1]


def given(name: str, record: Record, patron: Patron, rules: Rules) -> bool:
    """Whether the record gives the field a value, a blank one too, that the job may write."""
    value, old = record.get(name), patron.values.get(name)
    if value is None:
        return False
    write = rules.fields[name].write
    return _owned(name, write, value, old, patron) == "write" or (write == "if_source_changed" and one_form(value or None) == one_form(old))


def _owned(name: str, write: str, value: str, old: str | None, patron: Patron) -> str:
    """write, leave (without a word) or keep (and say so)."""
    if write == "on_create" or (write == "if_empty" and old is not None):
        return "leave"
    if write != "if_source_changed":
        return "write"
    base, by_todays_mapping = patron.bases.get(name, ("", False))
    if by_todays_mapping:
        return "write" if one_form(base) != one_form(value) else "leave"
    return "write" if old is None else "keep"
