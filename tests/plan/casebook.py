"""Golden cases of the planner: one readable text file each, a store before, records, and the plan that comes of them.

A file begins with a sentence that says what the case shows. Then come sections: a word at the start of a line, indented lines below.
Tables have columns two or more blanks apart; `-` is absent (or empty, in the store), `""` is blank. Columns of `records` that are no
fields: `line`, `delete`, `associate`, `too_long`, `password`, `refusal`, `given` (the status as it came).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from runner.fields import FIELDS
from runner.job.model import Guards, Job, Limit, Options
from runner.mapping.fingerprint import HASH_VERSION, field_fingerprint
from runner.mapping.records import Records
from runner.plan.make import make_plan
from runner.plan.model import Plan
from runner.plan.reader import Baseline
from tests.plan.fake_store import FakeStore
from tests.plan.looking import looked_at
from tests.plan.workbench import NOW, district, job, password_mac, record_mac, records

_FLAGS = {"delete", "associate", "too_long"}
_STORE_ONLY = {"id", "cause", "status_before", "username_before", "mac"}


@dataclass
class Case:
    """One case, ready to be planned."""

    title: str
    job: Job
    store: FakeStore
    records: Records
    settings: dict[str, str]
    expected: str
    keep: pl.DataFrame | None = None
    lines: list[str] = field(default_factory=list)

    def plan(self) -> Plan:
        return make_plan(
            self.job,
            self.records,
            self.store,
            kind=self.settings.get("kind", "full"),  # type: ignore[arg-type]
            now=NOW,
            password_mac=password_mac,
            record_mac=record_mac,
            circulation_good=self.settings.get("circulation_good", "true") == "true",
            keep=self.keep,
            among=looked_at(self.job, self.records, self.store),
        )


def read_case(path: Path) -> Case:
    """The case that a file tells."""
    text = path.read_text(encoding="utf-8")
    title, sections = _sections(text)
    settings = dict(line.split(": ", 1) for line in sections.get("job", []))
    rows = _table(sections.get("records", []))
    for row in rows:
        row.update({name: row[name] == "yes" for name in _FLAGS & set(row)})
        row["line"] = int(row.get("line") or 0) or None
        if "given" in row:
            row["status_given"] = row.pop("given")
    numbered = [{**row, "line": row["line"] or number} for number, row in enumerate(rows, start=2)]
    names = [name for name in FIELDS if any(name in row for row in rows)]
    made = _job(settings, names)
    store = _store(sections, made)
    _last_input(settings, numbered, names, store, made)
    return Case(
        title=title,
        job=made,
        store=store,
        records=records(numbered, names),
        settings=settings,
        expected="\n".join(sections.get("plan", [])),
        keep=_keep(settings),
        lines=text[: text.index("\nplan\n") + 6].splitlines() if "\nplan\n" in text else text.splitlines(),
    )


def told(plan: Plan) -> str:
    """A plan as text: every record with its outcome, what changes, and its messages; then what concerns the whole."""
    lines: list[str] = []
    changes = {row["line"]: row for row in plan.changes.to_dicts()}
    messages = plan.messages.to_dicts()
    for row in sorted(plan.outcomes.to_dicts(), key=lambda each: each["line"]):
        lines.append(f"line {row['line']}  {row['outcome']}  {row['patron'] or '-'}")
        change = changes.get(row["line"])
        if change:
            lines += _told_change(plan, change)
        lines += [_told_message(message) for message in messages if message["line"] == row["line"]]
    lines += [_told_message(message).strip() for message in messages if message["line"] is None]
    lines += [f"sent  patron {row['patron_id'] or 'new'}  {row['field']} = {_shown(row['value'])}" for row in plan.sent.to_dicts()]
    lines += [f"new patron type  {name}" for name in plan.new_patron_types]
    lines += [f"held  {held.action}  {held.count}  {held.guard}" for held in plan.held]
    if plan.kind != plan.compared_as:
        lines.append(f"compared as  {plan.compared_as}")
    if set(plan.seen) - set(plan.outcomes["patron_id"]):
        lines.append(f"seen besides  {sorted(set(plan.seen))}")
    return "\n".join(lines)


def _told_change(plan: Plan, change: dict[str, Any]) -> list[str]:
    ref = change["ref"]
    held = f"  HELD: {change['guard']}" if change["held"] else ""
    lines = [f"  {change['action']} at {change['site']}{held}"]
    for row in plan.adds.filter(pl.col("ref") == ref).to_dicts():
        filled = [f"{name}={value}" for name, value in row.items() if value is not None and name not in ("ref", "username_key")]
        lines.append("    " + ", ".join(filled))
    for row in plan.values.filter(pl.col("ref") == ref).to_dicts():
        lines.append(f"    {row['field']}: {_shown(row['before'])} -> {_shown(row['after'])}")
    for row in plan.associations.filter((pl.col("ref") == ref) & (pl.col("op") == "delete")).to_dicts():
        lines.append(f"    drops the secondary association {row['site']}/{row['barcode']}")
    lines += ["    password is written"] * plan.passwords.filter(pl.col("ref") == ref).height
    return lines


def _told_message(message: dict[str, Any]) -> str:
    value = f" {message['value']!r}" if message["value"] is not None else ""
    where = f" {message['field']}" if message["field"] else ""
    return f"  {message['severity']}: {message['code']}{where}{value}: {message['text']}"


def _shown(value: str | None) -> str:
    return "-" if value is None else value or '""'


def _sections(text: str) -> tuple[str, dict[str, list[str]]]:
    title, _, rest = text.partition("\n\n")
    sections: dict[str, list[str]] = {}
    name = ""
    for line in rest.splitlines():
        if line and not line.startswith(" "):
            name = line.strip()
            sections[name] = []
        elif line.strip():
            sections[name].append(line[2:].rstrip())
    return title, sections


def _table(lines: list[str]) -> list[dict[str, Any]]:
    if not lines:
        return []
    header, *rows = [re.split(r"\s{2,}", line.strip()) for line in lines]
    return [dict(zip(header, (_cell(cell) for cell in row), strict=True)) for row in rows]


def _cell(text: str) -> str | None:
    return None if text == "-" else "" if text == '""' else text


def _job(settings: dict[str, str], names: list[str]) -> Job:
    write = dict(pair.split("=") for pair in settings.get("write", "").split(", ") if pair)
    properties: dict[str, Any] = {
        name: settings[name] for name in ("match_by", "on_barcode_conflict", "on_possible_duplicate") if name in settings
    }
    return job(
        names,
        write=write,
        in_district=district(
            require_district_id=settings.get("require_district_id") == "true", guards=_guards(settings, "district guards")
        ),
        options=Options(allow_delete_with_transactions=settings.get("allow_delete_with_transactions") == "true"),
        guards=_guards(settings, "guards"),
        **properties,
    )


def _guards(settings: dict[str, str], name: str) -> Guards:
    limits = {}
    for each in settings.get(name, "").split(", "):
        if each:
            action, *words = each.split()
            pairs = dict(word.split("=") for word in words)
            limits[action] = Limit(**{key: int(value) for key, value in pairs.items()})
    return Guards(actions=limits)


def _store(sections: dict[str, list[str]], made: Job) -> FakeStore:
    store = FakeStore()
    for number in (9001, 9002):  # two bystanders, whom no case is about
        store.add_person(district_id=f"x{number}", site="EAST", barcode=f"X{number}", last_name="Bystander")["id"] = number
    for row in _table(sections.get("store", [])):
        status = row.pop("status", None) or "Active"
        person = store.add_person(**{name: value for name, value in row.items() if name not in _STORE_ONLY}, status=status)
        person["id"] = int(row["id"])
        person.update(status_cause=row.get("cause") or "file", password_mac=row.get("mac"))
        person.update({name: row.get(name) for name in ("status_before", "username_before")})
    for row in _table(sections.get("associations", [])):
        store.add_place(int(row.pop("patron")), **row)
    for row in _table(sections.get("locks", [])):
        until = date.fromisoformat(row["until"]) if row.get("until") else None
        store.staff_locks.append({**row, "patron_id": int(row["patron"]), "until": until} | {"owner": "Ms Park"})
        store.staff_locks[-1].pop("patron")
    for row in _table(sections.get("sent", [])):
        now = field_fingerprint(made, next(each for each in made.properties.fields if each.target == row["field"]))
        old = row.get("mapping") == "old"
        store.bases.append(
            {"patron_id": int(row["patron"]), "field": row["field"], "value": row["value"], "fingerprint": "old" if old else now}
        )
    for row in _table(sections.get("marks", [])):
        store.marks.append({"key": row["key"], "record_mac": row["mac"]})
    for row in _table(sections.get("transactions", [])):
        counts = {name: int(row.get(name) or 0) for name in ("checkouts", "fines", "refunds", "holds")}
        store.debts.append({"patron_id": int(row["patron"]), **counts, "balance_cents": 0, "checkout_sites": ""})
    store.types = [line.strip() for line in sections.get("patron types made before", [])]
    return store


def _last_input(settings: dict[str, str], rows: list[dict[str, Any]], names: list[str], store: FakeStore, made: Job) -> None:
    """`last input: 2 3` says which of the lines were the same in the last input; `of mapping X` or `of version X` makes it another's."""
    if "last input" not in settings:
        return
    lines, _, other = settings["last input"].partition(" of ")
    before = [row for row in rows if str(row["line"]) in lines.split()]
    hashes = records(before, names).frame["row_hash"]
    fingerprint = "mapping 2" if other.startswith("mapping") else "mapping 1"
    store.last_input = Baseline(hashes, fingerprint, "other" if other.startswith("version") else HASH_VERSION)


def _keep(settings: dict[str, str]) -> pl.DataFrame | None:
    if "keep" not in settings:
        return None
    pairs = [pair.split(" ", 1) for pair in settings["keep"].split(", ")]
    rows = [(int(line), guard) for line, guard in pairs]
    return pl.DataFrame(rows, schema={"line": pl.UInt32, "guard": pl.String}, orient="row")
