"""Random districts, jobs, stores and nights over small alphabets, so that collisions are frequent. A seed always gives the same story."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from random import Random
from typing import Any

from tests.oracle.facts import Cells, FieldRule, Night, Patron, Row, Rules, School, Store, Story, Town, Values
from tests.oracle.letters import with_accents

TODAY = date(2026, 11, 20)
LONG = "x" * 201
FIELDS = (
    *("site", "barcode", "district_id", "last_name", "first_name", "patron_type", "access_level", "resource_group", "status"),
    *("gender", "homeroom", "graduation_year", "birth_date", "teacher", "username", "password", "email_1"),
)
CELLS: dict[str, tuple[str, ...]] = {
    "site": ("NORTH", "NORTH", "NORTH", "SOUTH", "EAST", "017", "MEDIA", "FILM", "NOWHERE"),
    "barcode": ("P 1", "P 2", "P 3", "P 4", "099", "100", "autoassign", "P 123456789012345"),
    "district_id": ("1", "2", "3", "4", "5", "6", "9" * 41),
    "last_name": ("Lee", "Kay", "Lee" * 20),
    "first_name": ("Ann", "Bo"),
    "patron_type": ("Student", "student", "Staff", "Band"),
    "access_level": ("Patron", "Helper", "King"),
    "resource_group": ("Shelf A", "Shelf B"),
    "status": ("Active", "I", "Restricted", "gone"),
    "gender": ("M", "female", "?"),
    "homeroom": ("101", "102", "1" * 91),
    "graduation_year": ("2027", "27"),
    "birth_date": ("2012-01-05", "2012-02-30", "2012-01-06", "2026-11-20", "2026-11-21"),
    "teacher": ("T", "0", "maybe"),
    "username": ("ann", "Ann", "bo", "BO", "cy", "y" * 51),
    "password": ("secret", "geheim", "z" * 51),
    "email_1": ("a@x.org", "b@x.org", LONG),
}
STORED: dict[str, tuple[str | None, ...]] = {
    "last_name": ("Lee", "Kay"),
    "first_name": ("Ann", "Bo", None),
    "status": ("Active", "Active", "Inactive", "Restricted"),
    "gender": ("M", None),
    "homeroom": ("101", None),
    "graduation_year": ("2027", None),
    "birth_date": ("2012-01-05", None),
    "teacher": ("true", None),
    "email_1": ("a@x.org", None),
}
PLACED: dict[str, tuple[str | None, ...]] = {
    "patron_type": ("Student", "Staff", "Student"),
    "access_level": ("Patron", "Helper"),
    "resource_group": ("Shelf A", None),
}
SITES, BARCODES, NAMES = (
    ("NORTH", "NORTH", "SOUTH", "EAST", "MEDIA"),
    ("P 1", "P 2", "P 3", "P 4", "099", "100"),
    ("ann", "Ann", "bo", "cy"),
)


def story_of(seed: int, least: int = 1) -> Story:
    """The story of a seed, of `least` nights or more."""
    return with_accents(seed, _story(seed, least))


def _story(seed: int, least: int) -> Story:
    random = Random(seed)
    town = _town(random)
    rules = _shortened(Random(seed + 500_000), _rules(random))
    store = _store(random, rules)
    nights = [_night(random, rules, store, "full" if random.random() < 0.7 else "incremental", [])]
    while len(nights) < 3 and (len(nights) < least or random.random() < 0.4):
        kind = "incremental" if random.random() < 0.7 else "full"
        nights.append(_night(random, rules, store, kind, nights[-1].rows))
        nights[-1].edits = _edits(random)
    if random.random() < 0.15 and nights[0].rows:
        row = random.choice(nights[0].rows)
        store.marks[row.cells["district_id"]] = {**row.cells, "mark": ""}
    return Story(town, rules, store, nights)


def crowd_of(seed: int, size: int = 10, least: int = 1) -> Story:
    """Many stories in one: the seed's district and job, and `size` separate groups of patrons and rows. It costs little more than one."""
    first = _story(seed, least)
    for group in range(1, size):
        random = Random(seed * 1000 + group)
        store = _store(random, first.rules)
        nights: list[Night] = []
        for night in first.nights:
            nights.append(_night(random, first.rules, store, night.kind, nights[-1].rows if nights else []))
        _move_in(first, group, store, nights)
    for number, night in enumerate(first.nights):
        Random(seed + number).shuffle(night.rows)
        night.rows = [Row(line, row.cells) for line, row in enumerate(night.rows, start=2)]
        if number and Random(seed - number).random() < 0.3:
            night.rows = first.nights[number - 1].rows  # the same file again
    return with_accents(seed, first)


