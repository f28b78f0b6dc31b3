"""Approving what a run holds, or rejecting it: a person's word on named patrons, given once and in time. (docs/domain.md section 7.)"""

from __future__ import annotations

from datetime import datetime

import polars as pl
from msgspec.structs import replace

from runner.counted import counted
from runner.errors import RunnerError
from runner.frames import messages_from
from runner.job.load import load_workspace
from runner.job.model import Job
from runner.plan.held import allowed_again, is_settled
from runner.plan.model import Plan
from runner.plan.patron_types import known_types, with_new_types, with_types_told
from runner.policy.removals import marked_elsewhere
from runner.report.model import NIGHTS
from runner.run.compose import joined_messages, report_of_plan
from runner.run.engine import recorded
from runner.run.held import FILE, drop_held, ended_as, expires, waiting
from runner.run.identity import elsewhere, user
from runner.run.jobmanager import refreshed
from runner.run.outcome import Outcome, final_status
from runner.run.places import Places
from runner.run.planfile import SavedPlan, read_plan
from runner.run.prepare import BLOCKED
from runner.run.progress import Progress
from runner.run.removal import circulation_gate
from runner.run.reported import reported
from runner.run.session import Session, exclusively, open_session
from runner.stopping import stoppable
from runner.store.commit import Applied, Commit, JobState, RunEnd
from runner.store.runs import RunRow

_REFUSED = "approval-refused"
_AGAIN = "run the job again: it holds anew what is still to be done"


def approve_run(job: Job, places: Places, run: str, *, by: str | None, now: datetime, progress: Progress) -> Outcome:
    """Applies exactly what `run` holds, as a run of its own; patrons that moved since are left out and named.

    The approved run is then complete, whoever was left out: the next run decides on those anew. Raises RunnerError when the run holds
    nothing (any more), when the approval has expired, or when deletions cannot be judged; LockHeld; StoreError."""
    session = open_session(job, places, kind="approve", now=now, progress=progress)
    with exclusively(session):
        row = _approvable(session, run, now)
        saved = _saved(session, run)
        _deletions_can_be_judged(session, saved, now)
        name = by or user()
        session.store.decide(run, "approved", by=name, now=now)
        session.store.start_run(session.start(note=f"approval of {run} by {name}"))
        return recorded(session, lambda: _approve(session, row, saved, name, now))


def reject_run(job: Job, places: Places, run: str, *, by: str | None, now: datetime, progress: Progress) -> RunRow:
    """Nothing of what `run` holds is applied; gives the run as it is then. Raises RunnerError, LockHeld, StoreError."""
    session = open_session(job, places, kind="reject", now=now, progress=progress)
    with exclusively(session), stoppable():
        row = _held(session, run)
        name = by or user()
        session.store.decide(run, "rejected", by=name, now=now)
        session.store.finish_run(run, ended_as(row, "rejected", f"rejected by {name}"))
        drop_held(session.places.run_folder(run))
        refreshed_page(session)
        return session.store.run(run)


def refreshed_page(session: Session) -> None:
    """The district's Job Manager, written again after something that is no run."""
    workspace = load_workspace(session.workspace.jobs, must_resolve=False)
    refreshed(session.job.district, session.places, session.store, session.ended_at(), workspace)


