"""The same letters in two forms: é is one character, or a letter and an accent (Unicode forms NFC and NFD). (docs/domain.md section 2.)"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import overload
from unicodedata import normalize

from tests.oracle.facts import FieldRule, Patron, Rules, School, Story, Town

# What some words of the stories become, where a story has accents at all. Longer ones first: one may be part of another.
WORDS = {"Shelf A": "Étage A", "Helper": "Hélper", "Band": "Bänd", "Lee": "Léa", "Ann": "Zoë", "ann": "zoë", "101": "É1"}
_ACCENTED = 0.3  # of the stories


@overload
def one_form(text: str) -> str: ...
@overload
def one_form(text: str | None) -> str | None: ...
def one_form(text: str | None) -> str | None:
    """The text as it is compared."""
    return None if text is None else normalize("NFC", text)


def as_it_stands(text: str, there: str | None) -> str:
    """The text in the form in which it is there already, where that is the same letters."""
    return there if there is not None and one_form(text) == one_form(there) else text


def name_key(username: str) -> str:
    """What two usernames have in common that are the same."""
    return one_form(one_form(username).casefold())


def with_accents(seed: int, story: Story) -> Story:
    """The story, or, for some seeds, the story with accents, each word anywhere in either form."""
    random = Random(seed + 700_000)
    if random.random() < _ACCENTED:
        _Letters(random).into(story)
    return story


class _Letters:
    """Words of which nobody knows in what form they come."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def into(self, story: Story) -> None:
        _town(story.town, self)
        _rules(story.rules, self)
        for patron in story.store.patrons.values():
            _patron(patron, self)
        story.store.new_types = [one_form(self.of(kind)) for kind in story.store.new_types]
        marks = story.store.marks.items()
        story.store.marks = {key: {name: self.of(text) for name, text in cells.items()} for key, cells in marks}
        for row in {id(row): row for night in story.nights for row in night.rows}.values():
            row.cells = {name: self.of(text) for name, text in row.cells.items()}
        for night in story.nights:
            night.edits = [(which, name, self.maybe(value)) for which, name, value in night.edits]

    def of(self, text: str) -> str:
        for word, accented in WORDS.items():
            text = text.replace(word, accented)
        return normalize(self._random.choice(("NFC", "NFD")), text)

    def maybe(self, text: str | None) -> str | None:
        return None if text is None else self.of(text)


def _town(town: Town, letters: _Letters) -> None:
    town.schools = [_school(school, letters) for school in town.schools]
    town.patron_types, town.access_levels = ([letters.of(name) for name in names] for names in (town.patron_types, town.access_levels))


def _school(school: School, letters: _Letters) -> School:
    defaults = (letters.maybe(name) for name in (school.patron_type, school.access_level, school.resource_group))
    return School(school.name, school.aliases, school.media, *defaults)


def _rules(rules: Rules, letters: _Letters) -> None:
    for rule in rules.fields.values():
        rule.default = letters.maybe(rule.default)
        if rule.mapped is not None:
            rule.mapped = _mapped(rule, letters)


def _mapped(rule: FieldRule, letters: _Letters) -> dict[str | None, str]:
    entries: Mapping[str | None, str] = rule.mapped or {}
    return {letters.maybe(text): letters.of(result) for text, result in entries.items()}


def _patron(patron: Patron, letters: _Letters) -> None:
    patron.values = {name: letters.maybe(value) for name, value in patron.values.items()}
    patron.others = {site: {name: letters.maybe(value) for name, value in place.items()} for site, place in patron.others.items()}
    patron.bases = {name: (letters.of(value), todays) for name, (value, todays) in patron.bases.items()}
    patron.username_before = letters.maybe(patron.username_before)
