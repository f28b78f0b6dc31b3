"""What jobs remember of the patrons that an undo puts back: marks of removed ones, bases, undone changes, the baseline."""

from __future__ import annotations

import polars as pl

from runner.composed import composed
from runner.plan.undo import Left
from runner.store.job_sets import forget_set, get_set
from runner.store.session import Session
from runner.store.undo_reading import MARK, Undoable
from runner.store.work import Work
from runner.store.write_deletes import forget_marks


def still_removed(session: Session, run: Undoable, left: Left) -> pl.DataFrame:
    """`patron_id`, `patron` of those that the run both added and removed, and whom no later run marked anew."""
    both = added_and_removed(left)
    if both.is_empty():
        return both
    marks = session.rows("SELECT key FROM removed_mark WHERE run_number = $1", {"key": pl.String}, run.number)
    return both.join(marks, left_on="patron", right_on="key", how="semi")


def take_marks(work: Work, both: pl.DataFrame) -> None:
    """Forgets that policy removed the patrons who are back, and the marks of those that the run `both` added and removed."""
    forget_marks(work)
    if both.height:
        work.session.stage("stage_both", both)
        work.session.run("DELETE FROM removed_mark WHERE key IN (SELECT patron FROM stage_both)")


def give_marks_back(work: Work, run: Undoable, both: pl.DataFrame) -> None:
    """Who is gone again is marked as before the run that brought it (back) in, unless another undo has brought it back since."""
    gone = work.plan.changes.filter(pl.col("action") == "delete").select("patron_id", "patron")
    again = pl.concat([gone, both])
    if again.is_empty():
        return
    session = work.session
    marks = _standing(session, run, _marks_taken(session, run.first, run.last).join(again, on="patron_id", how="semi"))
    session.stage("stage_gone", again)
    former = marks.select("key", "record_mac", pl.col("run_number").fill_null(work.run_number)).unique("key", keep="last")
    session.stage("stage_former_mark", former)
    others = "id NOT IN (SELECT patron_id FROM stage_gone)"
    living = (
        f"SELECT district_id FROM patron WHERE district_id IN (SELECT patron FROM stage_gone) AND {others}"
        f" UNION SELECT site || '/' || barcode FROM patron WHERE district_id IS NULL AND barcode IS NOT NULL AND {others}"
    )
    session.run(
        "INSERT INTO removed_mark (key, record_mac, run_number) SELECT key, record_mac, run_number FROM stage_former_mark"
        f" WHERE key NOT IN ({living}) ON CONFLICT (key) DO UPDATE SET record_mac = excluded.record_mac, run_number = excluded.run_number"
    )


def _standing(session: Session, run: Undoable, marks: pl.DataFrame) -> pl.DataFrame:
    """`marks`, and in the place of each whose run was undone, and is not what stands again now, the one that this run had taken itself."""
    while marks.height:
        numbers = ", ".join(map(str, marks["run_number"].drop_nulls().unique())) or "NULL"
        spans = session.rows(
            "SELECT number, first_change, last_change FROM run WHERE status = 'undone' AND first_change > 0"
            f" AND number IN ({numbers}) AND number <> {run.undoes or 0}",
            dict.fromkeys(("run_number", "first", "last"), pl.Int64),
        )
        if spans.is_empty():
            break
        fallen = marks.join(spans, on="run_number", how="semi")
        taken = [_marks_taken(session, first, last) for _, first, last in spans.iter_rows()]
        marks = pl.concat([marks.join(spans, on="run_number", how="anti"), pl.concat(taken).join(fallen, on="key", how="semi")])
    return marks


def _marks_taken(session: Session, first: int, last: int) -> pl.DataFrame:
    """The marks that changes `first` to `last` took away: `patron_id` that was added, `key`, `record_mac`, `run_number` (null where a
    former version took it)."""
    return session.rows(
        "SELECT c.patron_id, c.patron, v.value_before, CAST(v.value_after AS BIGINT) FROM change c"
        f" JOIN change_value v ON v.change_id = c.id AND v.field = '{MARK}' WHERE c.id BETWEEN {first} AND {last}",
        {"patron_id": pl.Int64, "key": pl.String, "record_mac": pl.String, "run_number": pl.Int64},
    )


