"""From what stands to the frames of a plan: changes, values, adds, updates, associations, deletes. (runner.plan.model.Plan)"""

from __future__ import annotations

import polars as pl
from msgspec import Struct

from runner.fields import STORED_FIELDS
from runner.frames import CHANGES, VALUES, Action, Cause
from runner.plan.barcodes import Standing
from runner.plan.case import SITE_DEFAULTS, Case
from runner.plan.judged import without
from runner.plan.usernames import username_key

_LINK_FIELDS = ("site", "barcode", *SITE_DEFAULTS)
_ASSOCIATIONS = pl.Schema(
    {
        "ref": pl.UInt32, "op": pl.String, "association_id": pl.Int64, "patron_id": pl.Int64, "owner_ref": pl.UInt32,
        "site": pl.String, "barcode": pl.String, "patron_type": pl.String, "access_level": pl.String, "resource_group": pl.String,
    }
)  # fmt: skip


class Changed(Struct, frozen=True):
    """What changes anything: `adds`, `edits`, `links`, `deletes` with `ref`; `refs`: `n`, `ref`, `action`, `outcome`."""

    adds: pl.DataFrame
    edits: pl.DataFrame
    links: pl.DataFrame
    deletes: pl.DataFrame
    refs: pl.DataFrame


def changed(standing: Standing, passwords: pl.DataFrame) -> Changed:
    """What stands, less the records that leave everything as it is, each change with its `ref` (1, 2, ... by line)."""
    edits = standing.edits.filter(_differs(standing.edits) | pl.col("n").is_in(passwords["n"].implode()))
    links = standing.links.filter(_differs(standing.links))
    alone = without(links, edits)  # the others are told as the edit that brings their patron back
    # A patron who moves and comes back is told as the transfer: that is what an approver has to judge.
    action = pl.when("moves").then(pl.lit("transfer")).when("back").then(pl.lit("reactivate")).otherwise(pl.lit("update"))
    parts = [
        standing.adds.select("n", "line", action=pl.lit("add", dtype=Action)),
        edits.select("n", "line", action=action.cast(Action)),
        alone.select("n", "line", action=pl.lit("associate", dtype=Action)),
        standing.deletes.select("n", "line", action=pl.lit("delete", dtype=Action)),
    ]
    refs = _sorted(pl.concat([part for part in parts if part.height] or parts[:1]), "line").with_row_index("ref", offset=1).drop("line")
    # By position, for a join would copy every value of a million new patrons.
    records = int(refs["n"].max()) + 1 if refs.height else 0  # type: ignore[arg-type]
    of_record = pl.zeros(records, dtype=pl.UInt32, eager=True).scatter(refs["n"], refs["ref"])

    def named(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns(ref=of_record.gather(frame["n"]))

    return Changed(named(standing.adds), named(edits), named(links), named(standing.deletes), refs)


def changes_frame(case: Case, changed: Changed) -> pl.DataFrame:
    """frames.CHANGES of the file's changes."""
    before = case.snapshot.column("site").gather(changed.deletes["at"])
    nobody = pl.lit(None, dtype=pl.Int64)
    parts = [
        changed.adds.select("ref", "n", "patron", "line", "site", patron_id=nobody, version=nobody),
        changed.edits.select("ref", "n", "patron", "line", "patron_id", "version", site="to:site"),
        without(changed.links, changed.edits).select("ref", "n", "patron", "line", "patron_id", "version", site="to:site"),
        changed.deletes.select("ref", "n", "patron", "line", "patron_id", "version").with_columns(before.alias("site")),
    ]
    found = _sorted(pl.concat([part for part in parts if part.height] or parts[:1], how="diagonal"), "ref")
    nothing = pl.lit(None, dtype=pl.String)
    if case.kept.is_empty():
        found = found.with_columns(guard=nothing, held=pl.lit(False))
    else:
        found = found.join(case.kept.select("n", "guard"), on="n", how="left", maintain_order="left")
        found = found.with_columns(held=pl.col("n").is_in(case.kept["n"].implode()))
    # Both go 1, 2, ... by line.
    found = found.with_columns(changed.refs["action"], cause=pl.lit("file", dtype=Cause), rule=nothing, reason=nothing)
    return found.select(*CHANGES).cast(dict(CHANGES))  # type: ignore[arg-type]


def values_frame(changed: Changed, passwords: pl.DataFrame) -> pl.DataFrame:
    """frames.VALUES of everything but adds. A password is shown as `***`, one that is removed as null. The fields of a secondary
    association are named SITE/FIELD, for the plain names are those of the patron and of its primary association."""
    parts = [pl.DataFrame(schema=VALUES)]
    for several, field in ((changed.edits, "{}"), (changed.links, "{}/{}")):
        frame = several.rechunk()  # polars' format panics where a filter leaves nothing of a first chunk
        for name in _both(frame):
            before, after = pl.col(f"was:{name}"), pl.col(f"to:{name}")
            own = pl.lit(name) if field == "{}" else pl.format("{}/{}", "to:site", pl.lit(name))
            parts.append(frame.lazy().filter(before.ne_missing(after)).select("ref", field=own, before=before, after=after).collect())
    written = changed.edits.select("n", "ref").join(passwords.select("n", "before", "password_mac"), on="n")
    stars = pl.when(pl.col("password_mac").is_not_null()).then(pl.lit("***"))
    parts.append(written.select("ref", field=pl.lit("password"), before="before", after=stars))
    return pl.concat(parts).sort("ref", maintain_order=True)


def adds_frame(changed: Changed) -> pl.DataFrame:
    """`ref` and every stored field of the patrons to add, with `username_key` (runner.plan.usernames.settle_usernames)."""
    adds = changed.adds
    wanted = ("ref", *STORED_FIELDS, "username_key")
    absent = {name: pl.lit(None, dtype=pl.String) for name in wanted if name not in adds.columns}
    return adds.with_columns(**absent).select(wanted)


def updates_frame(changed: Changed, values: pl.DataFrame) -> pl.DataFrame:
    """`ref`, `patron_id`, `version`, and the value after of every field that any change touches."""
    edits = changed.edits
    own = values.filter(pl.col("ref").is_in(edits["ref"].implode()))["field"].unique()
    touched = [name for name in _both(edits) if name in set(own)]
    updates = edits.select("ref", "patron_id", "version", *(pl.col(f"to:{name}").alias(name) for name in touched))
    if "username" in touched:
        updates = updates.with_columns(username_key(updates["username"]).alias("username_key"))
    return updates.sort("ref")


def associations_frame(case: Case, changed: Changed) -> pl.DataFrame:
    """The secondary associations to make, to change, and (promoted by a transfer) to drop."""
    links = changed.links
    owners = changed.refs.select(owner="n", owner_ref="ref")
    made = links.join(owners, on="owner", how="left", maintain_order="left").select(
        "ref",
        "association_id",
        "patron_id",
        "owner_ref",
        *(pl.col(f"to:{name}").alias(name) for name in _LINK_FIELDS),
        op=pl.when(pl.col("association_id").is_null()).then(pl.lit("insert")).otherwise(pl.lit("update")),
    )
    promoted = changed.edits.filter(pl.col("promotes").is_not_null()).select("ref", id="promotes")
    dropped = promoted.join(case.snapshot.secondary, on="id") if promoted.height else None
    parts = [pl.DataFrame(schema=_ASSOCIATIONS), made.select(*_ASSOCIATIONS)]
    if dropped is not None:
        own = dropped.rename({"id": "association_id"}).with_columns(op=pl.lit("delete"), owner_ref=pl.lit(None, dtype=pl.UInt32))
        parts.append(own.select(*_ASSOCIATIONS))
    return pl.concat(parts).sort("ref", "association_id", nulls_last=True)


def deletes_frame(changed: Changed) -> pl.DataFrame:
    """`ref`, `patron_id`, `version`, `key`, `record_mac` (null: only the policy leaves marks)."""
    mac = pl.lit(None, dtype=pl.String)
    return changed.deletes.select("ref", "patron_id", "version", key="patron", record_mac=mac).sort("ref")


def _both(frame: pl.DataFrame) -> list[str]:
    """The fields of which a frame has the value before and after, in the fields' own order."""
    return [name for name in STORED_FIELDS if {f"was:{name}", f"to:{name}"} <= set(frame.columns)]


def _sorted(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """`frame` by `column`; as it is where it stands so already, for sorting would copy it."""
    return frame if frame[column].is_sorted() else frame.sort(column)


def _differs(frame: pl.DataFrame) -> pl.Expr:
    return pl.any_horizontal([pl.col(f"was:{name}").ne_missing(pl.col(f"to:{name}")) for name in _both(frame)])
