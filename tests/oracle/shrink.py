"""The smallest story in which a difference stays, and how a person may read it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path

from tests.oracle.compare import differences, told
from tests.oracle.facts import FieldRule, Patron, Row, Rules, Story


def shrunk(story: Story, same: Callable[[Story], bool] | None = None, folder: Path | None = None) -> Story:
    """A story as small as dropping rows, patrons, fields and the rest can make it while `same` (the first difference's kind) holds."""
    kind = kind_of(story, folder)
    holds = same or (lambda each: kind_of(each, folder) == kind)
    current = deepcopy(story)
    going = True
    while going:
        going = False
        for smaller in _smaller(current):
            if _holds(holds, smaller):
                current, going = smaller, True
                break
    return current


def kind_of(story: Story, folder: Path | None = None) -> str:
    """The first difference without its numbers: what to keep while shrinking."""
    found = differences(story, folder)
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
        each = deepcopy(story)
        del each.nights[index]
        yield each
    yield from _fewer_rows(story)
    yield from _fewer_patrons(story)
    for name in story.rules.fields:
        if name != "site":
            each = deepcopy(story)
            del each.rules.fields[name]
            yield each
    yield from _plainer_rules(story)
    yield from _plainer_patrons(story)
    for number, night in enumerate(story.nights):
        for index, row in enumerate(night.rows):
            for name in story.rules.columns():
                if row.cells[name]:
                    each = deepcopy(story)
                    each.nights[number].rows[index].cells[name] = ""
                    yield each


def _fewer_rows(story: Story) -> Iterator[Story]:
    for number, night in enumerate(story.nights):
        count = len(night.rows)
        for size in sorted({count // 2, count // 4, count // 8, 1} - {0}, reverse=True):
            for start in range(0, count, size):
                each = deepcopy(story)
                kept = night.rows[:start] + night.rows[start + size :]
                each.nights[number].rows = [Row(line, dict(row.cells)) for line, row in enumerate(kept, start=2)]
                yield each
        for index in range(len(night.edits)):
            each = deepcopy(story)
            del each.nights[number].edits[index]
            yield each


def _fewer_patrons(story: Story) -> Iterator[Story]:
    people = list(story.store.patrons)
    count = len(people)
    for size in sorted({count // 2, count // 4, count // 8, 1} - {0}, reverse=True):
        for start in range(0, count, size):
            each = deepcopy(story)
            for gone in people[start : start + size]:
                del each.store.patrons[gone]
            yield each
    for key in story.store.marks:
        each = deepcopy(story)
        del each.store.marks[key]
        yield each


def _plainer_rules(story: Story) -> Iterator[Story]:
    rules, plain = story.rules, Rules(story.rules.match_by, {})
    for name in ("skip_when", "delete_when", "associate_when", "autoassign", "hold_twins", "delete_debtors", "null_tokens"):
        if getattr(rules, name):
            each = deepcopy(story)
            setattr(each.rules, name, getattr(plain, name))
            yield each
    if story.town.requires_id:
        each = deepcopy(story)
        each.town.requires_id = False
        yield each
    for name, rule in rules.fields.items():
        for part in ("when_blank", "write", "mapped"):
            simple = getattr(FieldRule(rule.column), part)
            if getattr(rule, part) != simple:
                each = deepcopy(story)
                setattr(each.rules.fields[name], part, simple)
                yield each


def _plainer_patrons(story: Story) -> Iterator[Story]:
    for number, patron in story.store.patrons.items():
        for part in ("others", "locks", "bases"):
            for key in getattr(patron, part):
                each = deepcopy(story)
                del getattr(each.store.patrons[number], part)[key]
                yield each
        for part, nothing in (("owes", False), ("password", None)):
            if getattr(patron, part):
                each = deepcopy(story)
                setattr(each.store.patrons[number], part, nothing)
                yield each
        for name, value in patron.values.items():
            if value is not None and name not in ("site", "barcode", "status", "last_name"):
                each = deepcopy(story)
                each.store.patrons[number].values[name] = None
                yield each


def _patron(patron: Patron) -> str:
    values = "  ".join(f"{name}={value!r}" for name, value in patron.values.items() if value is not None)
    more = {"others": patron.others, "locks": patron.locks, "bases": patron.bases, "password": patron.password}
    more |= {"before": patron.status_before, "login before": patron.username_before, "owes": patron.owes}
    return f"{patron.id} [{patron.status_cause}] {values}  " + "  ".join(f"{name}: {value}" for name, value in more.items() if value)
