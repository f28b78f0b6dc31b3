"""A process of its own that applies a large plan, for tests that kill it: `python -m tests.store.loads LOCATION ROWS RUN [CONTROL]`.

Prints `ready` before it begins and `done` after its commit. With CONTROL it commits in pieces, which must be seen as torn.
"""

from __future__ import annotations

import sys

import polars as pl
from msgspec.structs import replace

from runner.fields import STORED_FIELDS
from runner.frames import CHANGES, OUTCOME_ROWS, VALUES, Outcome
from runner.plan.model import Plan
from runner.store.apply import apply
from runner.store.commit import Applied, Commit, JobState, RunEnd
from runner.store.session import Session
from runner.store.store import Store, open_store
from tests.store.plans import NOW, Draft, run_start


def load_plan(rows: int, homeroom: str) -> Plan:
    """Adds of `rows` patrons."""
    number = pl.int_range(rows, dtype=pl.UInt32).alias("ref")
    frame = pl.select(number).with_columns(
        site=pl.lit("NORTH"),
        barcode=pl.format("P {}", "ref"),
        district_id=pl.col("ref").cast(pl.String),
        last_name=pl.format("Last {}", "ref"),
        status=pl.lit("Active"),
        homeroom=pl.lit(homeroom),
    )
    adds = frame.select(
        "ref", *(pl.col(c) if c in frame.columns else pl.lit(None, dtype=pl.String).alias(c) for c in (*STORED_FIELDS, "username_key"))
    )
    changes = adds.select("ref", patron="district_id", patron_id=pl.lit(None, dtype=pl.Int64), version=pl.lit(None))
    return replace(_plan(changes, "add"), adds=adds)


def update_plan(store: Store, homeroom: str) -> Plan:
    """A new homeroom for everybody."""
    with store.reader() as reader:
        rows = reader.patrons(["id", "version", "district_id", "homeroom"]).with_row_index("ref")
    changes = rows.select("ref", patron="district_id", patron_id="id", version="version")
    values = rows.select("ref", field=pl.lit("homeroom"), before="homeroom", after=pl.lit(homeroom)).cast(VALUES)
    updates = rows.select("ref", patron_id="id", version="version", homeroom=pl.lit(homeroom))
    return replace(_plan(changes, "update"), values=values, updates=updates)


def commit_of(plan: Plan, run: str) -> Commit:
    lines = plan.outcomes.select("line", row_hash=pl.col("line").cast(pl.UInt64))
    state = JobState("demo/students", "f", "v", lambda: lines, NOW, None)
    return Commit(
        run_id=run, plan=plan, now=NOW, on_moved="leave_out", job_state=state, end=lambda p, _: RunEnd("complete", NOW, counts=p.counts)
    )


def _plan(changes: pl.DataFrame, action: str) -> Plan:
    missing = {"rule": None, "reason": None, "site": "NORTH", "held": False, "guard": None, "action": action, "cause": "file"}
    whole = changes.with_columns(pl.lit(value).alias(name) for name, value in missing.items()).with_columns(line=pl.col("ref") + 2)
    done = "added" if action == "add" else "updated"
    outcomes = whole.select("line", "patron", "patron_id", outcome=pl.lit(done, dtype=Outcome)).cast(OUTCOME_ROWS)
    base = Draft().plan()
    return replace(base, changes=whole.select(CHANGES.names()).cast(CHANGES), outcomes=outcomes, counts={**base.counts, done: whole.height})


def commit_in_pieces(session: Session) -> None:
    """The control: a store that commits after every statement and every 1,000 rows, which the kill test must find torn."""
    run, run_for_each = session.run, session.run_for_each

    def commit() -> None:
        run("COMMIT")
        run("BEGIN IMMEDIATE")

    def torn(sql: str, *params: object) -> int:
        count = run(sql, *params)
        if sql.startswith(("UPDATE", "INSERT")):
            commit()
        return count

    def torn_for_each(sql: str, frame: pl.DataFrame) -> None:
        for piece in frame.iter_slices(1_000):
            run_for_each(sql, piece)
            commit()

    session.run = torn  # type: ignore[method-assign]
    session.run_for_each = torn_for_each  # type: ignore[method-assign]


def main(location: str, rows: str, run: str, control: str | None = None) -> None:
    store = open_store(location, create=True, now=NOW)
    with store.reader() as reader:
        empty = reader.patrons(["id"]).is_empty()
    plan = load_plan(int(rows), run) if empty else update_plan(store, run)
    store.start_run(run_start(run))
    if control:
        import runner.store.store

        def torn(session: Session, commit: Commit) -> Applied:
            commit_in_pieces(session)
            return apply(session, commit)

        vars(runner.store.store)["apply"] = torn
    print("ready", flush=True)
    store.apply(commit_of(plan, run))
    print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
