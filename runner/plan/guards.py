"""Guards: which changes of a plan are too many at once to be made without a person's word. (docs/domain.md section 7.)

A guard counts one action over the whole job and at each site, or the changes of one field. What it trips on is held, the rest goes on.
Held records keep what their patrons had, so the plan is made again with them before anything is applied.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import polars as pl
from msgspec import Struct
from msgspec.structs import replace

from runner.composed import composed
from runner.frames import UNDONE_BEFORE
from runner.job.model import GUARDED_ACTIONS, Job, Limit
from runner.mapping.records import Records
from runner.plan.held import comparable_values
from runner.plan.make import KEEP, Kind, make_plan
from runner.plan.model import Held, Plan
from runner.plan.reader import Reader

DEFAULTS: Mapping[str, Limit] = {"delete": Limit(percent=5), "inactivate": Limit(percent=10), "update": Limit(percent=75)}
JOB_FLOOR, SITE_FLOOR = 100, 10
_FEW = 50_000
# Where the job has seen nobody yet there is nothing to take a percentage of. Adding and updating then go on, for that is a first load;
# taking patrons away does not: any number over the floor is too many.
_OF_NOBODY = ("delete", "inactivate")
_KINDS = {
    "add": "create",
    "update": "update",
    "reactivate": "update",
    "transfer": "transfer",
    "delete": "delete",
    "inactivate": "inactivate",
}


class _Count(Struct, frozen=True):
    """What a limit is held against: `ref`, `site` of the changes it counts, and `site`, `patrons` of the base it is a part of.

    `made`: how many changes of the kind the file makes besides: a number is of the whole run, a percentage has a base of its own."""

    name: str
    changes: pl.DataFrame
    base: pl.DataFrame
    made: int = 0


def guarded_plan(job: Job, records: Records, reader: Reader, *, kind: Kind, now: datetime, **more: Any) -> Plan:
    """The plan of the file's changes, what its guards hold included as held. Takes what runner.plan.make.make_plan takes."""
    plan = make_plan(job, records, reader, kind=kind, now=now, **more)
    if plan.changes.is_empty():
        return plan
    # Guards first: a change that was undone before must not hide that a guard on creates, updates or transfers has tripped.
    tripped = pl.concat([_tripped(job, _file_counts(plan, job, reader)), _undone(plan, reader.undone(job.key))])
    if tripped.is_empty():
        return plan
    held = plan.changes.join(tripped, on="ref").unique("line", keep="first", maintain_order=True)
    first = pl.DataFrame(schema=KEEP)
    already = plan.changes.filter("held").select("line", "guard")
    keep = pl.concat([first, already, held.select("line", guard="why")]).unique("line", keep="first", maintain_order=True)
    return make_plan(job, records, reader, kind=kind, now=now, keep=keep, **more)


def hold_removals(plan: Plan, job: Job, in_scope: pl.DataFrame, undone: pl.DataFrame) -> Plan:
    """The plan with those of the policy's changes marked as held that a guard trips on. `in_scope`: `site`, `patrons` (the base)."""
    removals = plan.changes.filter(pl.col("cause") == "removal")
    if removals.is_empty():
        return plan
    placed = _at_former_sites(plan, removals)
    times = _by_kind(plan, plan.changes.lazy().filter(~pl.col("held")))["kind"].value_counts(name="times")
    made = dict(zip(times["kind"], times["times"], strict=True))
    counts = [
        _Count(action, placed.filter(pl.col("action") == action).select("ref", "site"), in_scope, made.get(action, 0))
        for action in ("inactivate", "delete")
    ]
    mine = replace(plan, changes=removals)
    tripped = pl.concat([_undone(mine, undone), _tripped(job, counts)]).unique("ref", keep="first", maintain_order=True)
    if tripped.is_empty():
        return plan
    marked = plan.changes.join(tripped, on="ref", how="left", maintain_order="left")
    hit = pl.col("why").is_not_null()
    changes = marked.with_columns(held=pl.col("held") | hit, guard=pl.coalesce("why", "guard")).drop("why")
    groups = removals.join(tripped, on="ref").group_by("action", "why").len().sort("action", "why")
    held = tuple(Held(*each) for each in zip(groups["action"], groups["len"], groups["why"], strict=True))
    return replace(plan, changes=changes, held=(*plan.held, *held))


def _file_counts(plan: Plan, job: Job, reader: Reader) -> list[_Count]:
    """The file's changes by guarded field, and by what guards call them; each with the site that its patron is at before the run.

    What closes the removal gate stands first: of two guards that hold one change, the first is named."""
    named = _by_kind(plan, plan.changes.lazy().filter(~pl.col("held")))
    base = _seen_per_site(job, reader)
    counts = []
    for field in sorted({*job.guards.fields, *job.district.guards.fields}):
        touched = plan.values.filter(pl.col("field") == field).select("ref").unique()
        counts.append(_Count(field, named.select("ref", "site").unique().join(touched, on="ref"), base))
    limited = [kind for kind in GUARDED_ACTIONS if any(True for _ in _limits(job, kind))]
    return counts + [_Count(kind, named.filter(pl.col("kind") == kind).select("ref", "site"), base) for kind in limited]


