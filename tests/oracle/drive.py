"""Driving the real thing with the oracle's values: rows to map_rows to make_plan, and the plan applied to a plain store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from runner.fields import ASSOCIATION_FIELDS, STORED_FIELDS
from runner.frames import MALFORMED, empty_messages
from runner.intake.rows import Rows
from runner.job.model import (
    Column,
    Constant,
    Directory,
    District,
    FieldMap,
    Format,
    Guards,
    Job,
    MapValues,
    Notify,
    Options,
    PatronProperties,
    PatronType,
    Site,
    Source,
    Test,
    Trim,
)
from runner.mapping.fingerprint import HASH_VERSION, field_fingerprint
from runner.mapping.patrons import map_rows
from runner.mapping.records import Records
from runner.plan.make import make_plan
from runner.plan.model import Plan
from runner.plan.reader import Baseline
from tests.oracle.facts import FieldRule, Night, Patron, Row, Rules, Store, Town
from tests.oracle.memory import Text
from tests.oracle.reader import PlainReader
from tests.plan.looking import looked_at

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)  # the evening of the 20th in Chicago


@dataclass
class Planned:
    """What the real thing made of a night."""

    plan: Plan
    records: Records
    after: Store
    baseline: Baseline


def planned(town: Town, rules: Rules, store: Store, night: Night, baseline: Baseline | None, text: Text | None = None) -> Planned:
    """The real plan. With `text` the rows go through CSV text and the intake first."""
    job = job_of(town, rules)
    fingerprints = {field.target: field_fingerprint(job, field) for field in _properties(job).fields}
    marks = {key: record_mac(map_rows(_rows([Row(2, cells)], rules), job, today=town.today).frame)[0] for key, cells in store.marks.items()}
    reader = PlainReader(store, fingerprints, marks, baseline)
    records = text.records(job, rules, night, reader, town.today) if text else map_rows(_rows(night.rows, rules), job, today=town.today)
    among = looked_at(job, records, reader)
    kind: Any = night.kind
    plan = make_plan(job, records, reader, kind=kind, now=NOW, password_mac=password_mac, record_mac=record_mac, among=among)
    after = applied(plan, store, reader)
    return Planned(plan, records, after, Baseline(plan.applied_hashes, records.fingerprint, HASH_VERSION))


def password_mac(clear: pl.Series) -> pl.Series:
    """A stand-in for the keyed fingerprint of passwords: the password itself."""
    return clear


def record_mac(rows: pl.DataFrame) -> pl.Series:
    """A stand-in for the keyed fingerprint of records."""
    texts = [name for name in STORED_FIELDS if name in rows.columns]
    return rows.select(mac=pl.concat_str([pl.col(name).fill_null("(absent)") for name in texts], separator="|").str.normalize("NFC"))["mac"]


def job_of(town: Town, rules: Rules) -> Job:
    """The job as runner.job.load would give it."""
    conditions = {
        name: Test(condition[0], "in", condition[1]) if (condition := getattr(rules, name)) else None
        for name in ("skip_when", "delete_when", "associate_when")
    }
    properties = PatronProperties(
        match_by=rules.match_by,  # type: ignore[arg-type]
        fields=tuple(_field(name, rule) for name, rule in rules.fields.items()),
        null_tokens=rules.null_tokens,
        on_barcode_conflict="autoassign" if rules.autoassign else "refuse",
        on_possible_duplicate="hold" if rules.hold_twins else "add",
        **conditions,
    )
    source = Source(Directory(Path("/exports")), "students.csv", None, 50, 0, Format())
    options = Options(allow_delete_with_transactions=rules.delete_debtors)
    head: dict[str, Any] = {"key": "town/students", "path": Path("students.yaml"), "sha256": "0", "name": "students", "kind": "patrons"}
    head |= {"description": "", "enabled": True, "schedule": None, "removal": None, "guards": Guards()}
    return Job(**head, district=_district(town), source=source, properties=properties, options=options)


def applied(plan: Plan, store: Store, reader: PlainReader) -> Store:
    """The store as the plan leaves it, held changes left out; patrons that are added are numbered -(line)."""
    after = store.copy()
    held = {row["ref"] for row in plan.changes.to_dicts() if row["held"]}
    lines = {row["ref"]: row["line"] for row in plan.changes.to_dicts()}

    def of(frame: pl.DataFrame) -> list[dict[str, Any]]:
        return [row for row in frame.to_dicts() if row["ref"] not in held]

    for row in of(plan.adds):
        number = -lines[row["ref"]]
        after.patrons[number] = Patron(number, {name: row[name] for name in STORED_FIELDS})
    for row in of(plan.updates):
        _update(after.patrons[row["patron_id"]], row)
    _associate(after, of(plan.associations), lines, reader)
    for row in of(plan.deletes):
        del after.patrons[row["patron_id"]]
    clear = dict(plan.passwords.select("line", "password_mac").rows())
    for row in of(plan.passwords):
        number = row["patron_id"] if row["patron_id"] is not None else -lines[row["ref"]]
        after.patrons[number].password = clear[row["line"]]
    for row in of(plan.password_clears):
        after.patrons[row["patron_id"]].password = None
    for row in of(plan.sent):
        number = row["patron_id"] if row["patron_id"] is not None else -lines[row["ref"]]
        after.patrons[number].bases[row["field"]] = (row["value"] or "", reader.fingerprints.get(row["field"]) == row["fingerprint"])
    after.new_types = sorted({*after.new_types, *plan.new_patron_types})
    return after


def _update(patron: Patron, row: dict[str, Any]) -> None:
    before = patron.values.get("status")
    patron.values.update({name: value for name, value in row.items() if name in STORED_FIELDS})
    if patron.values.get("status") != before:
        patron.status_cause, patron.status_before, patron.username_before = "file", None, None


def _associate(after: Store, rows: list[dict[str, Any]], lines: dict[int, int], reader: PlainReader) -> None:
    known = {row["id"]: row for row in reader.associations().to_dicts()}
    for row in rows:
        if row["op"] in ("delete", "update"):
            old = known[row["association_id"]]
            after.patrons[old["patron_id"]].others.pop(old["site"])
    for row in rows:
        if row["op"] != "delete":
            number = row["patron_id"] if row["patron_id"] is not None else -lines[row["owner_ref"]]
            place = {name: row[name] for name in ASSOCIATION_FIELDS if name != "site"}
            if row["site"] in after.patrons[number].others:
                raise AssertionError(f"two associations of patron {number} at {row['site']}")
            after.patrons[number].others[row["site"]] = place


def _rows(rows: list[Row], rules: Rules) -> Rows:
    columns = rules.columns()
    texts = {name: pl.Series(name, [row.cells[name] for row in rows], dtype=pl.String) for name in columns}
    frame = pl.DataFrame([pl.Series("line", [row.line for row in rows], dtype=pl.UInt32), *texts.values()])
    return Rows(frame.lazy(), pl.DataFrame(schema=MALFORMED), len(rows), tuple(columns), empty_messages())


def _properties(job: Job) -> PatronProperties:
    assert isinstance(job.properties, PatronProperties)
    return job.properties


def _field(name: str, rule: FieldRule) -> FieldMap:
    steps: tuple[Any, ...] = (Trim(),)
    if rule.mapped is not None:
        entries = {text: Constant(result) for text, result in rule.mapped.items() if text is not None}
        default = rule.mapped.get(None)
        steps = (Trim(), MapValues(entries, None if default is None else Constant(default)))
    blank: Any = Constant(rule.default or "") if rule.when_blank == "default" else rule.when_blank
    return FieldMap(name, Column(rule.column), steps, blank, rule.write)  # type: ignore[arg-type]


def _district(town: Town) -> District:
    sites = tuple(
        Site(
            school.name,
            school.name,
            school.aliases,
            "media" if school.media else "library",
            school.patron_type,
            school.access_level,
            school.resource_group,
        )
        for school in town.schools
    )
    values: dict[str, Any] = {"key": "town", "path": Path("district.yaml"), "sha256": "0", "name": "Town", "store": "sqlite"}
    values |= {"time_zone": ZoneInfo("America/Chicago"), "statistical_year_starts_in": 8, "graduating_grades": ("12",)}
    values |= {"guards": Guards(), "circulation": {}, "circulation_max_age": timedelta(days=2), "history_days": 90, "notify": Notify()}
    values |= {"approvals_expire": timedelta(days=7), "show_values": True, "require_district_id": town.requires_id, "sites": sites}
    types = tuple(PatronType(name) for name in town.patron_types)
    return District(**values, patron_types=types, access_levels=tuple(town.access_levels))
