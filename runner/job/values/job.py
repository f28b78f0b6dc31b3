"""A job as a value."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from runner.job.document import Document
from runner.job.durations import clock_time, span
from runner.job.hashes import content_hash, meaning_hash
from runner.job.model import (
    CirculationProperties,
    DeleteInactive,
    DeleteWithTransactions,
    District,
    Inactivate,
    Job,
    Options,
    PatronProperties,
    Removal,
    RunKind,
    Schedule,
    Scope,
)
from runner.job.rules.schedule_rules import DAYS, WEEKDAYS
from runner.job.values.conditions import build_optional_condition
from runner.job.values.district import build_guards
from runner.job.values.fields import build_field
from runner.job.values.source import build_source


def build_job(document: Document, district: District) -> Job:
    """The job that a checked document says, with every default filled in."""
    data = document.data
    return Job(
        key=f"{district.key}/{data['name']}",
        path=document.path,
        sha256=content_hash(document.raw),
        meaning=meaning_hash(document.raw, data),
        name=data["name"],
        kind=data["kind"],
        description=data.get("description", ""),
        enabled=data.get("enabled", True),
        district=district,
        source=build_source(data["source"], document.path.parent),
        properties=_circulation(data["properties"]) if data["kind"] == "circulation" else _patrons(data["properties"]),
        schedule=_schedule(data["schedule"], data["kind"]) if "schedule" in data else None,
        options=Options(**data.get("options", {})),
        removal=_removal(data["removal"]) if "removal" in data else None,
        guards=build_guards(data.get("guards", {})),
    )


def _patrons(data: dict[str, Any]) -> PatronProperties:
    return PatronProperties(
        match_by=data["match_by"],
        fields=tuple(build_field(target, field) for target, field in data["fields"].items()),
        null_tokens=tuple(data.get("null_tokens", [])),
        skip_when=build_optional_condition(data.get("skip_when")),
        delete_when=build_optional_condition(data.get("delete_when")),
        associate_when=build_optional_condition(data.get("associate_when")),
        on_barcode_conflict=data.get("on_barcode_conflict", "refuse"),
        on_possible_duplicate=data.get("on_possible_duplicate", "add"),
    )


def _circulation(data: dict[str, Any]) -> CirculationProperties:
    return CirculationProperties(
        table=data["table"],
        match_by=data["match_by"],
        fields=tuple(build_field(target, field) for target, field in data["fields"].items()),
        null_tokens=tuple(data.get("null_tokens", [])),
        skip_when=build_optional_condition(data.get("skip_when")),
        allow_empty=data.get("allow_empty", False),
    )


def _schedule(data: dict[str, Any], kind: str) -> Schedule:
    expect_by, waits = data.get("expect_by"), data.get("wait_for_file")
    return Schedule(
        at=clock_time(data["at"]),
        days=tuple(_run_kind(data, day, kind) for day in DAYS),
        on_missed=data.get("on_missed", "last"),
        grace=span(data.get("grace", "6h")),
        expect_by=clock_time(expect_by) if expect_by else None,
        wait_for_file=span(waits) if waits else None,
    )


def _run_kind(data: dict[str, Any], day: str, kind: str) -> RunKind | None:
    """The kind of run on a day: its own name, else weekdays or weekends, else none; full every day where no day is named."""
    named = {key for key in ("weekdays", "weekends", *DAYS) if key in data}
    found = data.get(day, data.get("weekdays" if day in WEEKDAYS else "weekends", "none" if named else "full"))
    if found == "none":
        return None
    return "full" if kind == "circulation" or found == "full" else "incremental"


def _removal(data: dict[str, Any]) -> Removal:
    inactivate, delete = data.get("inactivate"), data.get("delete", {})
    inactive, owing = delete.get("inactive"), delete.get("with_transactions")
    return Removal(
        when_records_read_over=data.get("when_records_read_over", 0),
        scope=_scope(data["scope"]),
        inactivate=Inactivate(**inactivate) if inactivate else None,
        graduated_seniors=delete.get("graduated_seniors", False),
        delete_inactive=_delete_inactive(inactive) if inactive else None,
        delete_with_transactions=DeleteWithTransactions(**owing) if owing else None,
    )


def _scope(data: Any) -> Scope:
    if data == "everyone":
        return Scope(everyone=True)
    return Scope(False, tuple(data.get("patron_types", [])), tuple(data.get("access_levels", [])), tuple(data.get("personas", [])))


def _delete_inactive(data: dict[str, Any]) -> DeleteInactive:
    only_if = data.get("only_if", "no_checkouts_no_fines")
    return DeleteInactive(data["days"], Decimal(only_if["fines_below"]) if isinstance(only_if, dict) else only_if)
