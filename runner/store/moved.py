"""Which changes of a plan no longer fit the store, and the plan without them. (docs/architecture.md: optimistic, then exact.)

A patron moved when its version is no longer the plan's or it is gone, or when staff locked a field that the plan changes: a planner
changes no locked one, so that this lock is newer. A change also counts as moved when a key that it claims
(district id, barcode at a site, login name) has a holder that the plan does not touch, for the planner would have seen that holder,
or a holder whose own change is left out, for that one keeps the key. The last rule is followed to a fixed point. Of held changes that
an approval applies, several may claim one free key, for the file's and the policy's were not judged against each other: none of these
gets it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

import polars as pl
from msgspec.structs import replace

from runner.plan.model import Plan
from runner.plan.outcomes import returning
from runner.plan.patron_types import without_unused_types
from runner.store.commit import MOVED, Commit
from runner.store.field_locks import locks_on
from runner.store.session import Session
from runner.store.transactions import transactions_of

_IDS: dict[str, type[pl.DataType]] = {"patron_id": pl.Int64}
_PAIRS: dict[str, type[pl.DataType]] = {"token": pl.Int64, "holder": pl.Int64}


def find_moved(session: Session, plan: Plan, commit: Commit, today: date) -> pl.DataFrame:
    """The changes of `plan`, the commit's without held ones, that no longer fit: MOVED. Reads only, inside the writing transaction."""
    # What was held may have one of the file and one of the policy that claim one key.
    contested = commit.approves is not None
    touched = plan.changes.filter(pl.col("patron_id").is_not_null()).select("patron_id", "version").unique()
    session.stage("stage_touched", touched)
    moved = session.rows(
        "SELECT s.patron_id FROM stage_touched s LEFT JOIN patron p ON p.id = s.patron_id WHERE p.id IS NULL OR p.version <> s.version",
        _IDS,
    )["patron_id"]
    others = (commit.also_moved.cast(pl.Int64), _dealt_since(session, commit.transactions), _locked_since(session, plan, today))
    moved = pl.concat([moved.rename("patron_id"), *(each.rename("patron_id") for each in others)]).unique()
    # A first load finds nobody in its way, and has a million claims.
    empty = not session.number("SELECT count(*) FROM (SELECT 1 FROM patron LIMIT 1) AS t")
    claims = [] if empty and not contested else key_claims(session, plan)
    rivals = [_rivals(frame) for frame in claims] if contested else []
    moved = spread(pl.concat([moved, *rivals]).unique(), claims_on_held_keys(session, claims), touched_patrons(plan))
    tokens = _owned(plan).with_columns(token=_token())
    return tokens.filter(pl.col("token").is_in(moved.implode())).select(MOVED.names()).cast(MOVED)


def _dealt_since(session: Session, transactions: pl.DataFrame) -> pl.Series:
    """Ids of those whose transactions are others now. No trigger moves a version for them: the circulation system writes them."""
    if transactions.is_empty():
        return pl.Series("patron_id", [], dtype=pl.Int64)
    now = transactions_of(session, transactions["patron_id"])
    known = transactions.join(now.rename({"transactions": "now"}), on="patron_id", how="left")
    return known.filter(pl.col("transactions").ne_missing(pl.col("now")))["patron_id"]


def _locked_since(session: Session, plan: Plan, today: date) -> pl.Series:
    """Ids of those of whom the plan changes a field that is locked now. Associations have no fields of their own to lock."""
    locks = locks_on(session, today)
    changes = plan.changes.filter(pl.col("patron_id").is_in(locks["patron_id"].implode()) & (pl.col("action") != "associate"))
    fields = plan.values.join(changes.select("ref", "patron_id"), on="ref").select("patron_id", "field")
    return fields.join(locks, on=["patron_id", "field"], how="semi")["patron_id"]


def touched_patrons(plan: Plan) -> pl.Series:
    """Ids of the existing patrons that `plan` names."""
    return pl.concat([plan.changes["patron_id"].drop_nulls(), plan.associations["patron_id"].drop_nulls()]).unique()


def spread(moved: pl.Series, pairs: pl.DataFrame, known: pl.Series) -> pl.Series:
    """`moved` (claimants) with all who claim a key of a holder that is not `known` to the plan or has itself moved, to a fixed point."""
    while True:
        blocked = pairs.filter(~pl.col("holder").is_in(known.implode()) | pl.col("holder").is_in(moved.implode()))["token"].unique()
        grown = pl.concat([moved, blocked]).unique()
        if grown.len() == moved.len():
            return moved
        moved = grown


