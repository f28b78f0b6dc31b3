"""Patron types that nobody had before: made by the run, or the approval, that brings them into use. (docs/domain.md section 2.)"""

from __future__ import annotations

from collections.abc import Set

import polars as pl
from msgspec.structs import replace

from runner.frames import messages_from
from runner.job.model import District, Job, PatronProperties
from runner.mapping.columns import column_label
from runner.plan.judged import joined_messages
from runner.plan.model import Plan
from runner.plan.reader import Reader


def created_messages(created: pl.DataFrame, column: str | None) -> pl.DataFrame:
    """One warning for each row of `created` (`line`, `patron`, `patron_type`), pointing at the source `column`."""
    if created.is_empty():
        return joined_messages([])
    text = pl.format("{} is a new patron type with the persona other. Add it to district.yaml, or correct the file.", "patron_type")
    kind, patron = pl.col("patron_type"), pl.col("patron")
    return messages_from(created, "patron-type-created", "warning", text, field="patron_type", column=column, value=kind, patron=patron)


def known_types(district: District, reader: Reader) -> set[str]:
    """The patron types of district.yaml, and those that runs have made until now."""
    return {kind.name for kind in district.patron_types} | set(reader.patron_types())


def one_of_each(used: pl.DataFrame) -> pl.DataFrame:
    """One row (`line`, `patron`, `patron_type`) for each type of `used`, by the patrons' keys: the order of the file decides nothing."""
    return used.sort("patron", "line").unique("patron_type", keep="first", maintain_order=True)


def with_new_types(plan: Plan, known: Set[str]) -> Plan:
    """The plan with the patron types that its changes bring into use and that are not `known`."""
    return replace(plan, new_patron_types=tuple(sorted(set(_brought(plan)["patron_type"]) - known)))


def without_unused_types(plan: Plan) -> Plan:
    """The plan less the new patron types that none of its changes brings any more."""
    if not plan.new_patron_types:
        return plan
    brought = set(_brought(plan)["patron_type"])
    return replace(plan, new_patron_types=tuple(name for name in plan.new_patron_types if name in brought))


def with_types_told(plan: Plan, job: Job) -> Plan:
    """The plan with a warning for each patron type that it makes, added to its messages and counted."""
    if not plan.new_patron_types:
        return plan
    brought = _brought(plan).filter(pl.col("patron_type").is_in(list(plan.new_patron_types)))
    named = brought.join(plan.changes.select("ref", "line", "patron"), on="ref")
    fields = job.properties.fields if isinstance(job.properties, PatronProperties) else ()
    column = next((column_label(field) for field in fields if field.target == "patron_type"), None)
    told = created_messages(one_of_each(named), column)
    counts = {**plan.counts, "warnings": plan.counts["warnings"] + told.height}
    return replace(plan, messages=joined_messages([plan.messages, told]), counts=counts)


def _brought(plan: Plan) -> pl.DataFrame:
    """`ref`, `patron_type`: what the changes give to new patrons, to patrons who had another, and to associations."""
    given = plan.values.filter(pl.col("field").str.contains("^(.*/)?patron_type$"))
    parts = [plan.adds.select("ref", pl.col("patron_type").cast(pl.String)), given.select("ref", patron_type="after")]
    return pl.concat(parts).drop_nulls()
