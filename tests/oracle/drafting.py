"""What each record would do if nobody were in its way. (docs/domain.md sections 2, 3, 4 and 6.)"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from tests.oracle.drafts import NUMBER, Draft
from tests.oracle.facts import PLACE_FIELDS, Patron, Row, Rules, School, Store, Town, Values
from tests.oracle.letters import as_it_stands, one_form
from tests.oracle.persons import Person
from tests.oracle.records import Record, record_of
from tests.oracle.writing import bases, given, locked, written


def drafts_of(person: Person, town: Town, rules: Rules, store: Store) -> list[Draft]:
    """What the person's records would do; collapsed rows have no draft."""
    collapsed = {twin.line for twin, _ in person.twins}
    drafts = [Draft(record, person) for record in person.records if record.line not in collapsed]
    for draft in drafts:
        draft.refused = bool(draft.record.refusals)
        if person.quarrel and not draft.refused:
            draft.refuse("duplicate-rows")
    able = [draft for draft in drafts if not draft.refused]
    main = next((draft for draft in able if not draft.record.associate or draft.record.delete), None) or _own_site(person, able)
    if main and not main.refused:
        _draft_main(main, town, rules, store)
    for draft in drafts:
        if draft is not main and not draft.refused:
            _draft_place(draft, main, town, rules, store)
    return drafts if main else [*drafts, *_returning(person, drafts, town, rules)]


def _returning(person: Person, drafts: list[Draft], town: Town, rules: Rules) -> list[Draft]:
    """Where nothing but associations is about a patron whom policy inactivated, the one at the first site by name brings it back: with the
    status that it gives, and no other field of the person."""
    patron = person.patron
    placed = sorted(
        (draft for draft in drafts if draft.role == "place" and not draft.refused), key=lambda draft: str(draft.record.get("site"))
    )
    if not placed or patron is None or patron.values.get("status") != "Inactive" or patron.status_cause != "removal":
        return []
    full = placed[0].record
    record = replace(full, values={"status": full.get("status"), "district_id": full.get("district_id")}, password=None)
    draft = Draft(record, person, "update", before=dict(patron.values), beside=placed[0])
    draft.values, draft.said = written(record, patron, draft.before, ["status"], rules, town.today)
    _come_back(draft, patron, town, rules)
    if not any(said.code == "field-locked" for said in draft.said):
        draft.bases = bases(record, ["status"], rules)
    return [draft]


def _own_site(person: Person, drafts: list[Draft]) -> Draft | None:
    """A row that asks for an association at the patron's own site is an ordinary row."""
    if person.patron is None:
        return None
    return next((draft for draft in drafts if draft.record.get("site") == person.patron.values["site"]), None)


def _draft_main(draft: Draft, town: Town, rules: Rules, store: Store) -> None:
    patron = draft.person.patron
    if draft.record.delete:
        _draft_delete(draft, patron, rules)
    elif patron is not None:
        _draft_update(draft, patron, town, rules)
    elif draft.record.associate:
        draft.refuse("association-without-patron")
    else:
        _draft_add(draft, town, rules, store)


def _draft_delete(draft: Draft, patron: Patron | None, rules: Rules) -> None:
    if patron is None:
        draft.say("delete-not-found")
    elif patron.owes and not rules.delete_debtors:
        draft.refuse("delete-has-transactions")
    else:
        draft.role = "delete"


def _draft_add(draft: Draft, town: Town, rules: Rules, store: Store) -> None:
    record = draft.record
    if _removed(record, town, rules, store):
        draft.say("removed-by-policy")
        return
    if record.barcode_too_long:
        draft.refuse("barcode-too-long", "barcode")
    elif not record.get("barcode"):
        draft.refuse("barcode-missing", "barcode")
    if not record.get("last_name"):
        draft.refuse("last-name-missing", "last_name")
    if draft.refused:
        return
    if _twin(record, store):
        draft.say("possible-duplicate")
        draft.held = rules.hold_twins
    draft.role = "add"
    draft.values = {name: value or None for name, value in record.values.items()}
    _fill_in(draft.values, town.school(record.get("site")), record)
    if not draft.values.get("status"):
        draft.values["status"] = "Active"
        if record.get("status") == "":
            draft.say("status-defaulted", "status")
    _number(draft)
    draft.password = record.password or None
    draft.bases = bases(record, list(record.values), rules)


