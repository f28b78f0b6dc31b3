"""What one run of a patrons job does, row by row, as docs/domain.md says it. `plan_of` is the oracle."""

from __future__ import annotations

from collections import Counter

from tests.oracle.contests import Key, judge
from tests.oracle.drafting import drafts_of
from tests.oracle.drafts import Draft, moves_of, names_of
from tests.oracle.facts import Answer, Night, Patron, Rules, Said, Store, Town, Values
from tests.oracle.letters import name_key, one_form
from tests.oracle.numbering import give_numbers, largest_of
from tests.oracle.persons import Person, converted, persons
from tests.oracle.records import Record, holds, record_of

OUTCOMES = ("added", "updated", "transferred", "associated", "unchanged", "deleted", "duplicate", "refused", "held")
REFUSED, WARNED, NOTED = "refused", "warning", "note"
NOTES = {"delete-not-found", "field-locked", "staff-edit-kept", "duplicate-collapsed", "reactivated", "removed-by-policy"}
REFUSALS = {
    *("district-id-missing", "district-id-too-long", "district-id-in-use", "site-missing", "site-unknown", "barcode-missing"),
    *("barcode-too-long", "barcode-in-use", "barcode-in-use-at-target", "last-name-missing", "site-kind-mismatch"),
    *("association-without-patron", "duplicate-rows", "delete-has-transactions"),
}


def plan_of(town: Town, rules: Rules, store: Store, night: Night, baseline: set[tuple[str, ...]] | None) -> Answer:
    """Everything that the run does. `baseline` None: a full, or an incremental that has nothing to compare with."""
    rows = [row for row in night.rows if not holds(rules.skip_when, row.cells)]
    records = [record_of(row, rules, town) for row in rows]
    lines = converted(records, store, rules, baseline)
    people = persons(records, store, rules)
    drafts = [draft for person in people if person.records[0].line in lines for draft in drafts_of(person, town, rules, store)]
    largest = largest_of(records, drafts, store, rules)
    _judge_keys(drafts, store, rules)
    give_numbers(drafts, largest)
    _judge_names(drafts, store)
    after = store.copy()
    for draft in sorted(drafts, key=lambda draft: draft.role == "place"):
        _apply(draft, after)
    _name_types(drafts, after, town)
    return _answer(town, night, records, lines, people, drafts, after)


def _judge_keys(drafts: list[Draft], store: Store, rules: Rules) -> None:
    """Barcodes and district ids: who is refused, who keeps its barcode, who is given a number. What is held is judged last, on what the
    others leave."""
    _judge_some_keys([draft for draft in drafts if not draft.held], store, rules)
    after = store.copy()
    for draft in sorted(drafts, key=lambda draft: draft.role == "place"):
        _apply(draft, after)
    _judge_some_keys([draft for draft in drafts if draft.held], after, rules)


def _judge_some_keys(drafts: list[Draft], store: Store, rules: Rules) -> None:
    holders: dict[Key, int] = {}
    for patron in store.patrons.values():
        holders.update({("barcode", site, str(barcode)): patron.id for site, barcode in patron.barcodes().items() if barcode})
        if patron.values.get("district_id"):
            holders["id", str(patron.values["district_id"])] = patron.id
    verdict = judge([move for draft in drafts for move in moves_of(draft, rules)], holders)
    for draft in drafts:
        if draft.beside:
            continue  # the association itself is judged, and this goes with it
        if draft.record.line in verdict.orphaned:
            draft.refuse("duplicate-rows" if draft.person.patron else "association-without-patron")
        lost = {key for line, key in verdict.lost if line == draft.record.line}
        for key in lost:
            draft.lose(key, rules)


def _judge_names(drafts: list[Draft], store: Store) -> None:
    """Usernames: who may have the one it wants. A login that policy took away comes back only where nobody else wants it."""
    holders: dict[Key, int] = {
        ("name", name_key(str(patron.values["username"]))): patron.id for patron in store.patrons.values() if patron.values.get("username")
    }
    named = [draft for draft in drafts if draft.applied() and draft.role in ("add", "update", "delete")]
    verdict = judge([move for draft in named if (move := names_of(draft))], holders)
    lost = {line for line, _ in verdict.lost}
    for draft in named:
        if draft.record.line in lost:
            draft.lose_name()
    taken = set(holders) | {key for draft in named for claim in getattr(names_of(draft), "claims", []) for key in [claim.key]}
    freed = {key for draft in named if (move := names_of(draft)) for key in move.releases}
    freed |= {key for draft in named if (move := names_of(draft)) for claim in move.claims for key in claim.releases}
    claimed = {claim.key for draft in named if (move := names_of(draft)) for claim in move.claims}
    restored = Counter(("name", name_key(draft.restores)) for draft in named if draft.restores)
    for draft in named:
        if draft.restores:
            key = ("name", name_key(draft.restores))
            free = (key not in taken or key in freed or holders.get(key) == draft.person.id) and key not in claimed and restored[key] == 1
            draft.restore_name(free)
    _judge_held_names(drafts, store)
    for draft in drafts:
        if draft.role in ("add", "update") and not draft.refused:
            draft.settle_password()


