"""Who is meant by each record, and which records of one person may stand together. (docs/domain.md sections 4 and 5.)"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tests.oracle.facts import Patron, Rules, Store
from tests.oracle.letters import name_key
from tests.oracle.records import Record


@dataclass
class Person:
    """All records for one patron. `id` is below zero for somebody who is not in the store. `twins` are collapsed rows, each
    with the record that speaks for it; `quarrel`: the others contradict each other."""

    id: int
    patron: Patron | None
    records: list[Record]
    twins: list[tuple[Record, Record]] = field(default_factory=list)
    quarrel: bool = False


def persons(records: list[Record], store: Store, rules: Rules) -> list[Person]:
    """Each person whom records mean, in the order of first lines. A record without a key is a person by itself."""
    groups: dict[object, list[Record]] = {}
    for record in records:
        patron = found(record, store, rules)
        key = key_of(record, rules)
        groups.setdefault(("patron", patron.id) if patron else ("key", key) if key else ("line", record.line), []).append(record)
    return [_sorted_out(group, found(group[0], store, rules)) for group in groups.values()]


def key_of(record: Record, rules: Rules) -> object:
    """What the record is matched by, None where that is missing."""
    if rules.match_by == "district_id":
        return record.get("district_id") or None
    site, barcode = record.get("site"), record.get("barcode")
    return (site, barcode) if site and barcode else None


def found(record: Record, store: Store, rules: Rules) -> Patron | None:
    """The patron of the store that the record matches."""
    key = key_of(record, rules)
    if key is None:
        return None
    for patron in store.patrons.values():
        if rules.match_by == "district_id" and patron.values.get("district_id") == key:
            return patron
        if rules.match_by != "district_id" and key in list(patron.barcodes().items()):
            return patron
    return None


def converted(records: list[Record], store: Store, rules: Rules, baseline: set[tuple[str, ...]] | None) -> set[int]:
    """The lines that are converted: all without a baseline; else the new rows, and all rows of a key that stands in more than one."""
    if baseline is None:
        return {record.line for record in records}
    keys = {record.line: _keys(record, store, rules) for record in records}
    often = {key for key, count in Counter(key for each in keys.values() for key in each).items() if count > 1}
    return {
        record.line for record in records if record.content not in baseline or keys[record.line] & often or _sent_away(record, store, rules)
    }


def _sent_away(record: Record, store: Store, rules: Rules) -> bool:
    """Whether the record is about somebody whom the policy inactivated: who is in a file comes back."""
    patron = found(record, store, rules)
    return patron is not None and patron.values.get("status") == "Inactive" and patron.status_cause == "removal"


def _keys(record: Record, store: Store, rules: Rules) -> set[object]:
    """What must be judged over the whole file: the person, the barcode at its site, the username."""
    patron = found(record, store, rules)
    keys: set[object] = {("key", key_of(record, rules))} if key_of(record, rules) else set()
    if patron:
        keys.add(("patron", patron.id))
    if record.get("site") and record.get("barcode") not in (None, "", "autoassign"):
        keys.add(("barcode", record.get("site"), record.get("barcode")))
    if record.get("district_id"):
        keys.add(("id", record.get("district_id")))
    if record.get("username"):
        keys.add(("username", name_key(str(record.get("username")))))
    return keys


def _sorted_out(group: list[Record], patron: Patron | None) -> Person:
    able = [record for record in group if not record.refusals]
    speaker = next((record for record in able if not record.associate), group[0])
    person = Person(patron.id if patron else -speaker.line, patron, group)
    alone: list[Record] = []
    for record in group:
        first = next((other for other in alone if other.same_as(record)), None)
        if first is None:
            alone.append(record)
        else:
            person.twins.append((record, first))
    alone = [record for record in alone if not record.refusals]
    own = [record for record in alone if not record.associate or record.delete]
    sites = [record.get("site") for record in alone]
    person.quarrel = len(own) > 1 or len(set(sites)) < len(sites) or (len(alone) > 1 and any(record.delete for record in alone))
    return person