def _removed(record: Record, town: Town, rules: Rules, store: Store) -> bool:
    """Whether policy deleted the patron of this very record, or of one that the last run has taken as it is now."""
    mark = store.marks.get(record.get("district_id") or f"{record.get('site')}/{record.get('barcode')}")
    if mark is None:
        return False
    return record.content in store.accepted or _one_form(record_of(Row(0, mark), rules, town)) == _one_form(record)


def _one_form(record: Record) -> Values:
    return {name: one_form(value) for name, value in record.values.items()}


def _draft_update(draft: Draft, patron: Patron, town: Town, rules: Rules) -> None:
    record = draft.record
    draft.role = "update"
    old, new = town.school(patron.values["site"]), town.school(record.get("site"))
    draft.before = dict(patron.values)
    if old is not new and old and new:
        if old.media != new.media:
            draft.refuse("site-kind-mismatch", "site")
            return
        draft.transfers = True
        there = patron.others.get(new.name)
        record.values = {name: value and as_it_stands(value, patron.values.get(name)) for name, value in record.values.items()}
        draft.before.update(there or {})
        draft.values["site"] = new.name
    if record.barcode_too_long:
        draft.say("value-too-long", "barcode")
    keys = ("site", "barcode") if rules.match_by == "site_and_barcode" else ("site", "district_id")
    names = [name for name in record.values if name not in keys]
    wishes, said = written(record, patron, draft.before, names, rules, town.today)
    draft.values.update(wishes)
    draft.said.extend(said)
    if draft.transfers:
        _arrive(draft, patron, rules, town.today)
    _come_back(draft, patron, town, rules)
    held_back = {each.field for each in draft.said if each.code == "field-locked"}
    draft.bases = bases(record, [name for name in names if name not in held_back], rules)
    if record.password is not None and rules.fields["password"].write == "always" and (patron.password or "") != record.password:
        draft.password = record.password


def _arrive(draft: Draft, patron: Patron, rules: Rules, today: date) -> None:
    """The barcode comes along, or that of the association at the new site is there already; both must be free for the patron."""
    if draft.record.get("site") in patron.others:
        draft.values = {**{name: draft.before.get(name) for name in PLACE_FIELDS}, **draft.values}
        _hold_back(draft, patron, rules, today)
        return
    wanted = draft.values.get("barcode") or draft.before.get("barcode")
    draft.before["barcode"] = None
    draft.values["barcode"] = wanted
    if given("barcode", draft.record, patron, rules) and draft.record.get("barcode") == "autoassign":
        if locked(patron, "barcode", today):
            draft.say("field-locked", "barcode")
        else:
            _number(draft)


def _hold_back(draft: Draft, patron: Patron, rules: Rules, today: date) -> None:
    """A lock keeps what the patron's primary association has, even where another association becomes the primary one."""
    unlocked, _ = written(draft.record, replace(patron, locks={}), draft.before, list(PLACE_FIELDS), rules, today)
    for name in PLACE_FIELDS if rules.match_by == "district_id" else PLACE_FIELDS[1:]:
        if not locked(patron, name, today):
            continue
        wanted, kept = unlocked.get(name, draft.before.get(name)), patron.values.get(name)
        draft.said = [said for said in draft.said if (said.code, said.field) != ("field-locked", name)]
        draft.values[name] = kept
        if wanted != kept:
            draft.say("field-locked", name)