def without(plan: Plan, refs: pl.Series, *, outcome: str | None = None) -> Plan:
    """`plan` without the changes in `refs` (UInt32). With `outcome` the records of those patrons count as that instead."""
    if refs.is_empty():
        return plan
    gone = refs.implode()

    def rest(frame: pl.DataFrame, column: str = "ref") -> pl.DataFrame:
        return frame.filter(~pl.col(column).is_in(gone) | pl.col(column).is_null())

    outcomes, counts = (plan.outcomes, plan.counts) if outcome is None else _recounted(plan, refs, outcome)
    left = replace(
        plan,
        changes=rest(plan.changes),
        values=rest(plan.values),
        adds=rest(plan.adds),
        updates=rest(plan.updates),
        associations=rest(rest(plan.associations), "owner_ref"),
        deletes=rest(plan.deletes),
        passwords=rest(plan.passwords),
        password_clears=rest(plan.password_clears),
        sent=rest(plan.sent),
        outcomes=outcomes,
        counts=counts,
    )
    return without_unused_types(left)


def lines_of(plan: Plan, refs: pl.Series) -> pl.Series:
    """The lines of all records of the patrons whose changes are in `refs` (UInt32)."""
    theirs = plan.changes.filter(pl.col("ref").is_in(refs.implode()) & (pl.col("cause") == "file"))
    ids, lines = theirs["patron_id"].drop_nulls().implode(), theirs["line"].drop_nulls()
    by_patron = plan.outcomes.filter(pl.col("patron_id").is_in(ids))["line"]
    # An add has no id yet: its other records (duplicates, associations) are told by its key.
    keys = theirs.filter(pl.col("patron_id").is_null())["patron"].drop_nulls().implode()
    by_key = plan.outcomes.filter(pl.col("patron_id").is_null() & pl.col("patron").is_in(keys))["line"]
    return pl.concat([by_patron, by_key, lines]).unique()


def _recounted(plan: Plan, refs: pl.Series, outcome: str) -> tuple[pl.DataFrame, dict[str, int]]:
    """Outcomes and counts once the records of left-out patrons have `outcome`; policy's own counts follow their actions."""
    applied = ["added", "updated", "transferred", "associated", "deleted"]
    hit = pl.col("line").is_in(lines_of(plan, refs).implode()) & pl.col("outcome").is_in(applied)
    counts = Counter(plan.counts)
    for before, count in plan.outcomes.filter(hit)["outcome"].cast(pl.String).value_counts().iter_rows():
        counts[before] -= count
        counts[outcome] += count
    gone = plan.changes.filter(pl.col("ref").is_in(refs.implode()))
    for action, key in (("inactivate", "inactivated"), ("delete", "removed")):
        counts[key] -= gone.filter((pl.col("action") == action) & (pl.col("cause") == "removal")).height
    counts["reactivated"] -= returning(gone, plan.values).len()
    changed = pl.when(hit).then(pl.lit(outcome)).otherwise(pl.col("outcome").cast(pl.String)).cast(plan.outcomes.schema["outcome"])
    return plan.outcomes.with_columns(outcome=changed), {key: counts[key] for key in plan.counts}


def owner_refs(plan: Plan) -> pl.DataFrame:
    """`ref`, `owner_ref` of the changes about a patron that the same plan adds: its associations, and its deletion by policy."""
    parts = [frame.filter(pl.col("owner_ref").is_not_null()).select("ref", "owner_ref") for frame in (plan.associations, new_deletes(plan))]
    return pl.concat(parts).unique("ref")


def new_deletes(plan: Plan) -> pl.DataFrame:
    """The rows of `plan.deletes` about patrons that the same plan adds (`owner_ref`)."""
    if "owner_ref" not in plan.deletes.columns:
        return plan.deletes.clear().with_columns(owner_ref=pl.lit(None, dtype=pl.UInt32))
    return plan.deletes.filter(pl.col("patron_id").is_null() & pl.col("owner_ref").is_not_null())


def _owned(plan: Plan) -> pl.DataFrame:
    """The changes with `owner`: the ref of the add that they belong to, else their own."""
    known = plan.changes.join(owner_refs(plan), on="ref", how="left", maintain_order="left")
    return known.with_columns(owner=pl.coalesce("owner_ref", "ref"))


