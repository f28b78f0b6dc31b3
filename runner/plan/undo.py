"""What putting a run back would do: pure, from what the run left in the journal and the store as it is. (docs/domain.md section 11.)

Whoever was changed since by anybody else is left alone and named. A version tells that, for every edit moves it; a version that an
earlier undo made counts as the one whose values it put back, so that two nights can be undone one after the other.
"""

from __future__ import annotations

import polars as pl
from msgspec import Struct
from msgspec.structs import replace

from runner.fields import STORED_FIELDS
from runner.frames import CHANGES, OUTCOME_ROWS, VALUES, Outcome, messages_from
from runner.plan.model import FRAMES, Plan, changeless
from runner.plan.outcomes import outcome_counts
from runner.plan.undo_claims import without_taken

_COUNTS = (
    *("rows_read", "skipped", "malformed", "records_read", "added", "updated", "transferred", "associated", "unchanged", "deleted"),
    *("duplicate", "refused", "held", "warnings", "inactivated", "reactivated", "removed"),
)
_ACTIONS = {"restore": "update", "move": "transfer", "return": "add", "remove": "delete"}
_STAYS = ["restore", "move"]
_OUTCOMES = {"restore": "updated", "move": "transferred", "return": "added", "remove": "deleted"}


class Left(Struct, frozen=True):
    """What a run left in the journal, and those patrons as they are now.

    `changes`: `id`, `patron_id`, `version_after` Int64, `patron`, `action`, `site` String.
    `values`: `id` (of the change), `field`, `before`, `after`.
    `before`: `patron_id`, `username_key`, `password_mac`, `transactions` (one text) before the run.
    `places`: the secondary associations that the run touched, as they were: `association_id`, `patron_id`, `op`, the place columns.
    `archived`: deleted patrons: `patron_id`, `version`, `username_key`, every stored field.
    `archived_places`: their associations: `patron_id`, `site`, `barcode`.
    `present`: `patron_id`, `version`, `site`, `barcode`, `district_id`, `username_key`, `password_mac`, `transactions`.
    `equal`: `patron_id`, `version`, `same_as`: versions that undos made, and which they are equal to.
    `locks`: `patron_id`, `field`: the staff locks in force now.
    """

    changes: pl.DataFrame
    values: pl.DataFrame
    before: pl.DataFrame
    places: pl.DataFrame
    archived: pl.DataFrame
    archived_places: pl.DataFrame
    present: pl.DataFrame
    equal: pl.DataFrame
    locks: pl.DataFrame


def judge(left: Left) -> pl.DataFrame:
    """What is to become of each patron that the run changed.

    Gives `patron_id`, `version` Int64 (now, or in the archive), `patron`, `site`, `fate` String (restore its values, move it back as well,
    return it from the archive, remove it again, or nothing: added and deleted by the same run), `skipped` String: why it is left as it is,
    null where it is put back.
    """
    each = left.changes.sort("id").group_by("patron_id", maintain_order=True)
    patrons = each.agg(
        pl.col("patron", "site").last(),
        added=(pl.col("action") == "add").any(),
        deleted=(pl.col("action") == "delete").any(),
        made=pl.col("version_after").max(),
    )
    now = _standing(left.present.select("patron_id", "version", "transactions"), left.equal)
    kept = _standing(left.archived.select("patron_id", "version"), left.equal)
    known = (
        patrons.join(now.rename({"version": "now", "stands_as": "now_as"}), on="patron_id", how="left", maintain_order="left")
        .join(kept.rename({"version": "kept", "stands_as": "kept_as"}), on="patron_id", how="left", maintain_order="left")
        .join(left.before.select("patron_id", had="transactions"), on="patron_id", how="left", maintain_order="left")
        .join(_first_sites(left), on="patron_id", how="left", maintain_order="left")
        .join(_locked(left), on="patron_id", how="left", maintain_order="left")
    )
    site = pl.coalesce("site_before", "site").alias("site")
    return known.with_columns(fate=_fate()).select(
        "patron_id", "patron", site, "fate", version=pl.coalesce("now", "kept"), skipped=_reason()
    )