def _come_back(draft: Draft, patron: Patron, town: Town, rules: Rules) -> None:
    """Policy's inactivation is taken back; that of staff is not."""
    if patron.values.get("status") != "Inactive" or patron.status_cause != "removal":
        return
    record = draft.record
    if record.get("status") == "Inactive" and given("status", record, patron, rules):
        return
    if "status" not in draft.values:
        if locked(patron, "status", town.today):
            draft.say("field-locked", "status")
            return
        draft.values["status"] = patron.status_before or "Active"
    draft.say("reactivated")
    draft.said = [said for said in draft.said if said.code != "status-unknown-kept"]  # the old one is not kept
    if not patron.username_before or not _still_disabled(patron) or given("username", record, patron, rules):
        return
    if one_form(record.get("username")) == one_form(patron.username_before):  # nobody's edit is in the way of what comes back
        draft.said = [said for said in draft.said if (said.code, said.field) != ("staff-edit-kept", "username")]
    if locked(patron, "username", town.today):
        draft.say("field-locked", "username")
    else:
        draft.restores = patron.username_before


def _still_disabled(patron: Patron) -> bool:
    """Whether the login is still the one that policy wrote; staff may have given another one since, or none."""
    name, prefixed = patron.values.get("username") or "", f"Inactive-{patron.username_before}"
    stem, dash, number = name.rpartition("-")
    return name == prefixed[:50] or (dash + number == f"-{number}" and number.isdigit() and stem == prefixed[: 49 - len(number)])


def _draft_place(draft: Draft, main: Draft | None, town: Town, rules: Rules, store: Store) -> None:
    record, patron = draft.record, draft.person.patron
    school = town.school(record.get("site"))
    if patron is None and main is not None and any(said.code == "removed-by-policy" for said in main.said):
        return  # the patron is meant to be gone, and so is its association
    if patron is None and (main is None or main.role != "add" or main.refused):
        if _removed(record, town, rules, store):
            draft.say("removed-by-policy")
            return
        draft.refuse("association-without-patron")
        return
    if school and school.media:
        draft.refuse("site-kind-mismatch", "site")
        return
    if patron is None and main:
        draft.needs = main.record.line
        draft.held = main.held
    if patron is not None and main is not None and record.get("site") == patron.values["site"]:
        if main.refused and not record.barcode_too_long:  # what is wrong with the row itself is told first
            draft.refuse("duplicate-rows")
            return
        draft.needs = main.record.line
    draft.role = "place"
    there = patron.others.get(str(record.get("site"))) if patron else None
    if patron and there is not None:
        if record.barcode_too_long:
            draft.say("value-too-long", "barcode")
        draft.before = dict(there)
        draft.values, said = written(record, patron, there, list(PLACE_FIELDS), _without_bases(rules), town.today)
        draft.said.extend(said)
        if record.get("barcode") == "" and not any(each.code == "barcode-blank-kept" for each in said):
            draft.say("barcode-blank-kept", "barcode")
        return
    _draft_new_place(draft, school)


def _without_bases(rules: Rules) -> Rules:
    """What was sent is known for the patron's own row alone: an association's field is then written only where it is empty."""
    fields = {
        name: replace(rule, write="if_empty" if rule.write == "if_source_changed" else rule.write) for name, rule in rules.fields.items()
    }
    return replace(rules, fields=fields)


def _draft_new_place(draft: Draft, school: School | None) -> None:
    record = draft.record
    if record.barcode_too_long:
        draft.refuse("barcode-too-long", "barcode")
        return
    draft.new_place = True
    draft.values = {name: record.get(name) or None for name in PLACE_FIELDS}
    _fill_in(draft.values, school, record)
    _number(draft)


def _fill_in(values: Values, school: School | None, record: Record) -> None:
    """The site's defaults where a new association has nothing."""
    if school is None:
        return
    for name, default in (
        ("patron_type", school.patron_type),
        ("access_level", school.access_level),
        ("resource_group", school.resource_group),
    ):
        if record.get(name) is None:
            values[name] = default


def _number(draft: Draft) -> None:
    """The value `autoassign` asks for the next free number."""
    if draft.record.get("barcode") == "autoassign":
        draft.values["barcode"], draft.numbered = NUMBER, True


def _twin(record: Record, store: Store) -> bool:
    names = [one_form(record.get(name)) for name in ("last_name", "first_name", "birth_date")]
    return all(names) and any(
        names == [one_form(patron.values.get(name)) for name in ("last_name", "first_name", "birth_date")]
        for patron in store.patrons.values()
    )