def _token() -> pl.Expr:
    """One number per claimant: a patron's id, or the negative of an add's ref less one."""
    return pl.coalesce(pl.col("patron_id"), -(pl.col("owner").cast(pl.Int64) + 1))


def key_claims(session: Session, plan: Plan) -> list[pl.DataFrame]:
    """Who (`token`) claims which district id, which login name, which barcode (`site`, `barcode`): a frame for each kind of key."""
    adds = plan.adds.with_columns(token=-(pl.col("ref").cast(pl.Int64) + 1))
    places = pl.concat([adds.select("token", "site", "barcode"), _place_claims(session, plan), _association_claims(plan)])
    return [_person_claims(plan, adds, "district_id"), _login_claims(plan, adds), places]


def claims_on_held_keys(session: Session, claims: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Who claims (`token`) a key that somebody else holds now (`holder`, a patron id). `claims`: key_claims."""
    found = [pl.DataFrame(schema=_PAIRS)]
    for frame in claims:
        columns = [name for name in frame.columns if name != "token"]
        holders = [("patron", "id"), ("association", "patron_id")] if "barcode" in columns else [("patron", "id")]
        found += [_holders(session, frame, holder, columns) for holder in holders]
    return pl.concat(found).unique()


def _rivals(claims: pl.DataFrame) -> pl.Series:
    """The claimants (`token`) of keys that others of the same plan claim as well."""
    wanted = claims.drop_nulls()
    columns = [name for name in wanted.columns if name != "token"]
    return wanted.filter(pl.col("token").n_unique().over(columns) > 1)["token"].unique()


def _holders(session: Session, claims: pl.DataFrame, holder: tuple[str, str], columns: Sequence[str]) -> pl.DataFrame:
    wanted = claims.drop_nulls()
    if wanted.is_empty():
        return pl.DataFrame(schema=_PAIRS)
    table, owner = holder
    session.stage("stage_claim", wanted)
    same = " AND ".join(f"h.{column} = c.{column}" for column in columns)
    sql = f"SELECT c.token, h.{owner} FROM stage_claim c JOIN {table} h ON {same} WHERE h.{owner} <> c.token"
    return session.rows(sql, _PAIRS)


def _person_claims(plan: Plan, adds: pl.DataFrame, field: str) -> pl.DataFrame:
    changed = plan.values.filter(pl.col("field") == field).join(plan.changes.select("ref", "patron_id"), on="ref")
    return pl.concat([adds.select("token", field), changed.select(token="patron_id", **{field: "after"})])


def _login_claims(plan: Plan, adds: pl.DataFrame) -> pl.DataFrame:
    made = adds.select("token", "username_key")
    if "username_key" not in plan.updates.columns:
        return made
    refs = plan.values.filter(pl.col("field") == "username").select("ref")
    return pl.concat([made, plan.updates.join(refs, on="ref").select(token="patron_id", username_key="username_key")])


def _place_claims(session: Session, plan: Plan) -> pl.DataFrame:
    """Site and barcode after the plan of patrons whose site or barcode it changes; what it leaves is read from the store."""
    changed = (
        plan.values.filter(pl.col("field").is_in(["site", "barcode"]))
        .join(plan.changes.select("ref", "patron_id"), on="ref")
        .filter(pl.col("patron_id").is_not_null())
    )
    after = changed.group_by("patron_id", maintain_order=True).agg(
        pl.col("after").filter(pl.col("field") == name).last().alias(name) for name in ("site", "barcode")
    )
    cleared = changed.filter((pl.col("field") == "barcode") & pl.col("after").is_null()).select("patron_id")
    after = after.join(cleared, on="patron_id", how="anti")
    if after.is_empty():
        return pl.DataFrame(schema={"token": pl.Int64, "site": pl.String, "barcode": pl.String})
    session.stage("stage_place", after)
    return session.rows(
        "SELECT p.id, coalesce(s.site, p.site), coalesce(s.barcode, p.barcode) FROM stage_place s JOIN patron p ON p.id = s.patron_id",
        {"token": pl.Int64, "site": pl.String, "barcode": pl.String},
    )


def _association_claims(plan: Plan) -> pl.DataFrame:
    owner = pl.coalesce(pl.col("patron_id"), -(pl.col("owner_ref").cast(pl.Int64) + 1))
    return plan.associations.filter(pl.col("op") != "delete").select("site", "barcode", token=owner).select("token", "site", "barcode")
