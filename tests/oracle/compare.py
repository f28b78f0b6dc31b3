"""A story told twice, by the oracle and by the real thing, and where the two differ."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from runner.plan.model import Plan
from tests.oracle.drive import Planned, job_of, planned
from tests.oracle.facts import Answer, Night, Patron, Rules, Said, Store, Story, Town
from tests.oracle.letters import name_key, one_form
from tests.oracle.memory import Text
from tests.oracle.planner import plan_of

COUNTED: tuple[str, ...] = (
    *("rows_read", "records_read", "skipped", "malformed", "added", "updated", "transferred", "associated", "unchanged", "deleted"),
    *("duplicate", "refused", "held", "warnings"),
)


def differences(story: Story, folder: Path | None = None) -> list[str]:
    """The differences of the first night that has any: "what: oracle says A, the product says B". Empty where both agree."""
    store, baseline, applied = story.store, None, None
    text = Text(folder) if folder else None
    for number, night in enumerate(story.nights, start=1):
        store = edited(store, night)
        answer = plan_of(story.town, story.rules, store, night, applied if night.kind == "incremental" else None)
        try:
            real = planned(story.town, story.rules, store, night, baseline, text)
        except Exception as error:  # whatever it raises is a finding
            return [f"night {number}: raises {type(error).__name__}: {str(error)[:300]}"]
        found = [f"night {number}: {each}" for each in _compared(answer, real, store)]
        if found:
            return found
        numbers = new_numbers(answer.after)
        store, baseline, applied = settled(answer, numbers), real.baseline, answer.applied
        if text:
            text.keep(job_of(story.town, story.rules), real.plan, store, numbers)
    return []


def edited(store: Store, night: Night) -> Store:
    """The store after the edits of staff; one that would break a unique key is left out."""
    after = store.copy()
    for which, name, value in night.edits:
        if not after.patrons:
            break
        patron = list(after.patrons.values())[which % len(after.patrons)]
        before = patron.values.get(name)
        patron.values[name] = value
        if _broken(after):
            patron.values[name] = before
        elif name == "status" and value != before:
            patron.status_cause, patron.status_before, patron.username_before = "staff", None, None
    return after


def new_numbers(store: Store) -> dict[int, int]:
    """The numbers that new patrons get, by those below zero that they were called by."""
    fresh = max([0, *store.patrons]) + 1
    return {number: fresh + place for place, number in enumerate(sorted((each for each in store.patrons if each < 0), reverse=True))}


def settled(answer: Answer, numbers: Mapping[int, int]) -> Store:
    """The store for the next night: new patrons get numbers of their own, and the rows that were taken are known."""
    after = answer.after.copy()
    after.accepted = answer.applied
    for before, number in numbers.items():
        patron = after.patrons.pop(before)
        patron.id = number
        after.patrons[number] = patron
    return after


def _broken(store: Store) -> bool:
    places = [place for patron in store.patrons.values() for place in patron.barcodes().items() if place[1]]
    names = [name_key(str(patron.values["username"])) for patron in store.patrons.values() if patron.values.get("username")]
    return len(set(places)) < len(places) or len(set(names)) < len(names)


def _compared(answer: Answer, real: Planned, before: Store) -> Iterator[str]:
    plan = real.plan
    outcomes = dict(plan.outcomes.select("line", "outcome").rows())
    for line in sorted({*answer.outcomes, *outcomes}):
        if answer.outcomes.get(line) != outcomes.get(line):
            yield f"outcome of line {line}: {answer.outcomes.get(line)}, the product says {outcomes.get(line)}"
    yield from _compared_messages(answer, real)
    yield from _compared_stores(answer, real)
    yield from _compared_changes(answer, plan, before, real.after)
    for name in COUNTED:
        if answer.counts[name] != plan.counts[name]:
            yield f"count {name}: {answer.counts[name]}, the product says {plan.counts[name]}"
    seen = set(plan.seen.to_list())
    if answer.seen & set(real.after.patrons) != seen & set(real.after.patrons):
        yield f"seen: {sorted(answer.seen)}, the product says {sorted(seen)}"


def _compared_messages(answer: Answer, real: Planned) -> Iterator[str]:
    rows = real.plan.messages.select("line", "code", "field").rows()
    told = {Said(line, code, field) for line, code, field in rows if line is not None}
    bare = {(each.line, each.code) for each in told}
    for said in sorted(answer.said - told, key=str):
        if said.field is not None or (said.line, said.code) not in bare:
            yield f"message {said.code} ({said.field}) on line {said.line}: said, the product is silent"
    mine = {(each.line, each.code) for each in answer.said}
    for each in sorted(told, key=str):
        if (each.line, each.code) not in mine:
            yield f"message {each.code} ({each.field}) on line {each.line}: not said, the product says it"


def _compared_stores(answer: Answer, real: Planned) -> Iterator[str]:
    mine, theirs = answer.after.patrons, real.after.patrons
    for number in sorted({*mine, *theirs}):
        if number not in mine or number not in theirs:
            yield f"patron {number} after: {number in mine}, the product says {number in theirs}"
            continue
        left, right = _flat(mine[number]), _flat(theirs[number])
        for name in sorted({*left, *right}):
            if left.get(name) != right.get(name):
                yield f"patron {number} {name} after: {left.get(name)!r}, the product says {right.get(name)!r}"
    if sorted(answer.after.new_types) != sorted(real.after.new_types):
        yield f"new types: {answer.after.new_types}, the product says {real.after.new_types}"
    yield from _bad_keys(real.after, answer)


def _bad_keys(after: Store, answer: Answer) -> Iterator[str]:
    """Unique keys, and that a number given is free, all digits, and above every number at the site that was not given by this run."""
    if _broken(after):
        yield "unique keys are broken in the product's store"
    places = [(patron.id, site, barcode or "") for patron in after.patrons.values() for site, barcode in patron.barcodes().items()]
    for number, site in answer.numbered:
        given = next((barcode for owner, at, barcode in places if (owner, at) == (number, site)), "")
        others = [barcode for owner, at, barcode in places if at == site and (owner, at) not in answer.numbered]
        if not re.fullmatch("[0-9]+", given) or any(re.fullmatch("[0-9]+", other) and int(other) >= int(given) for other in others):
            yield f"number given to {number} at {site}: {given!r} beside {sorted(others)}"


def _compared_changes(answer: Answer, plan: Plan, before: Store, after: Store) -> Iterator[str]:
    """Actions, and that `values` tells exactly the fields that differ, with what was and what is."""
    values: dict[int, dict[str, tuple[Any, Any]]] = {}
    for ref, field, old, new in plan.values.rows():
        values.setdefault(ref, {})[field] = (old, new)
    actions = {}
    for row in plan.changes.to_dicts():
        number = row["patron_id"]
        actions[row["line"]] = row["action"]
        if row["action"] in ("update", "transfer", "reactivate"):
            told = {name: pair for name, pair in values.get(row["ref"], {}).items() if name != "password" and "/" not in name}
            real = _changed_fields(before.patrons[number], after.patrons[number])
            if told != real:
                yield f"values of patron {number}: {real} by its rows, the product tells {told}"
    if answer.actions != actions:
        yield f"actions: {answer.actions}, the product says {actions}"


def _changed_fields(old: Patron, new: Patron) -> dict[str, tuple[Any, Any]]:
    names = {*old.values, *new.values}
    return {name: (old.values.get(name), new.values.get(name)) for name in names if old.values.get(name) != new.values.get(name)}


def _flat(patron: Patron) -> dict[str, Any]:
    """All of a patron as one table; an empty value is None."""
    flat: dict[str, Any] = {name: value for name, value in patron.values.items() if value is not None}
    for site, place in patron.others.items():
        flat[f"association at {site}"] = True
        flat |= {f"{name} at {site}": value for name, value in place.items() if value is not None}
    flat |= {f"base of {name}": (one_form(base), todays) for name, (base, todays) in patron.bases.items()}
    return flat | {"password": patron.password, "status_cause": patron.status_cause, "status_before": patron.status_before}


def told(town: Town, rules: Rules) -> list[str]:
    """A district and its rules in a few lines."""
    lines = [f"match by {rules.match_by}; null tokens {rules.null_tokens}; requires id {town.requires_id}"]
    lines += [f"  {name}: {rule}" for name, rule in rules.fields.items()]
    for name in ("skip_when", "delete_when", "associate_when", "autoassign", "hold_twins", "delete_debtors"):
        if getattr(rules, name):
            lines.append(f"  {name}: {getattr(rules, name)}")
    return lines