def _judge_held_names(drafts: list[Draft], store: Store) -> None:
    """What is held (new patrons alone) may have the names that are free once all others have theirs; of several claims all are lost."""
    names = {patron.id: patron.values.get("username") for patron in store.patrons.values()}
    for draft in drafts:
        if draft.applied() and draft.role == "delete":
            names.pop(draft.person.id, None)
        elif draft.applied() and "username" in draft.values:
            names[draft.person.id] = draft.values["username"]
    waiting = [draft for draft in drafts if draft.held and not draft.refused and draft.role == "add"]
    holders: dict[Key, int] = {("name", name_key(name)): owner for owner, name in names.items() if name}
    verdict = judge([move for draft in waiting if (move := names_of(draft))], holders)
    lost = {line for line, _ in verdict.lost}
    for draft in waiting:
        if draft.record.line in lost:
            draft.lose_name()


def _apply(draft: Draft, after: Store) -> None:
    """The store as the draft leaves it."""
    if not draft.applied():
        return
    number = draft.person.id
    if draft.role == "delete":
        after.patrons.pop(number, None)
        return
    if draft.role == "add":
        after.patrons[number] = Patron(number, dict.fromkeys(draft.values))
    if number not in after.patrons:
        return
    _write(draft, after.patrons[number])


def _name_types(drafts: list[Draft], after: Store, town: Town) -> None:
    """New patron types, each told once: with the patron whose key comes first."""
    for draft in sorted(drafts, key=lambda draft: (draft.key(), draft.record.line)):
        kind = draft.changed().get("patron_type")
        if draft.applied() and kind and one_form(kind) not in map(one_form, [*town.patron_types, *after.new_types]):
            after.new_types.append(kind)
            draft.say("patron-type-created", "patron_type")


def _write(draft: Draft, patron: Patron) -> None:
    if draft.role == "place":
        site = str(draft.record.get("site"))
        patron.others[site] = {**patron.others.get(site, {}), **draft.values}
        return
    if draft.transfers:
        patron.others.pop(str(draft.values["site"]), None)
    old_status = patron.values.get("status")
    patron.values.update(draft.values)
    if draft.password is not None:
        patron.password = draft.password or None
    if patron.values.get("status") != old_status:
        patron.status_cause, patron.status_before, patron.username_before = "file", None, None
    patron.bases.update({name: (value, True) for name, value in draft.bases.items()})


def _answer(
    town: Town,
    night: Night,
    records: list[Record],
    lines: set[int],
    people: list[Person],
    drafts: list[Draft],
    after: Store,
) -> Answer:
    outcomes = {record.line: "unchanged" for record in records}
    said = {each for record in records if record.line in lines for each in record.said}
    if town.requires_id:
        said |= {
            Said(draft.record.line, "district-id-reminder")
            for draft in drafts
            if draft.outcome() not in ("refused",) and not draft.record.delete and not draft.record.get("district_id")
        }
    numbered: set[tuple[int, str]] = set()
    actions: dict[int, str] = {}
    for draft in drafts:
        if draft.beside and (not draft.applied() or draft.outcome() == "unchanged"):
            said |= set(draft.said) - {Said(draft.record.line, "reactivated")}
            continue
        outcomes[draft.record.line] = draft.outcome()
        said |= set(draft.said)
        if draft.numbered and draft.applied():
            numbered.add((draft.person.id, str(draft.record.get("site"))))
        action = draft.action()
        if action:
            actions[draft.record.line] = action
    duplicates: dict[int, int] = {}
    for person in people:
        for twin, first in person.twins:
            if person.records[0].line in lines:
                outcomes[twin.line] = "duplicate"
                duplicates[twin.line] = first.line
                said.add(Said(twin.line, "duplicate-collapsed"))
    left_out = {line for line, outcome in outcomes.items() if outcome in ("refused", "held")}
    left_out |= {each.line for each in said if each.code in ("username-in-use", "field-locked")}
    left_out |= {line for line, first in duplicates.items() if first in left_out}
    counts: dict[str, int] = {**dict.fromkeys(OUTCOMES, 0), **Counter(outcomes.values())}
    counts |= {"rows_read": len(night.rows), "records_read": len(records), "skipped": len(night.rows) - len(records), "malformed": 0}
    counts["warnings"] = sum(each.code not in NOTES and each.code not in REFUSALS for each in said)
    seen = {person.id for person in people if person.patron}
    applied = {record.content for record in records if record.line not in left_out}
    return Answer(outcomes, said, after, actions, counts, seen, applied, numbered)


def values_of(patron: Patron) -> Values:
    """The values of a patron that are not empty."""
    return {name: value for name, value in patron.values.items() if value is not None}