def _approve(session: Session, row: RunRow, saved: SavedPlan, name: str, now: datetime) -> Outcome:
    job = session.job

    def end(applied: Plan, moved: pl.DataFrame) -> RunEnd:
        counts = with_types_told(applied, job).counts
        note = f"approval of {row.id} by {name}"
        left_out = counted(moved.height, "change was left out, for its patron", "changes were left out, for their patrons")
        note += f"; {left_out} moved" if moved.height else ""
        return RunEnd(final_status(counts, held=False, gate_closed=False), session.ended_at(), counts, note=note)

    commit = Commit(
        run_id=session.run,
        plan=_marked(session, with_new_types(saved.plan, _known_types(session))),
        now=now,
        on_moved="leave_out",
        end=end,
        job_state=_state(session, saved),
        hashes=saved.hashes,
        other_runs={row.id: ended_as(row, "complete", f"approved by {name}, applied by {session.run}")},
        approves=row.id,
        allowed_again=allowed_again(saved.plan),
        transactions=saved.transactions,
        also_moved=_seen_since(session, saved, row),
        today=session.job.district.today(now),
    )
    with session.progress.stage("apply"):
        applied = session.store.apply(commit)
    drop_held(session.places.run_folder(row.id))
    return _reported(session, applied)


def _marked(session: Session, plan: Plan) -> Plan:
    """The plan with a mark of those whom another job feeds by now, so that its next run does not add them again."""
    with session.store.reader() as reader:
        return marked_elsewhere(plan, lambda: reader.seen_elsewhere(session.job.key))


def _seen_since(session: Session, saved: SavedPlan, row: RunRow) -> pl.Series:
    """Ids of those who were to be inactivated for not being seen, and whom another job has seen since; being seen moves no version.
    (docs/domain.md section 6: a patron seen by any job counts as seen.)"""
    unseen = saved.plan.changes.filter(rule="inactivate")["patron_id"].drop_nulls()
    if unseen.is_empty():
        return unseen
    runs = session.store.runs().filter((pl.col("number") > row.number) & pl.col("kind").is_in(NIGHTS) & pl.col("counts").is_not_null())
    with session.store.reader() as reader:
        seen = [reader.seen_by(job).rename(unseen.name) for job in runs["job"].unique()]
        # Seen by one of these runs, and no more by the job's last: by the run's own moment, which no clock that went back can hide.
        absent = reader.absences().join(runs, left_on=["job", "seen_at"], right_on=["job", "started_at"], how="semi")["patron_id"]
    return unseen.filter(unseen.is_in(pl.concat([unseen.clear(), absent.rename(unseen.name), *seen]).implode()))


def _known_types(session: Session) -> set[str]:
    with session.store.reader() as reader:
        return known_types(session.job.district, reader)


def _state(session: Session, saved: SavedPlan) -> JobState:
    """The approved rows are not tried again, unless the job has no baseline of this mapping any more: then the next run looks at all."""
    about = saved.about
    with session.store.reader() as reader:
        known = reader.baseline(session.job.key)
    same = known is not None and (known.fingerprint, known.hash_version) == (about["fingerprint"], about["hash_version"])
    return JobState(
        job=session.job.key,
        fingerprint=about["fingerprint"],
        hash_version=about["hash_version"],
        row_hashes=lambda: saved.row_hashes,
        seen_at=None,
        input=None,
        baseline="extend" if same else "keep",
    )


def _reported(session: Session, applied: Applied) -> Outcome:
    text = pl.format(
        "{} changed or was seen after this was held, or staff locked a field of it, or its district id, barcode or username is no longer "
        "free; nothing of it was applied, and the next run decides anew",
        pl.col("patron").fill_null("?"),
    )
    left_out = applied.moved.sort("patron").unique("patron", keep="first", maintain_order=True)
    plan = with_types_told(applied.plan, session.job)
    report = report_of_plan(
        session.job,
        replace(plan, kind="approve", compared_as="approve"),
        run=session.run,
        status=session.store.run(session.run).status,
        started_at=session.started_at,
        finished_at=session.ended_at(),
        fetched=None,
        removal=None,
        blocked=pl.DataFrame(schema=BLOCKED),
        messages=joined_messages(plan.messages, messages_from(left_out, "patron-moved", "refused", text, patron=pl.col("patron"))),
        history=(),
        timings=session.progress.seconds,
        note=session.store.run(session.run).note,
    )
    return reported(session, report)