def _by_kind(plan: Plan, changes: pl.LazyFrame) -> pl.DataFrame:
    """`ref`, `site` (before the run), `kind` of the file's changes among `changes`: what guards call each."""
    guarded = (pl.col("cause") != "removal") & pl.col("action").is_in(list(_KINDS))
    mine = changes.filter(guarded).select("ref", "site", "patron_id", "action").collect()
    usual = pl.col("action").cast(pl.String).replace_strict(_KINDS, return_dtype=pl.String)
    if plan.values.is_empty():  # a first load: nobody's site or status is another than before
        return mine.select("ref", "site", kind=usual)
    status = plan.values.filter(pl.col("field") == "status").select("ref", status_before="before", status_after="after")
    known = _at_former_sites(plan, mine).join(status, on="ref", how="left")
    leaves = (pl.col("status_after") == "Inactive").fill_null(False)
    returns = (pl.col("status_before") == "Inactive").fill_null(False)
    status_kind = pl.when(leaves).then(pl.lit("inactivate")).when(returns).then(pl.lit("reactivate"))
    # An update that changes the status counts as that alone; a transfer that does counts as both, and either guard may hold it.
    kind = pl.when((usual == "update") & (leaves | returns)).then(None).otherwise(usual)
    placed = known.select("ref", "site", own=kind, told=status_kind)
    return pl.concat([placed.select("ref", "site", kind=column) for column in ("own", "told")]).drop_nulls("kind")


def _at_former_sites(plan: Plan, changes: pl.DataFrame) -> pl.DataFrame:
    """The changes, `site` being the one that the patron was at before the run."""
    moved = plan.values.filter(pl.col("field") == "site").select("ref", was_at="before")
    transfers = plan.changes.filter((pl.col("action") == "transfer") & ~pl.col("held")).select("ref", "patron_id")
    movers = moved.join(transfers, on="ref").select("patron_id", came_from="was_at")
    joined = changes.join(moved, on="ref", how="left").join(movers, on="patron_id", how="left")
    return joined.with_columns(site=pl.coalesce("was_at", "came_from", "site")).drop("was_at", "came_from")


def _seen_per_site(job: Job, reader: Reader) -> pl.DataFrame:
    """`site`, `patrons`: the patrons that this job last saw, by the site they are at."""
    seen = reader.seen_by(job.key)
    if seen.len() <= _FEW:  # of a large store only these are looked at
        return reader.patrons(["id", "site"], seen).group_by("site").len("patrons")
    patrons = reader.patrons(["id", "site"])
    everybody = seen.len() == patrons.height and (seen == patrons["id"]).all()
    mine = patrons if everybody else patrons.filter(pl.col("id").is_in(seen.implode()))
    return mine.group_by("site").len("patrons")


def _tripped(job: Job, counts: list[_Count]) -> pl.DataFrame:
    """`ref`, `why` of every change that a guard holds, the guard over the whole job before those of sites."""
    parts = [pl.DataFrame(schema={"ref": pl.UInt32, "why": pl.String})]
    for count in counts:
        for limit in _limits(job, count.name):
            parts += _held_by(limit, count)
    return pl.concat(parts).unique("ref", keep="first", maintain_order=True)


def _limits(job: Job, name: str) -> Iterator[Limit]:
    """The job's limit and the district's where they are written, else the default."""
    written = [
        limit
        for guards in (job.guards, job.district.guards)
        for limit in (guards.actions.get(name) or guards.fields.get(name),)
        if limit is not None
    ]
    yield from written or ([DEFAULTS[name]] if name in DEFAULTS else [])


def _held_by(limit: Limit, count: _Count) -> list[pl.DataFrame]:
    refs = count.changes["ref"]
    if limit.number is not None and refs.len() and refs.len() + count.made > limit.number:
        return [_because(count.changes, f"{count.name} {limit.number:,}")]
    if limit.percent is None:
        return []
    base = int(count.base["patrons"].sum())
    floor = JOB_FLOOR if limit.floor is None else limit.floor
    if refs.len() > floor and (base or count.name in _OF_NOBODY) and refs.len() * 100 > round(limit.percent * base, 6):
        return [_because(count.changes, f"{count.name} {limit.percent:g}%")]
    return _held_at_sites(limit, count)


def _held_at_sites(limit: Limit, count: _Count) -> list[pl.DataFrame]:
    floor = SITE_FLOOR if limit.floor is None else limit.floor
    sites = count.changes.group_by("site").len().join(count.base, on="site", how="left" if count.name in _OF_NOBODY else "inner")
    sites = sites.with_columns(pl.col("patrons").fill_null(0))
    too_many = sites.filter((pl.col("len") > floor) & (pl.col("len") * 100 > (pl.lit(limit.percent) * pl.col("patrons")).round(6))).sort(
        "site"
    )
    parts = []
    for site in too_many["site"]:
        parts.append(_because(count.changes.filter(pl.col("site") == site), f"{count.name} {limit.percent:g}% at {site}"))
    return parts


def _because(changes: pl.DataFrame, why: str) -> pl.DataFrame:
    return changes.select("ref", why=pl.lit(why))


def _undone(plan: Plan, undone: pl.DataFrame) -> pl.DataFrame:
    """`ref`, `why` of the changes that would do an undone thing again: the same patron, action, and field with the same new value."""
    nothing = pl.DataFrame(schema={"ref": pl.UInt32, "why": pl.String})
    if undone.is_empty():
        return nothing
    changes = plan.changes.filter(~pl.col("held")).select("ref", "patron", action=pl.col("action").cast(pl.String))
    whole = changes.join(undone.filter(pl.col("field").is_null()), on=["patron", "action"], how="semi")
    values = undone.filter(pl.col("field").is_not_null()).with_columns(composed("after"))
    valued = comparable_values(plan).join(changes, on="ref")
    valued = valued.join(values, on=["patron", "field", "after"], how="semi", nulls_equal=True)
    return _because(pl.concat([whole.select("ref"), valued.select("ref")]).unique(), UNDONE_BEFORE)