def claims(left: Left, judged: pl.DataFrame) -> pl.DataFrame:
    """The keys that patrons would have again.

    Gives `patron_id` Int64, `what` (district_id, username, barcode), `site` (for barcodes), `key` String."""
    back = judged.filter(pl.col("skipped").is_null())
    restored, returned = (back.filter(pl.col("fate").is_in(fates)).select("patron_id") for fates in (_STAYS, ["return"]))
    keys = first_values(left).filter(pl.col("field").is_in(["site", "barcode", "district_id", "username"]))
    was = keys.join(restored, on="patron_id", how="semi").pivot(on="field", index="patron_id", values="before")
    names = set(was.columns)
    parts = [pl.DataFrame(schema={"patron_id": pl.Int64, **dict.fromkeys(("what", "site", "key"), pl.String)})]
    if "district_id" in names:
        parts.append(_claim(was, "district_id", "district_id"))
    if "username" in names:
        parts.append(_claim(was.select("patron_id").join(left.before, on="patron_id"), "username", "username_key"))
    if names & {"site", "barcode"}:
        parts.append(_places_again(left, keys.join(restored, on="patron_id", how="semi")))
    linked = left.places.join(restored, on="patron_id", how="semi").filter(pl.col("op") != "insert")
    gone = left.archived.join(returned, on="patron_id", how="semi")
    parts += [_claim(gone, "district_id", "district_id"), _claim(gone, "username", "username_key")]
    parts += [_place_claim(each) for each in (linked, gone, left.archived_places.join(returned, on="patron_id", how="semi"))]
    return pl.concat(parts).filter(pl.col("key").is_not_null())


def undo_plan(left: Left, judged: pl.DataFrame, held_keys: pl.DataFrame) -> Plan:
    """The plan of an undo: what is put back, and whom it leaves as they are (messages `undo-skipped`).

    `held_keys`: `patron_id`, `holder` Int64, `what` String of claims on keys that somebody else holds now. `adds` are the patrons brought
    back, with their values; counts are those of a run whose records are the patrons."""
    judged = without_taken(judged.filter(pl.col("fate") != "nothing"), held_keys)
    back = judged.filter(pl.col("skipped").is_null()).with_row_index("ref", offset=1)
    left_alone = judged.filter(pl.col("skipped").is_not_null())
    outcomes = judged.select(
        line=pl.lit(None, pl.UInt32),
        patron="patron",
        patron_id="patron_id",
        outcome=pl.when(pl.col("skipped").is_null()).then(_named(_OUTCOMES)).otherwise(pl.lit("refused")).cast(Outcome),
    ).cast(dict(OUTCOME_ROWS))  # type: ignore[arg-type]
    text = pl.format("{} was left as it is: {}", pl.col("patron").fill_null("?"), "skipped")
    messages = messages_from(
        left_alone.with_columns(line=pl.lit(None, pl.UInt32)), "undo-skipped", "refused", text, patron=pl.col("patron")
    )
    plan = changeless("undo", _counts(judged, outcomes), outcomes, messages)
    restored, returned, removed = (back.filter(pl.col("fate").is_in(fates)) for fates in (_STAYS, ["return"], ["remove"]))
    values = first_values(left).join(restored.select("ref", "patron_id"), on="patron_id")
    known = left.archived.join(returned.select("ref", "patron_id"), on="patron_id")
    return replace(
        plan,
        changes=_changes(back),
        values=values.select("ref", "field", before="after", after="before").cast(VALUES).sort("ref", "field"),
        adds=known.select("ref", *STORED_FIELDS, "username_key").sort("ref"),
        updates=restored.select("ref", "patron_id", "version").cast(FRAMES["updates"]),
        associations=_associations(left, restored),
        deletes=removed.select("ref", "patron_id", "version", key="patron", record_mac=pl.lit(None, pl.String)),
    )


def nothing_to_undo() -> Plan:
    """The plan of an undo of a run that changed nobody."""
    return changeless("undo", dict.fromkeys(_COUNTS, 0), pl.DataFrame(schema=OUTCOME_ROWS))


def first_values(left: Left) -> pl.DataFrame:
    """`patron_id`, `field`, `before`, `after` of the run as a whole: a patron may have had a change by the file and one by policy."""
    long = left.values.join(left.changes.select("id", "patron_id"), on="id").sort("id", maintain_order=True)
    whole = long.group_by("patron_id", "field", maintain_order=True).agg(pl.col("before").first(), pl.col("after").last())
    return whole.filter(pl.col("before").ne_missing(pl.col("after")) | (pl.col("field") == "password"))


def _standing(patrons: pl.DataFrame, equal: pl.DataFrame) -> pl.DataFrame:
    """`patrons` with `stands_as`: the oldest version that their values are those of. Every step leads to a smaller number."""
    known = patrons.with_columns(stands_as="version")
    while True:
        step = known.join(equal, left_on=["patron_id", "stands_as"], right_on=["patron_id", "version"], how="left", maintain_order="left")
        if step["same_as"].is_null().all():
            return known
        known = step.with_columns(stands_as=pl.coalesce("same_as", "stands_as")).drop("same_as")


def _first_sites(left: Left) -> pl.DataFrame:
    """`patron_id`, `site_before` of those that the run moved to another site."""
    return first_values(left).filter(pl.col("field") == "site").select("patron_id", site_before="before")


