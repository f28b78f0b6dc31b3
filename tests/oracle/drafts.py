"""A record's intention: what it would write, which keys it claims for that, and what becomes of it when it loses one."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.oracle.contests import Claim, Key, Move
from tests.oracle.facts import Rules, Said, Values
from tests.oracle.letters import name_key
from tests.oracle.persons import Person
from tests.oracle.records import Record

NUMBER = "<number>"  # the next number of a site (numbering.py), once it is known who gets one


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
    beside: Draft | None = None  # of an association that brings its patron back: the draft of the association itself

    def applied(self) -> bool:
        return not self.refused and not self.held and (self.beside is None or self.beside.applied())

    def key(self) -> str:
        """How reports name the patron."""
        place = f"{self.record.get('site')}/{self.record.get('barcode')}"
        return self.person.patron.key() if self.person.patron else self.record.get("district_id") or place

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
        idle = not (self.changed() or self.new_place or self.password is not None)
        if self.role == "nothing" or (self.role in ("update", "place") and idle):
            return "unchanged"
        if self.transfers:
            return "transferred"
        return {"add": "added", "update": "updated", "place": "associated", "delete": "deleted"}[self.role]

    def action(self) -> str | None:
        if self.held and not self.refused:
            return "associate" if self.role == "place" else "add"
        done = self.outcome()
        if done == "updated" and any(said.code == "reactivated" for said in self.said):
            return "reactivate"
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
        self.bases.pop("username", None)

    def restore_name(self, free: bool) -> None:
        if free:
            self.values["username"] = self.restores
        else:
            self.say("login-not-restored", "username")

    def settle_password(self) -> None:
        """A password stands only beside a username."""
        if self.record.password and self.role in ("add", "update") and not {**self.before, **self.values}.get("username"):
            self.password = None
            self.say("password-without-username", "password")
        if self.role == "update" and self.before.get("username") and not {**self.before, **self.values}.get("username"):
            self.password = ""  # it goes with the name


def moves_of(draft: Draft, rules: Rules) -> list[Move]:
    """The draft's claims on barcodes and district ids."""
    if draft.refused or draft.role == "nothing":
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
    mine: set[Key] = {("name", name_key(old))} if old else set()
    if draft.role == "delete":
        move.releases = mine
        return move
    if "username" not in draft.values:
        return None
    new = draft.values["username"]
    if not new:
        move.releases = mine
    elif not old or name_key(new) != name_key(old):
        move.claims.append(Claim(("name", name_key(new)), frozenset(mine), fatal=False))
    return move
