"""What each record would do if nobody were in its way. (docs/domain.md sections 2, 3, 4 and 6.)"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from tests.oracle import open_questions
from tests.oracle.contests import Claim, Key, Move
from tests.oracle.facts import PLACE_FIELDS, Patron, Row, Rules, Said, School, Store, Town, Values
from tests.oracle.persons import Person
from tests.oracle.records import Record, record_of
from tests.oracle.writing import bases, given, known_base, locked, ownership, written

NUMBER = "<number>"  # the next free barcode of a site; which one it is, the comparison checks


@dataclass
class Draft:
    """A record's intention. `role`: add, update, place, delete, nothing. `before` are the values that `values` replace."""

    record: Record
    person: Person
    role: str = "nothing"
    before: Values = field(default_factory=dict)
    values: Values = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)
    refused: bool = False
    held: bool = False
    transfers: bool = False
    new_place: bool = False
    needs: int | None = None
    restores: str | None = None
    password: str | None = None
    bases: dict[str, str] = field(default_factory=dict)
    numbered: bool = False

    def applied(self) -> bool:
        return not self.refused and not self.held

    def changed(self) -> Values:
        return {name: value for name, value in self.values.items() if value != self.before.get(name)}

    def say(self, code: str, name: str | None = None) -> None:
        self.said.append(Said(self.record.line, code, name))

    def refuse(self, code: str, name: str | None = None) -> None:
        """A refused record does nothing, so it adds no twin, brings nobody back and gets no number."""
        self.said = [said for said in self.said if said.code not in ("reactivated", "barcode-autoassigned", "possible-duplicate")]
        self.refused = True
        self.say(code, name)

    def outcome(self) -> str:
        if self.refused:
            return "refused"
        if self.held:
            return "held"
        if self.role == "nothing" or (self.role in ("update", "place") and not (self.changed() or self.new_place or self.password)):
            return "unchanged"
        if self.transfers:
            return "transferred"
        return {"add": "added", "update": "updated", "place": "associated", "delete": "deleted"}[self.role]

    def action(self) -> str | None:
        if self.held:
            return "add"
        done = self.outcome()
        verbs = {"added": "add", "updated": "update", "transferred": "transfer", "associated": "associate", "deleted": "delete"}
        return verbs.get(done)

    def lose(self, key: Key, rules: Rules) -> None:
        """Somebody else has the key."""
        if key[0] == "id":
            self.refuse("district-id-in-use", "district_id")
        elif not rules.autoassign:
            self.refuse("barcode-in-use-at-target" if self.transfers or self.role == "place" else "barcode-in-use", "barcode")
        else:
            self.say("barcode-autoassigned", "barcode")
            if self.before.get("barcode"):
                self.values["barcode"] = self.before["barcode"]
            else:
                self.values["barcode"], self.numbered = NUMBER, True

    def lose_name(self) -> None:
        self.say("username-in-use", "username")
        self.values.pop("username", None)
        if open_questions.LOST_NAMES_LEAVE_THE_BASE:
            self.bases.pop("username", None)

    def restore_name(self, free: bool) -> None:
        if free:
            self.values["username"] = self.restores
        else:
            self.say("login-not-restored", "username")

    def settle_password(self) -> None:
        """A password stands only beside a username."""
        if self.password and not {**self.before, **self.values}.get("username"):
            self.password = None
            self.say("password-without-username", "password")


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
            _draft_place(draft, main, town, rules)
    return drafts


def moves_of(draft: Draft, rules: Rules) -> list[Move]:
    """The draft's claims on barcodes and district ids."""
    if not draft.applied() or draft.role == "nothing":
        return []
    move = Move(draft.person.id, draft.record.line, needs=draft.needs)
    patron = draft.person.patron
    if draft.role == "delete" and patron:
        move.releases = {("barcode", site, str(barcode)) for site, barcode in patron.barcodes().items()}
        move.releases.add(("id", str(patron.values.get("district_id"))))
        return [move]
    if draft.transfers and patron:
        move.releases.add(("barcode", str(patron.values["site"]), str(patron.values["barcode"])))
    site = str(draft.values.get("site") or draft.before.get("site") or draft.record.get("site"))
    old = draft.before.get("barcode")
    wanted = draft.values.get("barcode")
    if wanted and wanted not in (old, NUMBER):
        releases = frozenset({("barcode", site, old)} if old else set())
        move.claims.append(Claim(("barcode", site, wanted), releases, fatal=not rules.autoassign))
    old_id, new_id = draft.before.get("district_id"), draft.values.get("district_id")
    if "district_id" in draft.values and new_id != old_id:
        if new_id and rules.match_by != "district_id":
            move.claims.append(Claim(("id", new_id), frozenset({("id", old_id)} if old_id else set())))
        elif old_id:
            move.releases.add(("id", old_id))
    return [move]


def names_of(draft: Draft) -> Move | None:
    """The draft's claim on a username."""
    move = Move(draft.person.id, draft.record.line)
    patron = draft.person.patron
    old = patron.values.get("username") if patron else None
    mine: set[Key] = {("name", old.casefold())} if old else set()
    if draft.role == "delete":
        move.releases = mine
        return move
    if "username" not in draft.values:
        return None
    new = draft.values["username"]
    if not new:
        move.releases = mine
    elif not old or new.casefold() != old.casefold():
        move.claims.append(Claim(("name", new.casefold()), frozenset(mine), fatal=False))
    return move


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
    key = record.get("district_id") or f"{record.get('site')}/{record.get('barcode')}"
    mark = store.marks.get(key)
    if mark is not None and record_of(Row(0, mark), rules, town).values == record.values:
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
    draft.password = record.password
    draft.bases = bases(record, list(record.values), rules)


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
    if record.password and rules.fields["password"].write == "always" and patron.password != record.password:
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
    if given("barcode", draft.record, patron, rules):
        _number(draft)


def _hold_back(draft: Draft, patron: Patron, rules: Rules, today: date) -> None:
    """A lock keeps what the patron's primary association has, even where another association becomes the primary one."""
    unlocked, _ = written(draft.record, replace(patron, locks={}), draft.before, list(PLACE_FIELDS), rules, today)
    for name in PLACE_FIELDS:
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
        if ownership("status", record, patron, rules) == "write" or open_questions.EQUAL_STATUS_IS_GIVEN:
            return
        if not known_base("status", patron):
            draft.say("staff-edit-kept", "status")
    if "status" not in draft.values:
        if locked(patron, "status", town.today):
            draft.say("field-locked", "status")
            return
        draft.values["status"] = patron.status_before or "Active"
    draft.say("reactivated")
    if not patron.username_before or given("username", record, patron, rules):
        return
    if locked(patron, "username", town.today):
        draft.say("field-locked", "username")
    else:
        draft.restores = patron.username_before


def _draft_place(draft: Draft, main: Draft | None, town: Town, rules: Rules) -> None:
    record, patron = draft.record, draft.person.patron
    school = town.school(record.get("site"))
    if patron is None and (main is None or main.role != "add" or main.refused):
        draft.refuse("association-without-patron")
        return
    if school and school.media:
        draft.refuse("site-kind-mismatch", "site")
        return
    if patron is None and main:
        draft.needs = main.record.line
        draft.held = main.held
    if patron is not None and main is not None and record.get("site") == patron.values["site"]:
        if main.refused:
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
    names = [record.get(name) for name in ("last_name", "first_name", "birth_date")]
    return all(names) and any(
        names == [patron.values.get(name) for name in ("last_name", "first_name", "birth_date")] for patron in store.patrons.values()
    )