def _move_in(story: Story, group: int, store: Store, nights: list[Night]) -> None:
    """A group of patrons joins a story: its sites, ids, names and logins carry the group's number."""
    for school in story.town.schools[:5]:
        aliases = tuple(f"{alias}{group}" for alias in school.aliases)
        story.town.schools.append(replace(school, name=f"{school.name}{group}", aliases=aliases))
    for patron in store.patrons.values():
        _mark(patron.values, group)
        if patron.username_before:
            patron.username_before += str(group)
            patron.values["username"] = f"Inactive-{patron.username_before}-{patron.id}"
        patron.others = {f"{site}{group}": place for site, place in patron.others.items()}
        bases = patron.bases.items()
        patron.bases = {name: (f"{value}{group}" if value and name in _MARKED else value, todays) for name, (value, todays) in bases}
        patron.id += 100 * group
        story.store.patrons[patron.id] = patron
    for own_night, night in zip(story.nights, nights, strict=True):
        for row in night.rows:
            _mark(row.cells, group)
            own_night.rows.append(row)
        own_night.edits += [(which + 6 * group, name, value) for which, name, value in own_night.edits[:1]]


_MARKED = ("site", "district_id", "last_name", "username")


def _mark(values: Any, group: int) -> None:
    for name in _MARKED:
        if values.get(name) and values[name].strip() and len(values[name]) < 30 and values[name] != "N/A":
            values[name] = f"{values[name]}{group}"


def _town(random: Random) -> Town:
    schools = [
        School("NORTH", ("017",), False, "Student", "Patron", None),
        School("SOUTH", (), False, "Student", "Helper", "Shelf B"),
        School("EAST", (), False, "Staff", "Patron", None),
        School("MEDIA", (), True, "Staff", "Patron", None),
        School("FILM", (), True, "Staff", "Patron", "Shelf A"),
    ]
    if random.random() < 0.2:
        schools[2] = School("EAST")
    return Town(schools, ["Student", "Staff"], ["Patron", "Helper"], random.random() < 0.2, TODAY)


def _rules(random: Random) -> Rules:
    by_id = random.random() < 0.75
    fields = {"site": FieldRule("site"), "barcode": FieldRule("barcode"), "district_id": FieldRule("district_id")}
    for name in ("last_name", *random.sample(FIELDS[4:], random.randint(0, 7))):
        fields[name] = FieldRule(name)
    if not by_id and random.random() < 0.4:
        del fields["district_id"]
    for name, rule in fields.items():
        if random.random() < 0.4 and name not in ("site",):
            rule.when_blank = "clear"
        elif random.random() < 0.1:
            rule.when_blank, rule.default = "default", random.choice(CELLS[name][:2])
        if name not in ("site", "district_id", "password", "" if by_id else "barcode") and random.random() < 0.4:
            rule.write = random.choice(("on_create", "if_empty", "if_source_changed", "if_source_changed"))
        if name in ("patron_type", "homeroom", "site") and random.random() < 0.15:
            rule.mapped = {text: random.choice(CELLS[name][:3]) for text in CELLS[name][:4]}
            if random.random() < 0.5:
                rule.mapped[None] = CELLS[name][0]
    rules = Rules("district_id" if by_id else "site_and_barcode", fields)
    rules.null_tokens = ("N/A",) if random.random() < 0.5 else ()
    rules.skip_when = ("mark", ("S",)) if random.random() < 0.3 else None
    rules.delete_when = ("mark", ("D", "DA")) if random.random() < 0.5 else None
    rules.associate_when = ("mark", ("A", "DA")) if random.random() < 0.6 else None
    rules.autoassign, rules.hold_twins = random.random() < 0.3, random.random() < 0.3
    rules.delete_debtors = random.random() < 0.5
    return rules


def _shortened(random: Random, rules: Rules) -> Rules:
    """Now and then the rules of a job that only updates: what a new patron needs is not mapped."""
    if rules.match_by == "district_id" and random.random() < 0.1:
        for name in random.sample(("barcode", "last_name"), random.randint(1, 2)):
            del rules.fields[name]
    return rules


def _store(random: Random, rules: Rules) -> Store:
    store = Store(new_types=["Band"] if random.random() < 0.2 else [])
    for number in range(1, random.randint(0, 6) + 1):
        values: Values = {name: random.choice(choices) for name, choices in {**STORED, **PLACED}.items()}
        values["district_id"] = str(number) if random.random() < 0.85 else None
        username = random.choice(NAMES) if random.random() < 0.5 else None
        taken = {str(other.values.get("username")).casefold() for other in store.patrons.values()}
        values["username"] = username if username and username.casefold() not in taken else None
        place = _free_place(random, store, SITES)
        if place is None:
            continue
        values["site"], values["barcode"] = place
        patron = Patron(number, values)
        store.patrons[number] = patron
        _adorn(random, patron, store, rules)
    return store


