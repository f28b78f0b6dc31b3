"""One row becomes one record: null tokens, blanks, the map, and how each field is read. (docs/domain.md sections 2, 3 and 9.)"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime

from tests.oracle.facts import Cells, FieldRule, Row, Rules, Said, Town, Values
from tests.oracle.letters import one_form

LONGEST = {"last_name": 42, "first_name": 42, "homeroom": 90, "resource_group": 30, "patron_type": 90, "access_level": 60}
STATUSES = {"active": "Active", "a": "Active", "inactive": "Inactive", "i": "Inactive", "restricted": "Restricted", "r": "Restricted"}
GENDERS = {"m": "M", "male": "M", "f": "F", "female": "F", "x": "X", "u": "U"}
TRUE, FALSE = ("t", "true", "y", "yes", "1"), ("f", "false", "n", "no", "0")


@dataclass
class Record:
    """What the mapping makes of a row. `said` are its messages so far; `refusals` the codes that refuse it whatever the store says."""

    line: int
    values: Values
    refusals: list[str] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    password: str | None = None
    barcode_too_long: bool = False
    delete: bool = False
    associate: bool = False
    content: tuple[str, ...] = ()

    def get(self, name: str) -> str | None:
        return self.values.get(name)

    def say(self, code: str, name: str | None = None) -> None:
        self.said.append(Said(self.line, code, name))

    def same_as(self, other: Record) -> bool:
        def all_of(record: Record) -> tuple[object, ...]:
            flags = (record.delete, record.associate, record.barcode_too_long)
            return (record.values, record.password, sorted(record.refusals), flags)

        return all_of(self) == all_of(other)


def holds(condition: tuple[str, tuple[str, ...]] | None, cells: Cells) -> bool:
    """Whether a rule's condition holds: cells are compared as they stand, trimmed."""
    return condition is not None and cells[condition[0]].strip() in condition[1]


def record_of(row: Row, rules: Rules, town: Town) -> Record:
    """The record of a row that is not skipped."""
    record = Record(row.line, {})
    record.delete = holds(rules.delete_when, row.cells)
    record.associate = holds(rules.associate_when, row.cells)
    for name, rule in rules.fields.items():
        record.values[name] = _mapped(record, name, rule, row.cells[rule.column], rules)
    _read_keys(record, rules, town)
    _read_texts(record)
    _read_words(record, town)
    _read_lists(record, town)
    _read_login(record)
    secret = rules.fields["password"].column if "password" in rules.fields else None
    told = "(nothing said)" if record.password is None else record.password  # a blank one that removes it is something said
    record.content = tuple(told if column == secret else row.cells[column] for column in rules.columns())
    for code in record.refusals:
        record.say(code)
    return record


def _mapped(record: Record, name: str, rule: FieldRule, cell: str, rules: Rules) -> str | None:
    text = cell.strip()
    if text == "" or text in rules.null_tokens:
        if rule.when_blank == "keep":
            return None
        if rule.when_blank == "clear":
            return ""
        text = rule.default or ""
    if rule.mapped is not None:
        entries = {one_form(word): result for word, result in rule.mapped.items()}
        found = entries.get(one_form(text), entries.get(None))
        if found is None:
            record.say("value-not-in-map", name)
        return found
    return text


def _read_keys(record: Record, rules: Rules, town: Town) -> None:
    by_id = rules.match_by == "district_id"
    district_id = record.get("district_id")
    if district_id and len(district_id) > 40:
        record.refusals.append("district-id-too-long")
        record.values["district_id"] = None
    elif not district_id and by_id:
        record.refusals.append("district-id-missing")
    _read_site(record, town)
    barcode = record.get("barcode")
    if barcode and len(barcode) > 14:
        record.values["barcode"] = None
        record.barcode_too_long = True
    if not by_id and record.barcode_too_long:
        record.refusals.append("barcode-too-long")
    elif not by_id and barcode in (None, "", "autoassign"):
        record.refusals.append("barcode-missing")


def _read_site(record: Record, town: Town) -> None:
    text = record.get("site")
    if not text:
        record.refusals.append("site-missing")
        record.values["site"] = None
        return
    named = [school.name for school in town.schools if school.name == text]
    named = named or [school.name for school in town.schools if text in school.aliases]
    if not named:
        record.refusals.append("site-unknown")
    record.values["site"] = named[0] if named else None


def _read_texts(record: Record) -> None:
    for name, longest in LONGEST.items():
        value = record.get(name)
        if value and len(value) > longest:
            record.values[name] = value[:longest]
            record.say("value-truncated", name)
    email = record.get("email_1")
    if email and len(email) > 200:
        record.values["email_1"] = None
        record.say("value-too-long", "email_1")


def _read_words(record: Record, town: Town) -> None:
    gender = record.get("gender")
    if gender is not None:
        record.values["gender"] = GENDERS.get(gender.lower(), "U")
        if gender.lower() not in GENDERS:
            record.say("gender-unspecified", "gender")
    status = record.get("status")
    if status is not None:
        record.values["status"] = STATUSES.get(status.lower(), "")  # blank and unknown alike: the store decides what it means
    teacher = record.get("teacher")
    if teacher:
        record.values["teacher"] = {**dict.fromkeys(TRUE, "true"), **dict.fromkeys(FALSE, "false")}.get(teacher.lower())
    year = record.get("graduation_year")
    if year:
        record.values["graduation_year"] = year if re.fullmatch("(19|20|21)[0-9]{2}", year) else None
    born = record.get("birth_date")
    if born:
        record.values["birth_date"] = _day(born, town.today)
    for name, text in (("teacher", teacher), ("graduation_year", year), ("birth_date", born)):
        if text and record.values[name] is None:
            record.say(name.replace("_", "-") + "-invalid", name)


def _day(text: str, today: date) -> str | None:
    """A day on which somebody can have been born by `today`."""
    try:
        born = datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        return None
    return born.isoformat() if born <= today else None


def _read_lists(record: Record, town: Town) -> None:
    school = town.school(record.get("site"))
    kind, level, group = record.get("patron_type"), record.get("access_level"), record.get("resource_group")
    if kind:
        record.values["patron_type"] = _spelt(kind, town.patron_types) or one_form(kind)
    if level and not _spelt(level, town.access_levels):
        record.say("access-level-unknown", "access_level")
        record.values["access_level"] = school.access_level if school else None
    elif level:
        record.values["access_level"] = _spelt(level, town.access_levels)
    if school and kind == "" and school.patron_type:
        record.values["patron_type"] = school.patron_type
        record.say("patron-type-defaulted", "patron_type")
    if school and level == "" and school.access_level:
        record.values["access_level"] = school.access_level
        record.say("access-level-defaulted", "access_level")
    if school and group == "" and school.resource_group:
        record.values["resource_group"] = school.resource_group
        record.say("resource-group-defaulted", "resource_group")


def _spelt(name: str, names: list[str]) -> str | None:
    return next((known for known in names if one_form(known).lower() == one_form(name).lower()), None)


def _read_login(record: Record) -> None:
    username, password = record.get("username"), record.values.pop("password", None)
    if username and len(username) > 50:
        record.values["username"] = None
        record.say("value-too-long", "username")
    if not password:
        record.password = password  # a blank one removes what is there
        return
    if len(password) > 50:
        record.say("value-too-long", "password")
    if username == "":
        record.say("password-without-username", "password")
    elif len(password) <= 50:
        record.password = password