def put_bases_back(work: Work, run: Undoable, left: Left, values: pl.DataFrame) -> None:
    """`if_source_changed`: a base that the run set is again the value that it found, so that the file's value counts as a change anew."""
    macs = left.present.select("patron_id", now="password_mac").join(left.before.select("patron_id", was="password_mac"), on="patron_id")
    secret = pl.col("field") == "password"
    known = values.join(macs, on="patron_id", how="left").select(
        "patron_id",
        "field",
        before=pl.when(secret).then("was").otherwise("before").fill_null(""),
        after=pl.when(secret).then("now").otherwise("after").fill_null(""),
    )
    mine = known.join(_updated(work), on="patron_id", how="semi")
    if mine.is_empty():
        return
    work.session.stage("stage_base", mine)
    work.session.run(
        "UPDATE sent_value SET value = s.before FROM stage_base s WHERE sent_value.job = $1 AND sent_value.patron_id = s.patron_id"
        " AND sent_value.field = s.field AND coalesce(sent_value.value, '') = s.after",
        run.job,
    )


def remember_undone(work: Work, run: Undoable, left: Left, both: pl.DataFrame) -> None:
    """The changes that the job may not make again without a person's word."""
    work.session.insert("undone", _undone(work, left, both), job=run.job, run_number=work.run_number)


def forget_undone(work: Work, run: Undoable, *, whole: bool) -> None:
    """What an undo remembered that is undone itself; of the `whole` of it also what it remembered of patrons whom it had no need to change,
    for they were gone already."""
    work.session.stage("stage_again", work.plan.changes.select("patron"))
    forgotten = "patron IN (SELECT patron FROM stage_again)"
    if whole:
        forgotten += f" OR patron NOT IN (SELECT patron FROM change WHERE id BETWEEN {run.first} AND {run.last} AND patron IS NOT NULL)"
    work.session.run(f"DELETE FROM undone WHERE run_number = {run.number} AND ({forgotten})")


def forget_baselines(work: Work, run: Undoable) -> None:
    """The rows of what was undone count as not applied: without a baseline the next run compares every row. So they do for other jobs that
    saw somebody who is gone now: their rows are no news, and an incremental run would pass them by."""
    session = work.session
    forget_set(session, run.job, "baseline")
    gone = work.plan.changes.filter(pl.col("action") == "delete")["patron_id"]
    if gone.is_empty():
        return
    others = session.rows("SELECT DISTINCT job FROM job_set WHERE kind = 'seen' AND job <> $1", {"job": pl.String}, run.job)
    for job in others["job"]:
        seen = get_set(session, job, "seen")
        if seen is not None and gone.cast(seen.dtype).is_in(seen.implode()).any():
            forget_set(session, job, "baseline")


def _undone(work: Work, left: Left, both: pl.DataFrame) -> pl.DataFrame:
    back = work.plan.changes.select("patron_id")
    changes = left.changes.select("id", "patron_id", "patron", "action")
    removed = changes.join(both, on="patron_id", how="semi").filter(pl.col("action") == "add")
    put_back = changes.join(back, on="patron_id", how="semi")
    nothing = pl.lit(None, pl.String)
    whole = pl.concat([put_back.filter(pl.col("action").is_in(["add", "delete"])), removed])
    made = whole.select("patron", "action", field=nothing, value_after=nothing)
    # The journal never holds a password: what tells one from another is its keyed fingerprint.
    macs = left.present.select("patron_id", "password_mac")
    valued = left.values.join(put_back, on="id").join(macs, on="patron_id", how="left").sort("id", "field")
    after = pl.when((pl.col("field") == "password") & pl.col("after").is_not_null()).then("password_mac").otherwise(composed("after"))
    return pl.concat([made, valued.select("patron", "action", "field", value_after=after)]).filter(pl.col("patron").is_not_null())


def added_and_removed(left: Left) -> pl.DataFrame:
    """`patron_id`, `patron` of those that the run both added and removed."""
    found = left.changes.group_by("patron_id", maintain_order=True).agg(
        pl.col("patron").last(), both=(pl.col("action") == "add").any() & (pl.col("action") == "delete").any()
    )
    return found.filter("both").select("patron_id", "patron")


def _updated(work: Work) -> pl.DataFrame:
    return work.plan.changes.filter(pl.col("action").is_in(["update", "transfer"])).select("patron_id")