def _locked(left: Left) -> pl.DataFrame:
    """`patron_id`, `locked`: those of whom staff locked a field that the run changed, and which. A run changes no locked field, so that
    whoever locked it wants it as it is now."""
    fields = first_values(left).join(left.locks, on=["patron_id", "field"], how="semi")
    return fields.group_by("patron_id").agg(locked=pl.col("field").sort().first())


def _fate() -> pl.Expr:
    return (
        pl.when(pl.col("added") & pl.col("deleted"))
        .then(pl.lit("nothing"))
        .when("added")
        .then(pl.lit("remove"))
        .when("deleted")
        .then(pl.lit("return"))
        .when(pl.col("site_before").is_not_null())
        .then(pl.lit("move"))
        .otherwise(pl.lit("restore"))
    )


def _reason() -> pl.Expr:
    gone, there, as_made = pl.col("now").is_null(), pl.col("now").is_not_null(), pl.col("now_as") == pl.col("made")
    borrowed = pl.col("transactions").ne_missing(pl.col("had"))
    returns = (
        pl.when(there)
        .then(pl.lit("it is there again already"))
        .when((pl.col("kept_as") != pl.col("made") - 1).fill_null(True))
        .then(pl.lit("the archive has it no longer as it was"))
    )
    stays = (
        pl.when(gone)
        .then(pl.lit("it was deleted since"))
        .when(pl.col("now_as") == pl.col("made") - 1)
        .then(pl.lit("it was put back already"))
        .when(~as_made.fill_null(False))
        .then(pl.lit("it was changed since"))
        .when(pl.col("locked").is_not_null() & ~pl.col("added"))
        .then(pl.format("staff locked its {}", pl.col("locked").fill_null("")))
        .when(borrowed & pl.col("added") & pl.col("had").is_null())
        .then(pl.lit("it has checkouts, fines or holds now"))
        .when(borrowed)
        .then(pl.lit("its checkouts, fines or holds changed since"))
    )
    return pl.when(pl.col("fate") == "nothing").then(None).when(pl.col("fate") == "return").then(returns).otherwise(stays)


def _claim(frame: pl.DataFrame, what: str, column: str) -> pl.DataFrame:
    return frame.select("patron_id", what=pl.lit(what), site=pl.lit(None, pl.String), key=column)


def _place_claim(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select("patron_id", what=pl.lit("barcode"), site="site", key="barcode")


def _places_again(left: Left, keys: pl.DataFrame) -> pl.DataFrame:
    """Site and barcode before the run of patrons whose site or barcode it changed; what it left is as it is now."""
    moved = keys.filter(pl.col("field").is_in(["site", "barcode"]))
    known = left.present.join(moved.select("patron_id").unique(), on="patron_id", how="semi")
    for name in ("site", "barcode"):
        own = moved.filter(pl.col("field") == name).select("patron_id", was="before", changed=pl.lit(True))
        joined = known.join(own, on="patron_id", how="left")
        known = joined.with_columns(pl.when("changed").then("was").otherwise(name).alias(name)).drop("was", "changed")
    return _place_claim(known)


def _changes(back: pl.DataFrame) -> pl.DataFrame:
    nothing = pl.lit(None, pl.String)
    made = back.with_columns(
        action=_named(_ACTIONS),
        cause=pl.lit("undo"),
        line=pl.lit(None, pl.UInt32),
        rule=nothing,
        reason=nothing,
        held=pl.lit(False),
        guard=nothing,
    )
    return made.select(*CHANGES.names()).cast(dict(CHANGES))  # type: ignore[arg-type]


def _associations(left: Left, restored: pl.DataFrame) -> pl.DataFrame:
    """What the run made goes, what it dropped comes back under its old id, what it changed is as it was."""
    back = {"insert": "delete", "delete": "insert", "update": "update"}
    rows = left.places.join(restored.select("ref", "patron_id"), on="patron_id").with_columns(
        op=pl.col("op").replace_strict(back, return_dtype=pl.String), owner_ref=pl.lit(None, pl.UInt32)
    )
    return rows.select(*FRAMES["associations"].names()).cast(FRAMES["associations"]).sort("ref", "association_id")


def _named(words: dict[str, str]) -> pl.Expr:
    return pl.col("fate").replace_strict(words, return_dtype=pl.String)


def _counts(judged: pl.DataFrame, outcomes: pl.DataFrame) -> dict[str, int]:
    found = outcome_counts(outcomes)
    whole = {"rows_read": judged.height, "records_read": judged.height}
    return {**dict.fromkeys(_COUNTS, 0), **whole, **found}
