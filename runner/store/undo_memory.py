"""What jobs remember of the patrons that an undo puts back: marks of removed ones, bases, undone changes, the baseline."""

from __future__ import annotations

import polars as pl

from runner.plan.undo import Left
from runner.store.job_sets import forget_set
from runner.store.undo_reading import MARK, Undoable
from runner.store.work import Work
from runner.store.write_deletes import forget_marks


def take_marks(work: Work, left: Left) -> None:
    """Forgets that policy removed the patrons who are back, and the marks of those that the run both added and removed."""
    forget_marks(work)
    both = added_and_removed(left)
    if both.height:
        work.session.stage("stage_both", both)
        work.session.run("DELETE FROM removed_mark WHERE key IN (SELECT patron FROM stage_both)")


def give_marks_back(work: Work, run: Undoable, left: Left) -> None:
    """Who is gone again is marked as before the run that brought it (back) in, unless another undo has brought it back since."""
    gone = work.plan.changes.filter(pl.col("action") == "delete").select("patron_id", "patron")
    again = pl.concat([gone, added_and_removed(left)])
    if again.is_empty():
        return
    work.session.stage("stage_gone", again)
    others = "id NOT IN (SELECT patron_id FROM stage_gone)"
    living = (
        f"SELECT district_id FROM patron WHERE district_id IN (SELECT patron FROM stage_gone) AND {others}"
        f" UNION SELECT site || '/' || barcode FROM patron WHERE district_id IS NULL AND barcode IS NOT NULL AND {others}"
    )
    work.session.run(
        "INSERT INTO removed_mark (key, record_mac, run_number)"
        f" SELECT c.patron, v.value_before, {work.run_number} FROM stage_gone s JOIN change c ON c.patron_id = s.patron_id"
        f" AND c.id BETWEEN {run.first} AND {run.last} JOIN change_value v ON v.change_id = c.id AND v.field = '{MARK}'"
        f" WHERE c.patron NOT IN ({living})"
        " ON CONFLICT (key) DO UPDATE SET record_mac = excluded.record_mac, run_number = excluded.run_number"
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


def remember_undone(work: Work, run: Undoable, left: Left) -> None:
    """The changes that the job may not make again without a person's word. The undo of an undo forgets them instead."""
    session = work.session
    if run.undoes is not None:
        session.stage("stage_again", work.plan.changes.select("patron"))
        session.run(f"DELETE FROM undone WHERE run_number = {run.number} AND patron IN (SELECT patron FROM stage_again)")
        return
    session.insert("undone", _undone(work, left), job=run.job, run_number=work.run_number)


def forget_baseline(work: Work, run: Undoable) -> None:
    """The rows of what was undone count as not applied: without a baseline the next run compares every row."""
    forget_set(work.session, run.job, "baseline")


def _undone(work: Work, left: Left) -> pl.DataFrame:
    back = work.plan.changes.select("patron_id")
    changes = left.changes.select("id", "patron_id", "patron", "action")
    both = changes.join(added_and_removed(left), on="patron_id", how="semi").filter(pl.col("action") == "add")
    put_back = changes.join(back, on="patron_id", how="semi")
    nothing = pl.lit(None, pl.String)
    whole = pl.concat([put_back.filter(pl.col("action").is_in(["add", "delete"])), both])
    made = whole.select("patron", "action", field=nothing, value_after=nothing)
    # The journal never holds a password: what tells one from another is its keyed fingerprint.
    macs = left.present.select("patron_id", "password_mac")
    valued = left.values.join(put_back, on="id").join(macs, on="patron_id", how="left").sort("id", "field")
    after = pl.when((pl.col("field") == "password") & pl.col("after").is_not_null()).then("password_mac").otherwise("after")
    return pl.concat([made, valued.select("patron", "action", "field", value_after=after)]).filter(pl.col("patron").is_not_null())


def added_and_removed(left: Left) -> pl.DataFrame:
    """`patron_id`, `patron` of those that the run both added and removed."""
    found = left.changes.group_by("patron_id", maintain_order=True).agg(
        pl.col("patron").last(), both=(pl.col("action") == "add").any() & (pl.col("action") == "delete").any()
    )
    return found.filter("both").select("patron_id", "patron")


def _updated(work: Work) -> pl.DataFrame:
    return work.plan.changes.filter(pl.col("action").is_in(["update", "transfer"])).select("patron_id")
