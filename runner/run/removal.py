"""The removal policy's place in a run: behind all gates, on the store as the file leaves it. (docs/domain.md sections 6 and 10.)"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time

import polars as pl
from msgspec import Struct
from msgspec.structs import replace

from runner.job.model import District, Job, PatronProperties, Removal
from runner.mapping.records import Records
from runner.plan.guards import hold_removals
from runner.plan.model import Plan
from runner.plan.ownership import locks_in_force
from runner.plan.reader import Reader
from runner.policy.candidates import candidates
from runner.policy.decide import decide
from runner.policy.doubt import in_doubt, kept_in_doubt
from runner.policy.gates import Gate, TableState, deletion_gate, removal_gate
from runner.policy.locked import held_back
from runner.policy.projection import prefixed_names, project
from runner.policy.removals import marked_elsewhere, with_removals
from runner.policy.scope import patrons_in_scope

RecordMac = Callable[[pl.DataFrame], pl.Series]
TABLES = ("checkouts", "fines", "holds")


class Removals(Struct, frozen=True):
    """The plan with the policy's changes, the gate as the JSON document has it (None: the job has no policy), and whom a debt keeps."""

    plan: Plan
    gate: Mapping[str, object] | None
    blocked: pl.DataFrame


def circulation_gate(district: District, reader: Reader, now: datetime) -> Gate:
    """Whether the circulation tables are good enough to delete anybody."""
    loads = {row["table_name"]: row for row in reader.circulation_loads().to_dicts()}
    states = []
    for name in TABLES:
        load = loads.get(name)
        spoiled = load["refused"] + load["malformed"] if load else 0
        states.append(TableState(name, district.circulation.get(name) == "none", load["loaded_at"] if load else None, spoiled))  # type: ignore[call-overload]
    return deletion_gate(states, district.circulation_max_age, now)


def _nobody() -> pl.Series:
    return pl.Series("patron_id", [], dtype=pl.Int64)


def with_policy(
    job: Job,
    plan: Plan,
    reader: Reader,
    records: Records,
    *,
    now: datetime,
    as_of: date | None,
    modified: datetime,
    record_mac: RecordMac,
    held_elsewhere: Callable[[], pl.Series | None] = _nobody,
) -> Removals:
    """The plan with everything that the policy decides. `as_of` moves the policy's date alone: this file's records count as seen on it.
    `held_elsewhere`: Int64 ids of patrons of whom another job holds a change (None: it may be anybody)."""
    nobody = pl.DataFrame(schema={"patron": pl.String, "site": pl.String, "reason": pl.String})
    if job.removal is None:
        return Removals(plan, None, nobody)
    history = reader.input_history(job.key)
    gate = removal_gate(job, job.removal, plan, input_modified=modified, now=now, sites_before=(history.sites if history else None) or {})
    if not gate.open:
        return Removals(plan, {"open": False, "reason": gate.reason}, nobody)
    deletes = circulation_gate(job.district, reader, now)
    today = as_of or job.district.today(now)
    only = candidates(plan, reader, job.removal, job.district, today, deletions=deletes.open)
    projected = project(plan, reader, now, _seen_at(job, today) if as_of else now, only)
    decided = decide(projected, job.removal, job.district, today, deletions=deletes.open)
    decisions = kept_in_doubt(decided, in_doubt(plan, records), held_elsewhere()) if decided.frame.height else decided
    done = _merged(job, job.removal, plan, reader, records, decisions.frame, record_mac, locks_in_force(reader, today))
    return Removals(done, {"open": True, "reason": deletes.reason if _deletes(job, job.removal) else None}, decisions.blocked)


def _deletes(job: Job, removal: Removal) -> bool:
    """Whether the job may delete anybody, by policy or by its file: others need no good circulation tables."""
    return removal.deletes or (isinstance(job.properties, PatronProperties) and job.properties.delete_when is not None)


def _merged(
    job: Job,
    removal: Removal,
    plan: Plan,
    reader: Reader,
    records: Records,
    decided: pl.DataFrame,
    record_mac: RecordMac,
    locks: pl.DataFrame,
) -> Plan:
    """The plan with the decisions, its guards on removals, and what is counted of them."""
    if decided.is_empty():
        return _counted(plan)
    setting = removal.inactivate
    disables = setting is not None and setting.disable_login
    leaving = decided.filter((pl.col("action") == "inactivate") & disables)["patron_id"]
    secrets = reader.patrons(["id", "password_mac"], leaving).rename({"id": "patron_id"})
    taken = prefixed_names(plan, reader) if disables else pl.Series(dtype=pl.String)
    free, notes = held_back(decided.join(secrets, on="patron_id", how="left"), setting, locks)
    merged = with_removals(plan, free, setting, taken, records, record_mac)
    merged = marked_elsewhere(merged, lambda: reader.seen_elsewhere(job.key))
    merged = replace(merged, messages=pl.concat([merged.messages, notes]))
    return _counted(hold_removals(merged, job, patrons_in_scope(removal.scope, job.district, reader), reader.undone(job.key)))


def _seen_at(job: Job, day: date) -> datetime:
    return datetime.combine(day, time(12), job.district.time_zone).astimezone(UTC)


def _counted(plan: Plan) -> Plan:
    """The plan with `inactivated` and `removed`: what is not held."""
    made = plan.changes.filter((pl.col("cause") == "removal") & ~pl.col("held"))["action"].cast(pl.String).value_counts()
    found = dict(made.iter_rows())
    return replace(plan, counts={**plan.counts, "inactivated": found.get("inactivate", 0), "removed": found.get("delete", 0)})
