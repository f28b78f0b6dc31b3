"""From the records of one file and a view of the store to a plan. (docs/domain.md sections 3, 4, 5, 8 and 9.)

The order of the steps is the order of the story: who is meant, what a row may do, what each field becomes, who may have a contested key;
and only then what changed, for a lost name or barcode can leave a record with nothing to do.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import polars as pl
from msgspec.structs import replace

from runner.frames import OUTCOME_ROWS, as_text
from runner.job.model import Job, PatronProperties
from runner.mapping.records import Records
from runner.plan import notes
from runner.plan.case import Case, PasswordMac, RecordMac
from runner.plan.changes import Changed, adds_frame, associations_frame, changed, changes_frame, deletes_frame, updates_frame, values_frame
from runner.plan.draft import draft, suspicions
from runner.plan.incremental import converted, row_hashes, usable_baseline
from runner.plan.judged import joined_fates, joined_messages
from runner.plan.match import match
from runner.plan.model import Held, Plan, changeless
from runner.plan.outcomes import applied_hashes, count, outcome_rows, settled_rows, with_familiar
from runner.plan.ownership import new_bases
from runner.plan.passwords import password_macs, settle_passwords
from runner.plan.reader import Reader
from runner.plan.roles import give_roles
from runner.plan.settle import settle
from runner.plan.snapshot import Among, Snapshot, mapped_fields
from runner.plan.usernames import settle_usernames

Kind = Literal["full", "incremental"]
KEEP = pl.Schema({"line": pl.UInt32, "guard": pl.String})


def make_plan(
    job: Job,
    records: Records,
    reader: Reader,
    *,
    kind: Kind,
    now: datetime,
    password_mac: PasswordMac | None = None,
    record_mac: RecordMac | None = None,
    circulation_good: bool = True,
    keep: pl.DataFrame | None = None,
    among: pl.Series | None = None,
) -> Plan:
    """Everything that the file would change, without removals and before guards (runner.plan.guards).

    `now` is UTC. `password_mac` gives the keyed fingerprints of clear passwords; `record_mac` those of records (rows of Records.frame),
    asked only for adds of patrons that the policy once deleted. Without `circulation_good` nobody is deleted. `keep` (KEEP) names the
    records that a guard holds: they stay in the plan as held changes, and are judged as records that keep what their patron had.
    `among` (ids) are the patrons that these records can have to do with (runner.plan.narrow); None: anybody.
    """
    if records.frame.is_empty():
        return _of_familiar(job, records, reader, kind)
    case = _case(job, records, reader, among, now, password_macs(records, password_mac), keep)
    case = replace(case, record_mac=record_mac, circulation_good=circulation_good)
    baseline, note = usable_baseline(reader, job, kind, records.fingerprint)
    hashes = row_hashes(case)
    rows, clashes = give_roles(case, rows := match(case), converted(case, rows, hashes, baseline))
    standing, lost, why = settle(case := (drafted := draft(case, rows)).case, drafted.standing)
    standing, names = settle_usernames(case, standing)
    passwords, password_bases, secrets = settle_passwords(case, standing)
    result = changed(standing, passwords)
    mapped = outcome_rows(case, rows, joined_fates([drafted.fates, lost]), result.refs)
    created = notes.new_types(case, standing)
    ending = [suspicions(drafted, standing), why, names, secrets, notes.of_result(case, rows, standing, mapped, created)]
    said = notes.of_mapping(records.messages, rows, incremental=baseline is not None)
    return Plan(
        kind=kind,
        compared_as="full" if baseline is None else "incremental",
        **_frames(case, result, passwords),
        outcomes=with_familiar(mapped, records.familiar, job, reader),
        messages=(messages := joined_messages([note, said, clashes, drafted.messages, *ending]).sort("line", maintain_order=True)),
        seen=_with(records.familiar, "patron_id", case.snapshot.column("id").gather(rows["at"].drop_nulls().unique())),
        applied_hashes=_with(records.familiar, "row_hash", applied_hashes(rows, mapped, hashes, messages)),
        sent=_sent([new_bases(case, standing.edits), notes.bases_of_adds(case, standing), password_bases], result),
        new_patron_types=tuple(sorted(created["patron_type"])),
        counts=count(records, mapped, messages, notes.returned(case, standing).height),
        sites=_sites(records),
        held=_held(case, result),
        settled=settled_rows(case, rows, mapped, hashes, messages),
    )


def _of_familiar(job: Job, records: Records, reader: Reader, kind: Kind) -> Plan:
    """Where no record is there to be judged: nobody changes, and whoever is familiar was seen."""
    baseline, note = usable_baseline(reader, job, kind, records.fingerprint)
    messages = joined_messages([note, records.messages]).sort("line", maintain_order=True)
    mapped = pl.DataFrame(schema=OUTCOME_ROWS)
    nothing = changeless(kind, count(records, mapped, messages, 0), with_familiar(mapped, records.familiar, job, reader), messages)
    return replace(
        nothing,
        compared_as="full" if baseline is None else "incremental",
        seen=_with(records.familiar, "patron_id", nothing.seen),
        applied_hashes=_with(records.familiar, "row_hash", nothing.applied_hashes),
        sites=_sites(records),
    )


def _with(familiar: pl.DataFrame | None, column: str, mapped: pl.Series) -> pl.Series:
    """What the mapped records give, and the familiar ones."""
    return mapped.rename(column) if familiar is None else pl.concat([mapped.rename(column), familiar[column]])


def _case(
    job: Job, records: Records, reader: Reader, among: pl.Series | None, now: datetime, macs: pl.DataFrame, keep: pl.DataFrame | None
) -> Case:
    if not isinstance(job.properties, PatronProperties):
        raise TypeError("make_plan is for jobs of kind patrons")
    snapshot = Snapshot(reader if among is None else Among(reader, among), mapped_fields(records.frame))
    if snapshot.patrons.height:
        records = replace(records, frame=as_text(records.frame))  # to be compared with the store's texts
    return Case(job, job.properties, records, reader, snapshot, now, macs, _kept(records, keep))


def _kept(records: Records, keep: pl.DataFrame | None) -> pl.DataFrame:
    if keep is None:
        return pl.DataFrame(schema={"n": pl.UInt32, "guard": pl.String})
    return records.frame.select("line").with_row_index("n").join(keep, on="line").select("n", "guard")


def _frames(case: Case, result: Changed, passwords: pl.DataFrame) -> dict[str, pl.DataFrame]:
    values = values_frame(result, passwords)
    named = passwords.join(result.refs.select("n", "ref"), on="n")
    return {
        "changes": changes_frame(case, result),
        "values": values,
        "adds": adds_frame(result),
        "updates": updates_frame(result, values),
        "associations": associations_frame(case, result),
        "deletes": deletes_frame(result),
        "passwords": named.drop_nulls("password_mac").select("ref", "line", "patron_id", "password_mac").sort("ref"),
        "password_clears": named.filter(pl.col("password_mac").is_null()).select("ref", "patron_id").sort("ref"),
    }


def _sent(bases: list[pl.DataFrame], result: Changed) -> pl.DataFrame:
    """A base that changes nothing else of its patron has no `ref`."""
    named = pl.concat(bases).join(result.refs.select("n", "ref"), on="n", how="left", maintain_order="left")
    return named.select("ref", "patron_id", "field", "value", "fingerprint")


def _sites(records: Records) -> dict[str, int]:
    parts = [each["site"].drop_nulls().value_counts(name="len") for each in (records.frame, records.familiar) if each is not None]
    whole = pl.concat([part.with_columns(pl.col("site").cast(pl.String)) for part in parts])
    sites = whole.group_by("site").agg(pl.col("len").sum()).sort("site")
    return dict(zip(sites["site"], sites["len"], strict=True))


def _held(case: Case, result: Changed) -> tuple[Held, ...]:
    held = result.refs.join(case.kept, on="n").group_by("action", "guard").len().sort("action", "guard")
    return tuple(Held(*each) for each in zip(held["action"], held["len"], held["guard"], strict=True))