def _adorn(random: Random, patron: Patron, store: Store, rules: Rules) -> None:
    """Secondary associations, a password, what policy did, locks, bases, debts."""
    while random.random() < 0.3:
        place = _free_place(random, store, ("NORTH", "SOUTH", "EAST"))
        if place and place[0] not in patron.barcodes():
            patron.others[place[0]] = {"barcode": place[1], **{name: random.choice(choices) for name, choices in PLACED.items()}}
    if patron.values["username"] and random.random() < 0.5:
        patron.password = random.choice(("secret", "geheim"))
    if patron.values["status"] == "Inactive":
        patron.status_cause = random.choice(("file", "removal", "removal", "staff"))
        if patron.status_cause == "removal":
            patron.status_before = random.choice(("Active", "Restricted"))
            patron.username_before = random.choice((None, "ann", "bo", "cy"))
        if patron.username_before and patron.values["username"]:
            patron.values["username"] = f"Inactive-{patron.username_before}-{patron.id}"
        else:
            patron.username_before = None
    for name in rules.fields:
        if name not in ("site", "district_id", "password") and random.random() < 0.08:
            patron.locks[name] = random.choice((None, date(2026, 11, 19), TODAY, date(2026, 11, 21)))
        if rules.fields[name].write == "if_source_changed" and random.random() < 0.6:
            value = random.choice((patron.values.get(name) or "", "", CELLS[name][0], CELLS[name][1]))
            patron.bases[name] = (value, random.random() < 0.8)
    patron.owes = random.random() < 0.25


def _free_place(random: Random, store: Store, sites: tuple[str, ...]) -> tuple[str, str] | None:
    taken = {place for patron in store.patrons.values() for place in patron.barcodes().items()}
    places = [(site, barcode) for site in sites for barcode in BARCODES if (site, barcode) not in taken]
    return random.choice(places) if places else None


def _night(random: Random, rules: Rules, store: Store, kind: str, last: list[Row]) -> Night:
    rows = [dict(row.cells) for row in last if random.random() < 0.85]
    rows = [_changed(random, cells) if random.random() < 0.3 else cells for cells in rows]
    for _ in range(random.randint(0, 2) if last else random.randint(1, 7)):
        rows.append(_new_row(random, store, rows))
    return Night(kind, [Row(line, cells) for line, cells in enumerate(rows, start=2)])


def _new_row(random: Random, store: Store, rows: list[Cells]) -> Cells:
    """Somebody of the store, a row once more, or somebody at random; with a few changes."""
    chance = random.random()
    if chance < 0.5 and store.patrons:
        patron = random.choice(list(store.patrons.values()))
        values = dict(patron.values)
        if patron.others and random.random() < 0.3:
            site = random.choice(list(patron.others))
            values.update({"site": site, **patron.others[site]})
        cells = {name: values.get(name) or "" for name in FIELDS} | {"password": patron.password or "", "mark": ""}
        cells["username"] = patron.username_before or cells["username"]
    elif chance < 0.65 and rows:
        cells = dict(random.choice(rows))
    else:
        cells = {name: "" if random.random() < 0.15 else random.choice(CELLS[name][: random.choice((2, 3, 9))]) for name in FIELDS} | {
            "mark": ""
        }
        cells["district_id"] = random.choice(("1", "2", "3", "4", "5", "6", "7", "8", ""))
    if random.random() < 0.25:
        cells["mark"] = random.choice(("S", "D", "D", "A", "A", "A", "DA"))
        if "A" in cells["mark"]:
            cells["site"] = random.choice(CELLS["site"])
    return _changed(random, cells) if random.random() < 0.7 else cells


def _changed(random: Random, cells: Cells) -> Cells:
    """The cells with one to three changes."""
    changed = dict(cells)
    for _ in range(random.randint(1, 3)):
        name = random.choice(("site", "barcode", "username", *FIELDS))
        changed[name] = random.choice(("", " ", "N/A", *CELLS[name], *CELLS[name], *CELLS[name][:4]))
    return changed


def _edits(random: Random) -> list[tuple[int, str, str | None]]:
    names = ("homeroom", "status", "username", "barcode", "last_name")
    choices: dict[str, tuple[str | None, ...]] = {**STORED, "username": (*NAMES, None), "barcode": BARCODES}
    return [(random.randint(0, 5), name, random.choice(choices[name])) for name in random.choices(names, k=random.randint(0, 3))]
