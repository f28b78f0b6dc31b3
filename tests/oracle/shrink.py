"""The smallest story in which a difference stays, and how a person may read it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import deepcopy

from tests.oracle.compare import differences, told
from tests.oracle.facts import FieldRule, Night, Patron, Row, Story

MANDATORY = ("site", "barcode", "district_id")


def shrunk(story: Story, same: Callable[[Story], bool] | None = None) -> Story:
    """A story as small as dropping rows, patrons, fields and the rest can make it while `same` (the first difference's kind) holds."""
    kind = kind_of(story)
    holds = same or (lambda each: kind_of(each) == kind)
    current = deepcopy(story)
    going = True
    while going:
        going = False
        for smaller in _smaller(current):
            if _holds(holds, smaller):
                current, going = smaller, True
                break
    return current


def kind_of(story: Story) -> str:
    """The first difference without its numbers: what to keep while shrinking."""
    found = differences(story)
    return re.sub(r"-?\d+|'[^']*'", "#", found[0]) if found else ""


def printed(story: Story) -> str:
    """The story in words."""
    lines = told(story.town, story.rules)
    lines += ["store:", *(f"  {_patron(patron)}" for patron in story.store.patrons.values())]
    lines += [f"  mark {key}: {cells}" for key, cells in story.store.marks.items()]
    if story.store.new_types:
        lines.append(f"  types {story.store.new_types}")
    columns = [*story.rules.columns()]
    for night in story.nights:
        lines.append(f"{night.kind}, after the edits {night.edits}:")
        lines += [f"  {row.line}: " + "  ".join(f"{name}={row.cells[name]!r}" for name in columns) for row in night.rows]
    return "\n".join(lines)


def _holds(holds: Callable[[Story], bool], story: Story) -> bool:
    try:
        return holds(story)
    except Exception:  # a story made senseless by dropping a part
        return False


def _smaller(story: Story) -> Iterator[Story]:
    """Each story with one part less, big parts first."""
    for index in range(len(story.nights)):
        yield _with(story, lambda each, index=index: each.nights.pop(index))
    yield from _halves(story)
    for night in range(len(story.nights)):
        for index in range(len(story.nights[night].rows)):
            yield _with(story, lambda each, night=night, index=index: _drop_row(each.nights[night], index))
        for index in range(len(story.nights[night].edits)):
            yield _with(story, lambda each, night=night, index=index: each.nights[night].edits.pop(index))
    for number in story.store.patrons:
        yield _with(story, lambda each, number=number: each.store.patrons.pop(number))
    for key in story.store.marks:
        yield _with(story, lambda each, key=key: each.store.marks.pop(key))
    for name in story.rules.fields:
        if name != "site":
            yield _with(story, lambda each, name=name: each.rules.fields.pop(name))
    yield from _plainer_rules(story)
    yield from _plainer_patrons(story)
    for night in range(len(story.nights)):
        for index, row in enumerate(story.nights[night].rows):
            for name in story.rules.columns():
                if row.cells[name]:
                    yield _with(
                        story, lambda each, night=night, index=index, name=name: each.nights[night].rows[index].cells.update({name: ""})
                    )


def _halves(story: Story) -> Iterator[Story]:
    """Stories with a good part of the rows or of the patrons gone."""
    for night, told_night in enumerate(story.nights):
        count = len(told_night.rows)
        for size in (count // 2, count // 4, count // 8):
            for start in range(0, count, size) if size > 1 else ():
                yield _with(story, lambda each, night=night, start=start, size=size: _drop_rows(each.nights[night], start, size))
    people = list(story.store.patrons)
    for size in (len(people) // 2, len(people) // 4, len(people) // 8):
        for start in range(0, len(people), size) if size > 1 else ():
            gone = people[start : start + size]
            yield _with(story, lambda each, gone=gone: [each.store.patrons.pop(number) for number in gone])


def _plainer_rules(story: Story) -> Iterator[Story]:
    rules = story.rules
    for name in ("skip_when", "delete_when", "associate_when"):
        if getattr(rules, name):
            yield _with(story, lambda each, name=name: setattr(each.rules, name, None))
    for name in ("autoassign", "hold_twins", "delete_debtors"):
        if getattr(rules, name):
            yield _with(story, lambda each, name=name: setattr(each.rules, name, False))
    if rules.null_tokens:
        yield _with(story, lambda each: setattr(each.rules, "null_tokens", ()))
    if story.town.requires_id:
        yield _with(story, lambda each: setattr(each.town, "requires_id", False))
    for name, rule in rules.fields.items():
        plain = FieldRule(rule.column)
        for part in ("when_blank", "write", "mapped"):
            if getattr(rule, part) != getattr(plain, part):
                yield _with(
                    story, lambda each, name=name, part=part, plain=plain: setattr(each.rules.fields[name], part, getattr(plain, part))
                )


def _plainer_patrons(story: Story) -> Iterator[Story]:
    for number, patron in story.store.patrons.items():
        for part in ("others", "locks", "bases"):
            for key in getattr(patron, part):
                yield _with(story, lambda each, number=number, part=part, key=key: getattr(each.store.patrons[number], part).pop(key))
        if patron.owes:
            yield _with(story, lambda each, number=number: setattr(each.store.patrons[number], "owes", False))
        if patron.password:
            yield _with(story, lambda each, number=number: setattr(each.store.patrons[number], "password", None))
        for name, value in patron.values.items():
            if value is not None and name not in ("site", "barcode", "status", "last_name"):
                yield _with(story, lambda each, number=number, name=name: each.store.patrons[number].values.update({name: None}))


def _with(story: Story, change: Callable[[Story], object]) -> Story:
    copy = deepcopy(story)
    change(copy)
    return copy


def _drop_row(night: Night, index: int) -> None:
    _drop_rows(night, index, 1)


def _drop_rows(night: Night, start: int, size: int) -> None:
    kept = [row.cells for number, row in enumerate(night.rows) if not start <= number < start + size]
    night.rows = [Row(line, cells) for line, cells in enumerate(kept, start=2)]


def _patron(patron: Patron) -> str:
    values = "  ".join(f"{name}={value!r}" for name, value in patron.values.items() if value is not None)
    more = {"others": patron.others, "locks": patron.locks, "bases": patron.bases, "password": patron.password}
    more |= {"before": patron.status_before, "login before": patron.username_before, "owes": patron.owes}
    return f"{patron.id} [{patron.status_cause}] {values}  " + "  ".join(f"{name}: {value}" for name, value in more.items() if value)