def _held(session: Session, run: str) -> RunRow:
    """The run, while it holds something. Raises RunnerError with what became of it."""
    row = session.store.run(run)
    if row.status == "held":
        return row
    raise RunnerError(*_why_not(session, row), code=_REFUSED)


def _why_not(session: Session, row: RunRow) -> tuple[str, str | None]:
    decided = session.store.decision(row.id)
    match row.status:
        case "superseded":
            newer = waiting(session.store, session.job)
            hint = f"the newest run holds something too: runner approve {newer[0].id}" if newer else "see what that run did: runner runs"
            return f"a later run took the place of what {row.id} held", hint
        case "rejected":
            return f"what {row.id} held was rejected" + _by(decided), "the next run holds again what is still to be done"
        case "complete" if decided is not None and decided["applied_by_run"]:
            return f"what {row.id} held was approved already{_by(decided)}", f"see: runner runs show {decided['applied_by_run']}"
        case "undone":
            return f"{row.id} was undone, and what it held with it", "the next run holds again what is still to be done"
        case _:
            return f"{row.id} holds nothing: it is {row.status}", "`runner runs` shows which runs are held"


def _by(decided: dict[str, str | None] | None) -> str:
    return f" by {decided['decided_by']}" if decided and decided["decided_by"] else ""


def _approvable(session: Session, run: str, now: datetime) -> RunRow:
    row = _held(session, run)
    last = expires(row, session.job)
    if now > last:
        zone = session.job.district.time_zone
        raise RunnerError(
            f"the time to approve {run} ended on {last.astimezone(zone):%Y-%m-%d %H:%M}",
            "run the job again: it holds anew what is still to be done (approvals_expire in district.yaml sets the time)",
            code=_REFUSED,
        )
    return row


def _saved(session: Session, run: str) -> SavedPlan:
    path = session.places.run_folder(run) / FILE
    if not path.exists():
        ran_on = session.store.run(run).host
        if elsewhere(ran_on):
            text = f"what {run} held is not in the folder of this machine, for it ran on {ran_on}"
            raise RunnerError(text, f"approve it there; or {_AGAIN}", code=_REFUSED)
        raise RunnerError(f"what {run} held is no longer in its folder", _AGAIN, code=_REFUSED)
    saved = read_plan(path)
    if saved.about.get("run") != run:
        raise RunnerError(f"{path} is not what {run} held", _AGAIN, code=_REFUSED)
    _refuse_what_the_district_lost(session, saved.plan, run)
    if not is_settled(saved.plan):
        text = f"what {run} held of patrons that it added itself was not written to its end, as when the machine stops"
        raise RunnerError(text, _AGAIN, code=_REFUSED)
    return saved


def _refuse_what_the_district_lost(session: Session, plan: Plan, run: str) -> None:
    """Nobody is brought to a site, or given an access level, that was taken out of district.yaml since."""
    district = session.job.district
    for name, known in (("site", {site.short_name for site in district.sites}), ("access_level", set(district.access_levels))):
        given = [frame[name].cast(pl.String) for frame in (plan.adds, plan.associations) if name in frame.columns]
        given.append(plan.values.filter(pl.col("field") == name)["after"])
        lost = sorted(set(pl.concat([each.rename(name) for each in given]).drop_nulls()) - known)
        if lost and known:
            raise RunnerError(f"{run} holds patrons of {lost[0]}, which district.yaml no longer has", _AGAIN, code=_REFUSED)


def _deletions_can_be_judged(session: Session, saved: SavedPlan, now: datetime) -> None:
    """Whether a patron has borrowed since is known from good circulation tables alone. (docs/domain.md section 10.)"""
    if saved.plan.deletes.is_empty():
        return
    with session.store.reader() as reader:
        gate = circulation_gate(session.job.district, reader, now)
    if not gate.open:
        raise RunnerError(
            f"the held deletions cannot be judged now: {gate.reason}", "load the circulation tables, then approve again", code=_REFUSED
        )
